"""How well a layer tells tokens apart: whether a string lies nearest to its own token's others.

Each token has a mean embedding. A string below one of its patches is told apart where it lies
nearer to the mean of its own token, *without its own patch*, than to that of any other token. So a
patch is recognised by its synonyms alone, and a layer whose embeddings say nothing of tokens is
right as often as a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from layerproof.theory.population import PatchLaw
from layerproof.verify.measure.representations import Representations
from layerproof.verify.statistics import binomial_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ToldApart:
    """The share of strings that are told apart, with its limits, and what guesses reach.

    `limits` are those of as many independent strings as were looked at; where they were all the
    strings there are, the share itself. `chance` is that of the most frequent token.
    """

    share: float
    limits: tuple[float, float]
    chance: float


def told_apart(found: Representations, law: PatchLaw, confidence: float) -> ToldApart | None:
    """Of strings below patches as `law` has them, but those of several tokens or no synonym.

    None where there are no others.
    """
    alone = np.bincount(law.parent[law.parent >= 0], minlength=law.parent_mask.shape[1])
    kept = (law.parent >= 0) & (alone[law.parent] > 1) & law.can_come_first
    row = np.flatnonzero(kept[found.patch])
    if not len(row):
        return None
    weight = np.zeros(len(found.patch))
    weight[row] = (found.weight * law.probability[found.patch])[row]
    right = np.zeros(len(found.patch))
    right[row] = _right(found, law, row)
    share = float(weight @ right / weight.sum())
    limits = (share, share)
    if not found.exhaustive:
        strings = int(weight.sum() ** 2 / (weight**2).sum())  # as many, were all equally likely
        limits = binomial_interval(round(share * strings), strings, confidence).limits
    tokens = np.bincount(law.parent[kept], law.probability[kept])
    return ToldApart(share, limits, float(tokens.max() / tokens.sum()))


def _right(found: Representations, law: PatchLaw, row: NDArray[np.int64]) -> Floats:
    """Whether each of these representations lies nearest to the other patches of its token."""
    mean, mass = _means(found.embedding, found.patch, found.weight, len(law.patch))
    shares = law.probability * (mass > 0) * (law.parent >= 0)
    centre, weight = _means(mean, np.maximum(law.parent, 0), shares, law.parent_mask.shape[1])
    points, patch = found.embedding[row], found.patch[row]
    token = law.parent[patch]
    distance = cdist(points, centre[weight > 0])
    left = weight[token] - shares[patch]
    others = weight[token, None] * centre[token] - shares[patch, None] * mean[patch]
    own = np.linalg.norm(points - others / np.where(left > 0, left, 1)[:, None], axis=1)
    place = np.cumsum(weight > 0) - 1
    distance[np.arange(len(row)), place[token]] = np.inf
    return np.asarray((own < distance.min(axis=1, initial=np.inf)) & (left > 0), dtype=np.float64)


def _means(
    points: Floats, group: NDArray[np.int64], weight: Floats, groups: int
) -> tuple[Floats, Floats]:
    """The weighted mean of the points of every group (g, n), 0 of an empty one, and its weight."""
    mass = np.bincount(group, weight, minlength=groups).astype(np.float64)
    total = np.zeros((groups, points.shape[1]))
    np.add.at(total, group, weight[:, None] * points)
    return total / np.where(mass > 0, mass, 1.0)[:, None], mass
