"""Intervals for means and ratios of bounded quantities, valid for every law on their range.

Whoever doubts that E[Z] = 0 may bet on it: with bets λ_i that are fixed before Z_i is seen, and so
small that 1 + λ_i Z_i is never negative, the wealth ∏ (1 + λ_i Z_i) has expectation 1 if E[Z] = 0,
and by Markov's inequality reaches 2/α with probability at most α/2. A number r is kept where no
wealth against it got that far: the hedged capital interval of Waudby-Smith and Ramdas (JRSS B
2024, Theorem 3), with their predictable plug-in bets for a number of samples fixed beforehand.
Each limit errs with probability at most α/2, whatever the law, the number of samples, the skewness.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from layerproof.verify.statistics.intervals import (
    Coverage,
    Interval,
    Limits,
    ThinEvidence,
    finite_sample,
)

Array = NDArray[np.float64]
Range = tuple[float, float]

BOLDNESS = 0.9
"""The largest share of the wealth that a bet may lose."""


def bounded_mean_interval(samples: ArrayLike, confidence: float, bounds: Range) -> Interval:
    """An interval for the mean of independent `samples` (n,) that lie in `bounds` for certain.

    Covers with at least `confidence` for every law on the range; no wider than it must be: an
    event of probability log(2/α)/n may be unseen, and moves the mean by that part of the range.

    Five zeros out of five: the wealth against r is at most ∏ (1 + λ r), and no bet of more than
    9/10 of the wealth is made, so that at 95 % nothing below 0.7 can be excluded.

    >>> interval = bounded_mean_interval([0.0] * 5, 0.95, (0.0, 1.0))
    >>> interval.low, 0.4 < interval.high < 1.0
    (0.0, True)

    Raises ThinEvidence without samples, ValueError where one lies outside `bounds`.
    """
    low, high = bounds
    sample = _inside(samples, bounds, "samples")
    if not len(sample):
        raise ThinEvidence("a mean needs a sample", trials=0, needed=1)
    ones = np.ones(len(sample))
    rule = partial(
        _kept, top=sample - low, bottom=ones, most=high - low, bounds=(1.0, 1.0), start=low
    )
    return Interval.of(float(sample.mean()), rule, confidence, "betting", Coverage.GUARANTEED)


def bounded_ratio_interval(
    numerators: ArrayLike,
    denominators: ArrayLike,
    confidence: float,
    *,
    most: float,
    bounds: Range,
) -> Interval:
    """An interval for E[numerator]/E[denominator] from paired independent trials (n,).

    Numerators lie between 0 and `most`, denominators in `bounds`, both not negative. The ratio is r
    where E[numerator − r·denominator] = 0: what is kept are the r that no bet against this refutes.
    Where denominators come close to 0 the limits are far apart; where all of them are 0 there are
    none.

    Raises ThinEvidence without trials, with denominators of 0, and where no ratio is too large;
    ValueError for samples outside their range or not paired.
    """
    top = _inside(numerators, (0.0, most), "numerators")
    bottom = _inside(denominators, bounds, "denominators")
    if bounds[0] < 0.0:
        raise ValueError(f"denominators from {bounds[0]} on: a ratio needs them not negative")
    if top.shape != bottom.shape:
        raise ValueError(f"{len(top)} numerators for {len(bottom)} denominators")
    if not bottom.any():
        raise ThinEvidence("a ratio needs a denominator above 0", trials=len(top))
    rule = partial(_kept, top=top, bottom=bottom, most=most, bounds=bounds)
    estimate = float(top.sum() / bottom.sum())
    return Interval.of(estimate, rule, confidence, "betting, ratio", Coverage.GUARANTEED)


def _inside(values: ArrayLike, bounds: Range, name: str) -> Array:
    """The sample (n,); what leaves its range by rounding alone is put back."""
    low, high = bounds
    if not low < high:
        raise ValueError(f"{name} have the range [{low}, {high}]")
    sample = finite_sample(values, name).ravel()
    slack = 1e-9 * (high - low)
    if len(sample) and not (low - slack <= sample.min() and sample.max() <= high + slack):
        raise ValueError(
            f"{name} from {sample.min()} to {sample.max()} leave their range [{low}, {high}]"
        )
    return np.asarray(np.clip(sample, low, high))


def _kept(
    confidence: float,
    *,
    top: Array,
    bottom: Array,
    most: float,
    bounds: Range,
    start: float = 0.0,
) -> Limits:
    """The least and the largest r that the wealth of neither better refutes."""
    goal = math.log(2.0 / (1.0 - confidence))
    bets = np.sqrt(2.0 * goal / len(top)) / _spread_so_far(top, bottom, most)
    least, largest = bounds

    def above(r: float) -> float:
        """Of who bets that the ratio is above r; falls with r. Z is at least −r·largest."""
        return _log_wealth(top - r * bottom, bets, r * largest) - goal

    def below(r: float) -> float:
        """Of who bets that the ratio is below r; rises with r. −Z is at least r·least − most."""
        return _log_wealth(r * bottom - top, bets, most - r * least) - goal

    estimate = float(top.sum() / bottom.sum())
    ceiling = most / least if least > 0.0 else math.inf
    low, high = _falls_to_0(above, estimate), _rises_to_0(below, estimate, ceiling)
    return start + min(low, estimate), start + max(high, estimate)


def _spread_so_far(top: Array, bottom: Array, most: float) -> Array:
    """The spread of Z at each trial as known before it, from a first guess of most/2."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.nan_to_num(np.cumsum(top) / np.cumsum(bottom), posinf=0.0)
    square = np.concatenate([[(most / 2.0) ** 2], (top - ratio * bottom) ** 2])[:-1]
    return np.asarray(np.sqrt(np.cumsum(square) / np.arange(1, len(top) + 1)))


def _log_wealth(gains: Array, bets: Array, most_lost: float) -> float:
    """log ∏ (1 + λ_i gain_i), each bet so small that at most the share BOLDNESS can be lost."""
    with np.errstate(divide="ignore"):
        largest = BOLDNESS / most_lost if most_lost > 0.0 else math.inf
    return float(np.log1p(np.minimum(bets, largest) * gains).sum())


def _falls_to_0(surplus: Callable[[float], float], estimate: float) -> float:
    """Where a falling surplus crosses 0; 0 where it is nowhere positive."""
    if estimate <= 0.0:
        return 0.0
    low = high = estimate
    while surplus(high) >= 0.0:
        high *= 2.0
    while surplus(low) < 0.0:
        low /= 2.0
        if low < 1e-12 * estimate:
            return 0.0
    return float(scipy.optimize.brentq(surplus, low, high, xtol=1e-12 * low))


def _rises_to_0(surplus: Callable[[float], float], estimate: float, ceiling: float) -> float:
    """Where a rising surplus crosses 0; `ceiling`, which no ratio exceeds, where it does not."""
    if math.isfinite(ceiling):
        low, high = 0.0, ceiling
        if surplus(high) < 0.0:
            return ceiling
    else:
        low, high = 0.0, max(estimate, 1.0)
        while surplus(high) < 0.0:
            low, high = high, 2.0 * high
    return float(scipy.optimize.brentq(surplus, low, high, xtol=1e-12 * high))
