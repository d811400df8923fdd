"""Intervals that keep the evidence they came from, and how far their coverage can be trusted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from layerproof.theory.errors import InputError

Limits = tuple[float, float]


class ThinEvidence(ValueError):
    """The sample is sound but too small to answer from.

    `estimate` is what it suggests so far (None where not even that), `trials` what was given and
    `needed` how many trials would be enough (None where that cannot be told).
    """

    def __init__(
        self, reason: str, *, trials: int, needed: int | None = None, estimate: float | None = None
    ) -> None:
        self.reason = reason
        self.trials = trials
        self.needed = needed
        self.estimate = estimate
        enough = "" if needed is None else f"; {needed} would be enough"
        so_far = "" if estimate is None else f"; the estimate so far is {estimate:.4g}"
        super().__init__(f"{reason}: {trials} trial{'s' * (trials != 1)}{enough}{so_far}")

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword-only arguments do not cross a process pool by themselves.
        return partial(ThinEvidence, self.reason, trials=self.trials, needed=self.needed,
                       estimate=self.estimate), ()  # fmt: skip


class Coverage(StrEnum):
    """How far an interval's confidence can be trusted."""

    EXACT = "exact"
    """From the exact law of what was counted, or nothing is random."""
    GUARANTEED = "guaranteed"
    """At least the confidence for every law on the stated range, at every number of trials."""
    NOMINAL = "nominal"
    """Right for normal samples or many trials; nearly so for others."""


@dataclass(frozen=True)
class Interval:
    """An estimate with the limits that hold at a stated confidence.

    `limits_at` maps a confidence to (low, high) from the same evidence. It is a
    `functools.partial` of a module-level function, so an interval can be pickled, and its
    `keywords` show the evidence. All methods here are equal-tailed: each limit alone errs with
    probability at most (1 - confidence)/2, as far as `coverage` says. `thin` is why the sample is
    too skewed to judge by, or has no spread, where a nominal interval would mislead.

    >>> ten = binomial_interval(0, 10, 0.95)
    >>> round(ten.high, 4), round(ten.at(0.99).high, 4)
    (0.3085, 0.4113)
    """

    estimate: float
    low: float
    high: float
    confidence: float
    method: str
    limits_at: Callable[[float], Limits] = field(repr=False, compare=False)
    coverage: Coverage = Coverage.NOMINAL
    thin: ThinEvidence | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        estimate: float,
        limits_at: Callable[[float], Limits],
        confidence: float,
        method: str,
        coverage: Coverage = Coverage.NOMINAL,
        thin: ThinEvidence | None = None,
    ) -> Interval:
        """The interval that `limits_at` gives at `confidence`; refuses NaN."""
        low, high = limits_at(checked_confidence(confidence))
        if math.isnan(estimate) or math.isnan(low) or math.isnan(high):
            raise ValueError(f"{method}: estimate {estimate}, limits [{low}, {high}]")
        ends = float(low), float(high)
        return cls(float(estimate), *ends, confidence, method, limits_at, coverage, thin)

    def at(self, confidence: float) -> Interval:
        """The same evidence read at another confidence."""
        low, high = self.limits_at(checked_confidence(confidence))
        return replace(self, low=float(low), high=float(high), confidence=confidence)

    def scaled(self, factor: float) -> Interval:
        """The interval of `factor` times the quantity; the factor is positive and known."""
        rule = partial(_scaled, limits_at=self.limits_at, factor=factor)
        low, high = rule(self.confidence)
        return replace(self, estimate=factor * self.estimate, low=low, high=high, limits_at=rule)

    def stretched(self) -> Interval:
        """With limits twice as far off, and everywhere where there is no spread: for a doubt."""
        if self.thin is not None and self.thin.needed is None:
            return replace(self, low=-math.inf, high=math.inf)
        low, high = 2 * self.low - self.estimate, 2 * self.high - self.estimate
        return replace(self, low=low, high=high)

    @property
    def limits(self) -> Limits:
        """(low, high)."""
        return self.low, self.high

    @property
    def width(self) -> float:
        """High - low, in the units of the estimate."""
        return self.high - self.low

    def contains(self, value: float) -> bool:
        """Whether low <= value <= high."""
        return self.low <= value <= self.high

    def to_dict(self) -> dict[str, Any]:
        """What a report needs: estimate, interval [low, high], confidence, method, coverage."""
        return {
            "estimate": self.estimate,
            "interval": [self.low, self.high],
            "confidence": self.confidence,
            "method": self.method,
            "coverage": str(self.coverage),
        }


def _scaled(confidence: float, *, limits_at: Callable[[float], Limits], factor: float) -> Limits:
    low, high = limits_at(confidence)
    return factor * low, factor * high


def checked_confidence(confidence: float) -> float:
    """`confidence` itself; raises InputError unless it lies strictly between 0 and 1."""
    if not 0.0 < confidence < 1.0:
        raise InputError("confidence", confidence, "a number strictly between 0 and 1")
    return confidence


def finite_sample(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """`values` as float64; raises ValueError naming the first entry that is not finite."""
    sample = np.asarray(values, dtype=np.float64)
    bad = np.argwhere(~np.isfinite(sample))
    if len(bad):
        where = ", ".join(str(i) for i in bad[0])
        raise ValueError(f"{name}[{where}] is {sample[tuple(bad[0])]}; every value must be finite")
    return sample


def binomial_interval(successes: int, trials: int, confidence: float) -> Interval:
    """The exact (Clopper-Pearson, Biometrika 1934) interval for a success probability.

    Covers with probability at least `confidence`, each limit alone with at least
    (1 + confidence)/2, for every probability and number of trials.

    Raises ThinEvidence for zero trials, ValueError unless 0 <= successes <= trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    if trials == 0:
        raise ThinEvidence("a proportion needs a trial", trials=0, needed=1)
    rule = partial(_clopper_pearson, successes=int(successes), trials=int(trials))
    return Interval.of(successes / trials, rule, confidence, "Clopper-Pearson", Coverage.EXACT)


def _clopper_pearson(confidence: float, *, successes: int, trials: int) -> Limits:
    # The beta quantiles behind scipy's binomtest; its root finder stops at 2e-12 absolute, which
    # is not small against a limit near 0 at the confidences that an error budget asks for.
    tail = (1.0 - confidence) / 2.0
    k, n = successes, trials
    low = 0.0 if k == 0 else float(scipy.stats.beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(scipy.stats.beta.isf(tail, k + 1, n - k))
    return low, high
