"""Power for statements that hold with probability at least 1 - delta."""

from __future__ import annotations

import math

import scipy

from layerproof.theory.errors import InputError
from layerproof.verify.statistics.intervals import checked_confidence
from layerproof.verify.statistics.planning import checked_rate


def detectable_rate(delta: float, trials: int, confidence: float, power: float = 0.8) -> float:
    """The failure rate above `delta` that would have been seen with probability `power`.

    Infinity where not even a rate of 1 would have been. Exact.
    """
    checked_rate("power", power)
    k = _failures_to_refute(delta, trials, confidence)
    if k > trials:
        return math.inf
    # P[X >= k] under a rate p is the Beta(k, trials - k + 1) distribution function at p.
    return float(scipy.stats.beta.ppf(power, k, trials - k + 1))


def _failures_to_refute(delta: float, trials: int, confidence: float) -> int:
    """The least k whose lower limit is above delta: P[X >= k | delta] < tail."""
    tail = (1.0 - _checked_trials(trials, confidence)) / 2.0
    k = max(int(scipy.stats.binom.isf(tail, trials, delta)), 0)
    while k > 0 and scipy.stats.binom.sf(k - 2, trials, delta) < tail:
        k -= 1
    while scipy.stats.binom.sf(k - 1, trials, delta) >= tail:
        k += 1
    return k


def _checked_trials(trials: int, confidence: float) -> float:
    if trials < 1:
        raise InputError("trials", trials, "at least one trial")
    return checked_confidence(confidence)
