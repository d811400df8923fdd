"""Representations: what one layer makes of the leaf strings below the tokens that it embeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import Tensor

from theory.errors import InputError
from theory.grammar import Grammar
from verify.realisations import realisations

Floats = NDArray[np.float64]

MOST_STRINGS = 4096
"""Leaf strings looked at for each level, by default. Distances take time quadratic in it."""

_BLOCK_ENTRIES = 2**22
_MOST_TOKENS = 2**24  # leaf tokens held at once: 128 MiB


class Learner(Protocol):
    """Anything that embeds tokens of every level, such as `layerwise.network.LayerwiseLearner`."""

    @property
    def device(self) -> torch.device:
        """Where it takes its leaves."""

    def embed(self, leaves: Tensor, level: int) -> Tensor:
        """Embeddings of the level-`level` tokens above the leaves, (B, w) to (B, positions, n)."""

    def __call__(self, leaves: Tensor) -> Tensor:
        """Whole strings (B, s^L) to one score per label, (B, n)."""


@dataclass(frozen=True, eq=False)
class Representations:
    """Embeddings of level-(level-1) tokens, one for each leaf string below a level-`level` patch.

    `embedding` (r, n), `patch` (r,) rows of `grammar.patches(level)`, `weight` (r,) the string's
    probability given the patch; `exhaustive`: whether these are all the strings there are.
    """

    level: int
    embedding: Floats
    patch: NDArray[np.int64]
    weight: Floats
    exhaustive: bool


def represent(
    learner: Learner,
    grammar: Grammar,
    level: int,
    *,
    seed: int,
    limit: int = MOST_STRINGS,
) -> Representations:
    """The embeddings of level-(level-1) tokens that the layer of `level` makes of leaf strings.

    All strings below the level's patches where there are at most `limit`, else a random sample
    (see `verify.realisations`); fewer where strings are so long that they would not fit.

    Raises InputError where the level is not trained or `limit` is not positive.
    """
    if limit < 1:
        raise InputError("limit", limit, "at least one string")
    width = grammar.branching ** (grammar.levels - level + 1)
    most = max(1, min(limit, _MOST_TOKENS // width))
    strings = realisations(grammar, level, seed=seed, limit=most)
    with torch.no_grad():
        h = learner.embed(torch.from_numpy(strings.leaves).to(learner.device), level - 1)[:, 0]
    embedding = h.to("cpu", torch.float64).numpy()
    return Representations(level, embedding, strings.patch, strings.weight, strings.exhaustive)


def extreme_distances(
    found: Representations, parents: NDArray[np.bool_], merged: tuple[int, int] | None = None
) -> tuple[float, float]:
    """(ε̃_S, ρ̃): the largest distance inside a token's cluster, the smallest between two tokens'.

    `parents` (n_p, V) says which tokens produce a patch; `merged` as in
    `verify.invariance.cluster_distances`. Infinity as ρ̃ for a single token.
    """
    # A patch with several parents represents each of them.
    row, token = np.nonzero(parents[found.patch])
    point = found.embedding[row]
    if merged is not None:
        kept, lost = merged
        copied = point[token == kept]
        point = np.concatenate([point[token != lost], copied])
        token = np.concatenate([token[token != lost], np.full(len(copied), lost)])
    intracluster, intercluster = 0.0, np.inf
    height = max(1, _BLOCK_ENTRIES // len(point))
    for start in range(0, len(point), height):
        # Distances from differences: a Gram matrix would lose those below sqrt(eps).
        distance = cdist(point[start : start + height], point[start:])
        same = token[start : start + height, None] == token[None, start:]
        intracluster = max(intracluster, float(distance.max(where=same, initial=0.0)))
        intercluster = min(intercluster, float(distance.min(where=~same, initial=np.inf)))
    return intracluster, intercluster
