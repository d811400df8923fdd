"""Exponents of scaling laws, with intervals over independent replicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layerproof.verify.statistics.intervals import Interval, ThinEvidence, finite_sample
from layerproof.verify.statistics.means import mean_interval

_MINIMUM_REPLICATES = 8


def log_exponent_interval(
    x: ArrayLike,
    replicates: ArrayLike,
    confidence: float,
    *,
    groups: Sequence[int] | None = None,
) -> Interval:
    """The exponent a of exp E[log y] ~ x^a: the mean slope of log y on log x.

    `x` (k,) positive; `replicates` (r, k) positive, each row one independent replicate of the whole
    curve, with a slope of its own: one replicate far off its fellows, as the threshold of a grammar
    with a close pair is, weighs no more than another. The interval is that of the mean slope,
    widened for skewness (`mean_interval`): on 10 to 60 skewed slopes it misses no more often than
    the studentised bootstrap (Hall, Ann. Statist. 1988), and draws nothing.

    The interval is about sampling error alone. Points on a transient bias every replicate alike:
    leave them out by a rule stated before looking. `groups` as in :func:`slope_weights`.

    Raises ThinEvidence below eight replicates; ValueError where no group has two distinct x, for
    values that are not positive and finite, or for shapes that do not match.
    """
    weights = slope_weights(x, groups)
    slopes = np.log(_checked_curves(replicates, len(weights))) @ weights
    return replace(mean_interval(slopes, confidence), method="Student t over slopes, skewness")


def _checked_curves(replicates: ArrayLike, columns: int) -> NDArray[np.float64]:
    curves = np.atleast_2d(finite_sample(replicates, "replicates"))
    rows = len(curves)
    if curves.shape != (rows, columns):
        raise ValueError(f"replicates have shape {curves.shape}; {columns} columns expected")
    if (curves <= 0.0).any():
        raise ValueError("replicates must be positive to have an exponent")
    if rows < _MINIMUM_REPLICATES:
        raise ThinEvidence(
            "an exponent's interval needs replicates", trials=rows, needed=_MINIMUM_REPLICATES
        )
    return curves


def slope_weights(x: ArrayLike, groups: Sequence[int] | None = None) -> NDArray[np.float64]:
    """Weights w (k,) with Σ w log y the least-squares slope of log y on log x (k,).

    With `groups` (k,) it is the slope that all groups have in common, each with a constant of its
    own; a group of one says nothing. Raises ValueError where an x is not positive, and where no
    group has two distinct x.
    """
    where = finite_sample(x, "x").ravel()
    group = np.zeros(len(where)) if groups is None else np.asarray(groups)
    if group.shape != where.shape:
        raise ValueError(f"{len(group)} groups for {len(where)} values of x")
    members = [group == each for each in np.unique(group)]
    if (where <= 0.0).any() or all(len(np.unique(where[mine])) < 2 for mine in members):
        raise ValueError("some group of x must hold two distinct values, and all must be positive")
    centred = np.log(where)
    for mine in members:
        centred[mine] -= centred[mine].mean()
    return np.asarray(centred / np.sum(centred**2))


def slope(x: ArrayLike, y: ArrayLike) -> float:
    """The least-squares slope of log y on log x, both (k,) positive: a predicted exponent."""
    return float(slope_weights(x) @ np.log(finite_sample(y, "y").ravel()))
