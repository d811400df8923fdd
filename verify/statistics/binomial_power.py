"""Power and planning for statements that hold with probability at least 1 - delta.

The number of trials is planned here before any is run, and never changed after looking.
"""

from __future__ import annotations

import math
from functools import partial

from scipy import stats

from theory.errors import InputError
from verify.statistics.intervals import checked_confidence
from verify.statistics.planning import MOST_TRIALS, checked_rate, least


def power_of_binomial(delta: float, trials: int, confidence: float, true_rate: float) -> float:
    """The probability that the exact interval falls on the true side of `delta`.

    For a statement that fails with probability at most `delta`: where true_rate > delta, the
    probability that the Clopper-Pearson interval of the failures in `trials` lies wholly above
    delta; otherwise that it lies at or below it. Exact.
    """
    checked_rate("delta", delta)
    if not 0.0 <= true_rate <= 1.0:
        raise InputError("true_rate", true_rate, "a probability")
    if true_rate > delta:
        k = _failures_to_refute(delta, trials, confidence)
        return float(stats.binom.sf(k - 1, trials, true_rate))
    return float(
        stats.binom.cdf(_failures_to_certify(delta, trials, confidence), trials, true_rate)
    )


def detectable_rate(delta: float, trials: int, confidence: float, power: float = 0.8) -> float:
    """The failure rate above `delta` that would have been seen with probability `power`.

    Infinity where not even a rate of 1 would have been. Exact.
    """
    checked_rate("power", power)
    k = _failures_to_refute(delta, trials, confidence)
    if k > trials:
        return math.inf
    # P[X >= k] under a rate p is the Beta(k, trials - k + 1) distribution function at p.
    return float(stats.beta.ppf(power, k, trials - k + 1))


def trials_to_certify(
    delta: float, confidence: float, *, true_rate: float = 0.0, power: float = 0.8
) -> int:
    """The fewest trials with which the exact interval lies at or below `delta` often enough.

    "Often enough" is with probability `power` where failures come at `true_rate` < delta. With
    true_rate = 0 it is certain, after log((1 - confidence)/2)/log(1 - delta) trials.
    """
    checked_rate("delta", delta)
    checked_rate("power", power)
    checked_confidence(confidence)
    if not 0.0 <= true_rate < delta:
        raise InputError("true_rate", true_rate, f"a rate from 0 to below delta = {delta}")
    tail = (1.0 - confidence) / 2.0
    failures = 0
    # The interval's upper limit falls as trials grow with the failures held fixed, so for each
    # number of failures there is a least number of trials, where the power is locally largest.
    while True:
        allowed = partial(_tail_at_most, failures=failures, rate=delta, tail=tail)
        trials = least(allowed, f"no number of trials below {MOST_TRIALS} certifies {delta}")
        if stats.binom.cdf(failures, trials, true_rate) >= power:
            return trials
        failures = max(failures + 1, int(failures * 1.01))


def _tail_at_most(trials: int, *, failures: int, rate: float, tail: float) -> bool:
    return bool(stats.binom.cdf(failures, trials, rate) <= tail)


def _failures_to_refute(delta: float, trials: int, confidence: float) -> int:
    """The least k whose lower limit is above delta: P[X >= k | delta] < tail."""
    tail = (1.0 - _checked_trials(trials, confidence)) / 2.0
    k = max(int(stats.binom.isf(tail, trials, delta)), 0)
    while k > 0 and stats.binom.sf(k - 2, trials, delta) < tail:
        k -= 1
    while stats.binom.sf(k - 1, trials, delta) >= tail:
        k += 1
    return k


def _failures_to_certify(delta: float, trials: int, confidence: float) -> int:
    """The largest k whose upper limit is at most delta: P[X <= k | delta] <= tail; -1 for none."""
    tail = (1.0 - _checked_trials(trials, confidence)) / 2.0
    k = int(stats.binom.ppf(tail, trials, delta))
    while stats.binom.cdf(k + 1, trials, delta) <= tail:
        k += 1
    while k >= 0 and stats.binom.cdf(k, trials, delta) > tail:
        k -= 1
    return k


def _checked_trials(trials: int, confidence: float) -> float:
    if trials < 1:
        raise InputError("trials", trials, "at least one trial")
    return checked_confidence(confidence)
