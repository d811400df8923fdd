"""Representations: what one layer makes of the leaf strings below the tokens that it embeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from torch import Tensor

from layerproof.layerwise.sampling.counts import distinct_strings
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.verify.measure.realisations import Realisations, realisations

Floats = NDArray[np.float64]

MOST_STRINGS = 4096
"""Leaf strings looked at for each level, by default."""

ALL_STRINGS = 2**18
"""And where a verdict needs every one of them: see :func:`all_or_some`."""

_ROWS = 32
_MOST_TOKENS = 2**24  # leaf tokens held at once: 128 MiB


class Learner(Protocol):
    """Anything that embeds tokens of every level, such as the `LayerwiseLearner`."""

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
    probability given the patch; `partly` as in
    :class:`layerproof.verify.measure.realisations.Realisations`.
    """

    level: int
    embedding: Floats
    patch: NDArray[np.int64]
    weight: Floats
    partly: str = ""

    @property
    def exhaustive(self) -> bool:
        """Whether these are all the strings there are."""
        return not self.partly


def all_or_some(grammar: Grammar, level: int) -> int:
    """A limit for extremes: all strings below a level up to ALL_STRINGS, beyond the default few.

    A part of the strings leaves the verdict open, however large it is.
    """
    number = distinct_strings(grammar, level, at_most=ALL_STRINGS + 1)
    return ALL_STRINGS if number <= ALL_STRINGS else MOST_STRINGS


def strings_below(
    grammar: Grammar, level: int, *, seed: int, limit: int = MOST_STRINGS
) -> Realisations:
    """All strings below the level's patches where there are at most `limit`, else a random sample.

    See `layerproof.verify.measure.realisations`; fewer where strings are so long that they would
    not fit. Raises InputError where `limit` is not positive.
    """
    if limit < 1:
        raise InputError("limit", limit, "at least one string")
    width = grammar.leaves_below(level)
    most = max(1, min(limit, _MOST_TOKENS // width))
    return realisations(grammar, level, seed=seed, limit=most)


def represent(
    learner: Learner,
    grammar: Grammar,
    level: int,
    *,
    seed: int,
    limit: int = MOST_STRINGS,
) -> Representations:
    """The embeddings of level-(level-1) tokens that the layer of `level` makes of leaf strings.

    The strings are those of `strings_below`. Raises InputError where the level is not trained or
    `limit` is not positive.
    """
    whole_number("level", level, minimum=1, maximum=grammar.levels)
    strings = strings_below(grammar, level, seed=seed, limit=limit)
    with torch.no_grad():
        h = learner.embed(torch.from_numpy(strings.leaves).to(learner.device), level - 1)[:, 0]
    embedding = h.to("cpu", torch.float64).numpy()
    return Representations(level, embedding, strings.patch, strings.weight, strings.partly)


def extreme_distances(
    found: Representations, parents: NDArray[np.bool_], merged: tuple[int, int] | None = None
) -> tuple[float, float]:
    """(ε̃_S, ρ̃): the largest distance inside a token's cluster, the smallest between two tokens'.

    `parents` (n_p, V) says which tokens produce a patch; `merged` as in
    `layerproof.verify.measure.invariance.cluster_distances`. Infinity as ρ̃ for a single token.
    Exact but for rounding: of all pairs only those are left out that cannot be the extreme ones.
    """
    # A patch with several parents represents each of them.
    row, token = np.nonzero(parents[found.patch])
    point = found.embedding[row]
    if merged is not None:
        kept, lost = merged
        copied = point[token == kept]
        point = np.concatenate([point[token != lost], copied])
        token = np.concatenate([token[token != lost], np.full(len(copied), lost)])
    # Each point once: a tree cannot split points that are equal.
    clusters = [np.unique(point[token == each], axis=0) for each in np.unique(token)]
    return max(map(_diameter, clusters)), _closest(clusters)


def _diameter(points: Floats) -> float:
    """The largest distance of two of the points (r, n), those far from their mean first."""
    radius = np.linalg.norm(points - points.mean(axis=0), axis=1)
    order = np.argsort(-radius)
    points, radius = points[order], radius[order]
    widest, start = 0.0, 0
    # Two points are no further apart than their radii together.
    while start < len(points) and 2.0 * radius[start] > widest:
        reach = int(np.searchsorted(-radius, radius[start] - widest, side="right"))
        distance = cdist(points[start : start + _ROWS], points[:reach])
        widest = max(widest, float(distance.max(initial=0.0)))
        start += _ROWS
    return widest


def _closest(clusters: Sequence[Floats]) -> float:
    """The smallest distance of two points of different clusters; infinity for one cluster."""
    centre = np.stack([points.mean(axis=0) for points in clusters])
    radius = [np.linalg.norm(x - c, axis=1).max() for x, c in zip(clusters, centre, strict=True)]
    bound = cdist(centre, centre) - np.add.outer(radius, radius)
    first, second = np.triu_indices(len(clusters), 1)
    least = np.inf
    for pair in np.argsort(bound[first, second]):
        i, j = first[pair], second[pair]
        if bound[i, j] >= least:
            break
        least = _closest_of_two(clusters[i], clusters[j], centre[j] - centre[i], least)
    return float(least)


def _closest_of_two(near: Floats, far: Floats, direction: Floats, least: float) -> float:
    """The smallest distance between points of two clusters, `least` where none is below it.

    Along a unit vector two points are no further apart than they are. `direction` is from one mean
    to the other, 0 for equal ones.
    """
    unit = direction / (np.linalg.norm(direction) or 1.0)
    ahead, behind = near @ unit, far @ unit
    facing = near[np.argsort(-ahead)[:_ROWS]], far[np.argsort(behind)[:_ROWS]]
    least = min(least, float(cdist(*facing).min()))
    near, far = near[ahead > behind.min() - least], far[behind < ahead.max() + least]
    if not (len(near) and len(far)):
        return least
    nearest = cKDTree(near).query(far, distance_upper_bound=least)[0]
    return min(least, float(nearest.min()))
