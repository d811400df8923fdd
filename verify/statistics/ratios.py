"""Intervals for ratios: over independent trials (Fieller) and inside one learner (jackknife)."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layerproof.verify.statistics.intervals import Interval, Limits, ThinEvidence, finite_sample
from layerproof.verify.statistics.means import (
    Sample,
    skewed_quantiles,
    skewness,
    student_limits,
    summary,
)


def ratio_interval(numerators: ArrayLike, denominators: ArrayLike, confidence: float) -> Interval:
    """Fieller's interval for E[numerator]/E[denominator] from paired independent trials (n,).

    Fieller (JRSS B 1954) keeps every ratio r for which a Student t test does not reject
    E[numerator - r·denominator] = 0, so it is exact where the pairs are jointly normal. The delta
    method is its limit for a denominator without spread; away from it the delta interval errs on
    one side more often than on the other, and it stays bounded where the data allow every ratio.
    There Fieller's set is unbounded, which is the honest answer, and here a refusal.

    Each limit takes its t from the skewness of numerator - estimate·denominator, as `mean_interval`
    does from that of its samples, and is `thin` where that says so.

    Raises ThinEvidence below two trials, and where the mean denominator cannot be told from 0 at
    `confidence` (then with the number of trials that would be enough at the same spread);
    ValueError for samples that are not finite or not paired.
    """
    top, bottom = _paired(numerators, denominators)
    n = len(top)
    if n < 2:
        raise ThinEvidence("a ratio needs two trials", trials=n, needed=2)
    centre = float(bottom.mean())
    if centre == 0.0:
        raise ThinEvidence("the denominators have mean 0", trials=n)
    estimate = float(top.mean()) / centre
    # In units of the mean denominator, and about the estimate: the quadratic below then has no
    # cancellation, and its discriminant is a sum of nonnegative terms.
    scaled, residual = bottom / centre, (top - estimate * bottom) / centre
    (v_bottom, v_cross), (_, v_residual) = np.cov(scaled, residual) / n
    rule = partial(
        _fieller,
        estimate=estimate,
        v_bottom=float(v_bottom),
        v_cross=float(v_cross),
        v_residual=float(v_residual),
        trials=n,
        skewness=skewness(residual),
    )
    # About the estimate: the residuals have mean 0, against which no spread would be small.
    thin = summary(estimate + residual).thin
    return Interval.of(estimate, rule, confidence, "Fieller, skewness", thin=thin)


def _fieller(
    confidence: float,
    *,
    estimate: float,
    v_bottom: float,
    v_cross: float,
    v_residual: float,
    trials: int,
    skewness: float,
) -> Limits:
    # With d the denominator and e the residual, the deviations x = r - estimate that are kept are
    # those with x² <= t² (v_ee - 2 x v_de + x² v_dd): a quadratic in x with leading 1 - t² v_dd.
    ends = []
    for side, t in zip((-1, 1), skewed_quantiles(confidence, trials - 1, skewness), strict=True):
        leading = 1.0 - t**2 * v_bottom
        if leading <= 0.0:
            raise ThinEvidence(
                f"the mean denominator cannot be told from 0 at confidence {confidence}",
                trials=trials,
                needed=math.floor(trials * t**2 * v_bottom) + 1,
                estimate=estimate,
            )
        middle = -(t**2) * v_cross
        half = math.sqrt(middle**2 + leading * t**2 * v_residual)
        ends.append(estimate + (middle + side * half) / leading)
    return ends[0], ends[1]


def jackknife_interval(
    estimate: float, leave_one_out: ArrayLike, confidence: float, *, positive: bool = True
) -> Interval:
    """Student's t interval from the jackknife variance of one statistic over G groups.

    `leave_one_out` (G,) holds the statistic without each group in turn; the variance is
    (G-1)/G · Σ (leave_one_out - their mean)² (Tukey 1958) and t has G - 1 degrees of freedom. For a
    `positive` statistic all of it happens to the logarithm, so that the limits stay positive.

    Approximate: nominal for a smooth statistic of independent, identically distributed groups as G
    grows. Where the groups are fixed and only the noise inside them is random (the parents of one
    grammar), the spread between groups is counted as noise, and the interval is too wide. The
    skewness of the pseudo-values widens it, and may make it `thin`, as in `mean_interval`.

    Raises ThinEvidence below three groups or where a statistic is not finite (a group that is the
    whole evidence), ValueError where `positive` is asked of a statistic that is not.
    """
    parts = np.asarray(leave_one_out, dtype=np.float64).ravel()
    groups = len(parts)
    if groups < 3:
        raise ThinEvidence("a jackknife needs three groups", trials=groups, needed=3)
    if math.isnan(estimate):
        raise ValueError("estimate is nan")
    if not (math.isfinite(estimate) and np.isfinite(parts).all()):
        raise ThinEvidence("the statistic is undefined without some group", trials=groups)
    if positive and min(estimate, float(parts.min())) <= 0.0:
        raise ValueError(
            "a statistic on the log scale must be positive with and without each group"
        )
    values, centre = (np.log(parts), math.log(estimate)) if positive else (parts, estimate)
    spread = float(np.sum((values - values.mean()) ** 2))
    error = math.sqrt((groups - 1) / groups * spread)
    # The pseudo-values, groups·centre - (groups - 1)·value, are skewed the other way.
    unit = estimate if positive else 1.0
    pseudo = Sample(estimate, unit * error, -skewness(values), groups)
    rule = partial(
        _jackknife_limits,
        centre=centre,
        standard_error=error,
        degrees=groups - 1,
        skewness=pseudo.skewness,
        positive=positive,
    )
    scale = " on the log scale" if positive else ""
    method = f"jackknife over groups{scale}, skewness"
    return Interval.of(estimate, rule, confidence, method, thin=pseudo.thin)


def _jackknife_limits(confidence: float, *, positive: bool, **evidence: float) -> Limits:
    low, high = student_limits(confidence, **evidence)
    return (_exp(low), _exp(high)) if positive else (low, high)


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.0 else math.inf


def _paired(
    numerators: ArrayLike, denominators: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    top = finite_sample(numerators, "numerators").ravel()
    bottom = finite_sample(denominators, "denominators").ravel()
    if top.shape != bottom.shape:
        raise ValueError(f"{len(top)} numerators for {len(bottom)} denominators")
    return top, bottom
