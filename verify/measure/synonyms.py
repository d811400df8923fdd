"""Mean squared distances between synonyms and between others, from moments, not pair by pair.

For independent realisations of two patches, E|h - h'|² = v + v' + |M - M'|², with M the mean
embedding of a patch and v the variance of its realisations about it. Sums over all pairs inside a
group of synonyms, or between two groups, need only the groups' counts, means and scatters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from layerproof.theory.population import PatchLaw
from layerproof.verify.statistics import Interval, ThinEvidence, jackknife_interval

Floats = NDArray[np.float64]

ROUNDING = 2.0**-40
"""A layer sums up to some thousands of terms, each rounded by 2^-53: below this part of the largest
coordinate two embeddings do not differ. What N samples leave is of order N^(-1/2), far above."""


@dataclass(frozen=True, eq=False)
class PairSums:
    """Sums of mean squared distances over pairs of patches, by group of synonyms.

    `within` (G,) sums over the pairs inside each group, of which there are `within_pairs` (G,);
    `between` (G, G) and `between_pairs` (G, G), symmetric with a zero diagonal, over the pairs of
    patches of two groups that share no parent.
    """

    within: Floats
    within_pairs: Floats
    between: Floats
    between_pairs: Floats

    @property
    def synonyms(self) -> float:
        """The mean over pairs of synonyms; raises ThinEvidence where there are none."""
        return _mean(self.within.sum(), self.within_pairs.sum(), "synonyms")

    @property
    def non_synonyms(self) -> float:
        """The mean over pairs of patches without a common parent; raises as `synonyms` does."""
        # Both triangles of a symmetric matrix: the factor 2 cancels.
        return _mean(self.between.sum(), self.between_pairs.sum(), "non-synonyms")

    @property
    def sensitivity(self) -> float:
        """Synonym sensitivity: the mean over synonyms relative to that over non-synonyms.

        Infinity where no two non-synonyms differ though synonyms do. Raises ThinEvidence where
        nothing differs, or where one of the two kinds of pairs is missing.
        """
        top, bottom = self.synonyms, self.non_synonyms
        if bottom > 0.0:
            return top / bottom
        if top > 0.0:
            return float("inf")
        raise ThinEvidence("all patches have one embedding", trials=len(self.within))

    def interval(self, confidence: float) -> Interval:
        """An interval for the sensitivity of one learner: the jackknife over groups (parents).

        Each group is left out with all pairs it takes part in; the logarithm has a Student t
        interval with G - 1 degrees of freedom (on the plain scale where a sensitivity is 0). The
        randomness that it speaks of is that of the training samples, which are independent from
        parent to parent up to their total. The parents of one grammar are fixed, and their spread
        is counted as noise as well, so it is wider than it needs to be; it says nothing about
        other grammars.

        Raises ThinEvidence below three groups, where leaving one out leaves no pairs, and where
        synonyms do not differ: rounding has no interval.
        """
        estimate = self.sensitivity
        if estimate == 0.0:
            raise ThinEvidence("synonyms differ by rounding alone", trials=len(self.within))
        parts = self._without_each()
        positive = bool((parts > 0.0).all())
        return jackknife_interval(estimate, parts, confidence, positive=positive)

    def _without_each(self) -> Floats:
        """The sensitivity without each group in turn, (G,); inf where it is undefined."""
        kept = 1.0 - np.eye(len(self.within))
        # Summed afresh over what is kept: subtracting from the total would leave its rounding.
        top = (kept @ self.within) * _remaining(kept, self.between_pairs)
        bottom = (kept @ self.within_pairs) * _remaining(kept, self.between)
        undefined = (bottom <= 0.0) | (kept @ self.within_pairs <= 0.0)
        return np.divide(top, bottom, out=np.full_like(top, np.inf), where=~undefined)


def _remaining(kept: Floats, between: Floats) -> Floats:
    return np.asarray(((kept @ between) * kept).sum(axis=1))


def _mean(total: float, pairs: float, kind: str) -> float:
    if pairs == 0.0:
        raise ThinEvidence(f"no two {kind} can come first", trials=0)
    return float(total / pairs)


def pair_sums(
    law: PatchLaw, embedding: Floats, patch: NDArray[np.int64], weight: Floats
) -> PairSums:
    """The sums of squared distances over pairs of the patches that can come first.

    `embedding` (r, n) belongs to realisations of the patches `patch` (r,), rows of `law`, with
    `weight` (r,) summing to 1 over each. Synonyms have one and the same only parent. Every pair of
    patches counts alike, as in `layerproof.theory.population.mean_square_separation`. Groups whose
    distances are no larger than ROUNDING, relative to the largest coordinate, are at distance 0.
    """
    mean, variance = _moments(embedding, patch, weight, len(law.patch))
    first = np.flatnonzero(law.can_come_first)
    # A patch with several parents mixes their laws with its own weights: a group of its own.
    own = law.parent_mask.shape[1] + np.arange(len(law.patch))
    parent = np.where(law.parent >= 0, law.parent, own)
    _, leader, group = np.unique(parent[first], return_index=True, return_inverse=True)
    size = np.bincount(group).astype(np.float64)
    centre = _grouped(mean[first], group) / size[:, None]
    offset = np.sum((mean[first] - centre[group]) ** 2, axis=1)
    spread = np.bincount(group, weights=variance[first])
    scatter = spread + np.bincount(group, weights=offset)
    # Inside a group of k: each variance is in k - 1 pairs, and the squared distances of k points
    # sum to k times their squared distances from their mean.
    within = (size - 1.0) * spread + size * np.bincount(group, weights=offset)
    mask = law.parent_mask[first[leader]].astype(np.float64)
    separate = (mask @ mask.T == 0.0).astype(np.float64)
    distance = cdist(centre, centre, "sqeuclidean")
    crossed = np.outer(size, scatter)
    between = crossed + crossed.T + np.outer(size, size) * distance
    rounding = (ROUNDING * float(np.abs(embedding).max())) ** 2
    within_pairs, pairs = size * (size - 1.0) / 2.0, np.outer(size, size)
    within = np.where(within > rounding * within_pairs, within, 0.0)
    between = np.where(between > rounding * pairs, between, 0.0)
    return PairSums(within, within_pairs, between * separate, pairs * separate)


def _moments(
    embedding: Floats, patch: NDArray[np.int64], weight: Floats, patches: int
) -> tuple[Floats, Floats]:
    """Mean (n_p, n) and variance (n_p,) of each patch's embeddings."""
    mean = np.zeros((patches, embedding.shape[1]))
    np.add.at(mean, patch, weight[:, None] * embedding)
    square = np.sum((embedding - mean[patch]) ** 2, axis=1)
    variance = np.bincount(patch, weights=weight * square, minlength=patches)
    return mean, variance.astype(np.float64)


def _grouped(values: Floats, group: NDArray[np.int64]) -> Floats:
    total = np.zeros((int(group.max()) + 1, values.shape[1]))
    np.add.at(total, group, values)
    return total
