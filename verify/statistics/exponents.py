"""Exponents of scaling laws with bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from verify.statistics.intervals import (
    Interval,
    Limits,
    ThinEvidence,
    finite_sample,
    require_resamples,
)

_MINIMUM_REPLICATES = 8
_BLOCK = 2000  # resamples at a time: memory does not grow with the confidence


def log_exponent_interval(
    x: ArrayLike,
    replicates: ArrayLike,
    confidence: float,
    generator: np.random.Generator,
    *,
    groups: Sequence[int] | None = None,
    resamples: int = 200_000,
) -> Interval:
    """The exponent a of exp E[log y] ~ x^a: the mean slope of log y on log x, by bootstrap-t.

    `x` (k,) positive; `replicates` (r, k) positive, each row one independent replicate of the whole
    curve, with a slope of its own: one replicate far off its fellows, as the threshold of a grammar
    with a close pair is, weighs no more than another. The slopes are resampled, and each resampled
    mean is studentised by its own standard error (bootstrap-t, Efron 1982; Hall, Ann. Statist.
    1988), whose error in coverage is of order 1/r where that of the percentile interval is of order
    r^(-1/2) on each side. At confidences near 1 its tails grow as Student's do.

    The interval is about sampling error alone. Points on a transient bias every replicate alike:
    leave them out by a rule stated before looking.

    `groups` as in :func:`slope_weights`; `resamples` supports confidences up to 1 − 20/resamples.
    They are kept: `.at` draws nothing, and refuses a confidence beyond what they support.

    Raises ThinEvidence below eight replicates or below ten resamples beyond each limit; ValueError
    where no group has two distinct x, for values that are not positive and finite, or for shapes
    that do not match.
    """
    weights = slope_weights(x, groups)
    curves = _checked_curves(replicates, len(weights))
    rows = len(curves)
    slopes = np.log(curves) @ weights
    estimate = float(slopes.mean())
    rule = partial(
        _bootstrap_t_limits,
        estimate=estimate,
        standard_error=float(slopes.std(ddof=1)) / math.sqrt(rows),
        roots=_mean_roots(slopes, generator, resamples),
        replicates=rows,
    )
    return Interval.of(estimate, rule, confidence, "bootstrap-t over replicates, log scale")


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


def _mean_roots(
    sample: NDArray[np.float64], generator: np.random.Generator, resamples: int
) -> NDArray[np.float64]:
    """(mean* − mean)/error* over bootstrap resamples of a sample (r,), sorted, (resamples,)."""
    rows, blocks = len(sample), []
    for start in range(0, resamples, _BLOCK):
        drawn = sample[generator.integers(rows, size=(min(_BLOCK, resamples - start), rows))]
        error = drawn.std(axis=1, ddof=1) / math.sqrt(rows)
        with np.errstate(divide="ignore", invalid="ignore"):
            blocks.append((drawn.mean(axis=1) - sample.mean()) / error)
    return np.sort(np.nan_to_num(np.concatenate(blocks), nan=0.0, posinf=np.inf, neginf=-np.inf))


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


def _bootstrap_t_limits(
    confidence: float,
    *,
    estimate: float,
    standard_error: float,
    roots: NDArray[np.float64],
    replicates: int,
) -> Limits:
    require_resamples(confidence, len(roots))
    if standard_error == 0.0:
        return estimate, estimate
    tail = (1.0 - confidence) / 2.0
    below, above = np.quantile(roots, [tail, 1.0 - tail], method="inverted_cdf")
    if math.isinf(below) or math.isinf(above):
        raise ThinEvidence(
            f"too many resamples without a spread for confidence {confidence}",
            trials=replicates,
            estimate=estimate,
        )
    return estimate - float(above) * standard_error, estimate - float(below) * standard_error
