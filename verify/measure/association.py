"""How much a representation and a label go together: one statistic, with the null value 0.

A = ‖Cov(Φ, e)‖²_F / (tr Var Φ · tr Var e), Φ given by its Gram matrix and e one-hot. The numerator
is estimated by the U-statistic of the Hilbert-Schmidt independence criterion, which is unbiased
(Song, Smola, Gretton, Bedo, Borgwardt, JMLR 2012, eq. 5), so that it averages to 0 where the two
are independent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST = 4
"""The U-statistic takes four strings."""


class Association(NamedTuple):
    """An unbiased numerator, and the product of the two unbiased variances."""

    covariance: float
    variance: float


def association(gram: Floats, label: Integers, classes: int) -> Association:
    """Of k ≥ 4 points with Gram matrix (k, k) and labels (k,)."""
    return Association(
        float(_covariances(gram, label[None, :], classes)[0]), _variances(gram, label, classes)
    )


def association_within(gram: Floats, patch: Integers, label: Integers, classes: int) -> Association:
    """Both inside groups of equal `patch` (k,), weighted by their sizes; groups below 4 left out.

    Zero where every group is below 4.
    """
    covariance = variance = 0.0
    for group in np.unique(patch):
        rows = np.flatnonzero(patch == group)
        if len(rows) >= FEWEST:
            found = association(gram[np.ix_(rows, rows)], label[rows], classes)
            covariance += len(rows) / len(patch) * found.covariance
            variance += len(rows) / len(patch) * found.variance
    return Association(covariance, variance)


def relabelled(
    gram: Floats, label: Integers, classes: int, times: int, rng: np.random.Generator
) -> Floats:
    """The numerator under `times` random orders of the labels, (times,).

    Where labels and representations are independent these and the actual one are exchangeable.
    """
    return _covariances(gram, rng.permuted(np.tile(label, (times, 1)), axis=1), classes)


def _covariances(gram: Floats, labels: Integers, classes: int) -> Floats:
    """The U-statistic for each row of labels (r, k), all with the same counts, (r,)."""
    k = len(gram)
    off = gram - np.diag(np.diag(gram))
    sums = off.sum(axis=1)
    # Row sums of the labels' Gram matrix without its diagonal: how many others share the label.
    others = np.bincount(labels[0], minlength=classes) - 1.0
    shared = others[labels]
    hot = (labels[:, None, :] == np.arange(classes)[:, None]).astype(np.float64)
    within = ((hot.reshape(-1, k) @ off).reshape(hot.shape) * hot).sum(axis=(1, 2))
    total = within + sums.sum() * shared[0].sum() / ((k - 1) * (k - 2))
    return np.asarray((total - 2 * (shared @ sums) / (k - 2)) / (k * (k - 3)))


def _variances(gram: Floats, label: Integers, classes: int) -> float:
    """tr Var Φ · tr Var e, each without bias."""
    k = len(gram)
    off = (gram.sum() - np.trace(gram)) / (k * (k - 1))
    counts = np.bincount(label, minlength=classes)
    same = float((counts * (counts - 1.0)).sum()) / (k * (k - 1))
    return float((np.trace(gram) / k - off) * (1.0 - same))
