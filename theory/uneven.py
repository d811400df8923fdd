"""Synonym sensitivity where patches are not equally likely: exact means over those that were seen.

What the noise between synonyms is, and how far non-synonyms are apart, on one grammar, for a stage
that has seen N samples. Derivation: :mod:`layerproof.theory.statements.derived.uneven_sensitivity`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from layerproof.theory.errors import InputError
from layerproof.theory.grammar_checks import Booleans, Floats
from layerproof.theory.inverse_moments import binomial
from layerproof.theory.population import PatchLaw

MOST_PATCHES = 8192
"""Pairs are listed; more patches would not fit into memory."""


class SeenSquares(NamedTuple):
    """Means over pairs of patches that were both seen: of the noise, and of ‖q_μ − q_μ'‖².

    nan where there are no such pairs.
    """

    synonym_noise: float
    other_noise: float
    square_separation: float


def seen_squares(law: PatchLaw, samples: int) -> SeenSquares:
    """The means behind S(N) on one grammar, every pair weighted by the chance that it is seen.

    A patch is seen with probability w = 1 − (1 − p)^N, and its estimate then has the mean-square
    error (1 − ‖q‖²) E[1/k | k > 0], k ~ Binomial(N, p); both exact to rounding. The weight of a
    pair is w w', which neglects that two counts of one sample are correlated.

    Raises InputError for more than MOST_PATCHES patches.
    """
    first = np.flatnonzero(law.can_come_first)
    if len(first) > MOST_PATCHES:
        raise InputError("patches", len(first), f"at most {MOST_PATCHES}, as pairs are listed")
    p = np.minimum(law.probability[first], 1.0)
    weight = -np.expm1(samples * np.log1p(-np.minimum(p, 1.0 - 1e-16)))
    inverse = np.array([binomial(samples, float(share)).first for share in p])
    q = law.posterior[first]
    noise = np.maximum(0.0, 1.0 - (q**2).sum(axis=1)) * inverse
    parent, mask = law.parent[first], law.parent_mask[first].astype(np.float64)
    synonyms = (parent[:, None] == parent) & (parent >= 0)
    np.fill_diagonal(synonyms, False)
    others = mask @ mask.T == 0.0
    pairs = np.outer(weight, weight)
    separation = scipy.spatial.distance.cdist(q, q, "sqeuclidean")
    both = noise[:, None] + noise
    return SeenSquares(
        _mean(both, pairs, synonyms), _mean(both, pairs, others), _mean(separation, pairs, others)
    )


def _mean(values: Floats, weights: Floats, chosen: Booleans) -> float:
    total = float(weights[chosen].sum())
    return float((values * weights)[chosen].sum()) / total if total > 0.0 else float("nan")
