"""Nominal intervals for means: Student's t, widened where the sample is skewed."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

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

TRIALS_PER_SQUARE_SKEWNESS = 9.0
"""A nominal interval asks for this many times the squared skewness in trials.

Cochran (Sampling Techniques 1977, Sec. 2.15) asks Student's interval for 25 of them, Sugden, Smith
and Jones (JRSS B 2000) for 28 trials more. With limits that follow the skewness, as here, 9 are as
good: 50 zeros and ones are then too skewed with five of either, and not with six.
"""

NO_SPREAD = 1e-9
"""Samples whose spread is this share of their size differ by rounding alone."""

WORST_MISSES = 3.0
"""Measured: how often a limit misses, in multiples of what the confidence leaves it."""


class Sample(NamedTuple):
    """What Student's interval for a mean is made from; the skewness is that of the sample."""

    mean: float
    standard_error: float
    skewness: float
    trials: int

    @property
    def thin(self) -> ThinEvidence | None:
        """Why no nominal interval may be judged by: without spread, or too skewed."""
        if self.standard_error <= NO_SPREAD * abs(self.mean):
            reason = "all trials gave one value, which says nothing of how much the others vary"
            return ThinEvidence(reason, trials=self.trials, estimate=self.mean)
        needed = math.ceil(TRIALS_PER_SQUARE_SKEWNESS * self.skewness**2)
        if needed <= self.trials:
            return None
        reason = f"a skewness of {self.skewness:.2g} is too large for so few trials"
        return ThinEvidence(reason, trials=self.trials, needed=needed, estimate=self.mean)


def mean_interval(samples: ArrayLike, confidence: float) -> Interval:
    """An interval for the mean of independent `samples` (n,), in their units: Student's or wider.

    Each limit is the wider of Student's and of the one with Hall's correction for skewness
    (:func:`skewed_quantiles`): within a factor of about two of its nominal error from 100
    exponential samples on, where Student's alone misses ten times as often.
    Samples without any spread, or too skewed for their number, make it `thin`: to be looked at and
    not judged by. An indicator belongs to `binomial_interval`, a quantity that cannot vary to
    `fixed_interval`, one of known range to `bounded_mean_interval`.

    Raises ThinEvidence below two samples, ValueError where one is not finite.
    """
    sample = summary(finite_sample(samples, "samples").ravel())
    rule = partial(
        student_limits,
        centre=sample.mean,
        standard_error=sample.standard_error,
        degrees=sample.trials - 1,
        skewness=sample.skewness,
    )
    return Interval.of(sample.mean, rule, confidence, "Student t, skewness", thin=sample.thin)


def summary(sample: NDArray[np.float64]) -> Sample:
    """Mean, standard error and skewness of (n,) samples; ThinEvidence below two."""
    n = len(sample)
    if n < 2:
        seen = float(sample[0]) if n else None
        raise ThinEvidence("a spread needs two samples", trials=n, needed=2, estimate=seen)
    mean = float(sample.mean())
    return Sample(mean, float(sample.std(ddof=1)) / math.sqrt(n), skewness(sample), n)


def skewness(sample: NDArray[np.float64]) -> float:
    """The third moment over the cubed standard deviation of (n,) samples; 0 without spread."""
    centred = sample - sample.mean()
    largest = float(np.abs(centred).max())
    if largest == 0.0:
        return 0.0
    scaled = centred / largest
    return float((scaled**3).mean() / (scaled**2).mean() ** 1.5)


def fixed_interval(samples: ArrayLike, confidence: float) -> Interval:
    """[least, largest] of `samples` (n,) of a number that cannot vary, but for rounding."""
    sample = finite_sample(samples, "samples").ravel()
    rule = partial(constant_limits, low=float(sample.min()), high=float(sample.max()))
    return Interval.of(float(sample.mean()), rule, confidence, "cannot vary", Coverage.EXACT)


def constant_limits(confidence: float, *, low: float, high: float) -> Limits:
    """(low, high) at every confidence."""
    return low, high


def student_limits(
    confidence: float,
    *,
    centre: float,
    standard_error: float,
    degrees: float,
    skewness: float = 0.0,
) -> Limits:
    """Centre ± t·standard_error with the t quantiles of :func:`skewed_quantiles`."""
    below, above = skewed_quantiles(confidence, degrees, skewness)
    return centre - below * standard_error, centre + above * standard_error


def skewed_quantiles(confidence: float, degrees: float, skewness: float) -> Limits:
    """How many standard errors the limits lie below and above the estimate.

    Hall (JRSS B 1992) brings the studentised mean T of n samples of skewness γ close to Student's
    law by the rising map T + a T²/3 + a² T³/27 + a/6, a = γ/√n; solved for T at ± the t quantile.
    A limit that this would bring nearer than Student's stays at Student's.

    >>> [round(t, 2) for t in skewed_quantiles(0.95, 99, 0.0)]
    [1.98, 1.98]
    >>> [round(t, 2) for t in skewed_quantiles(0.95, 99, 2.0)]
    [1.98, 2.37]
    """
    t = t_quantile(confidence, degrees)
    a = skewness / math.sqrt(degrees + 1.0)
    return max(t, _unskewed(t, a)), max(t, _unskewed(t, -a))


def _unskewed(t: float, a: float) -> float:
    """The T with T + a T²/3 + a² T³/27 + a/6 = t."""
    if abs(a) < 1e-6:
        return t
    return 3.0 / a * (math.cbrt(1.0 + a * (t - a / 6.0)) - 1.0)


def t_quantile(confidence: float, degrees: float) -> float:
    """The t that a |Student t| variable stays below with probability `confidence`."""
    return float(scipy.stats.t.isf((1.0 - confidence) / 2.0, degrees))
