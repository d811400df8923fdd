"""One error rate for a whole suite, split over its checks before any of them runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from layerproof.theory.errors import InputError

# A share is a product of rounded factors, relative error below 2^-51. Taking off 2^-50 keeps the
# exact sum of the shares at or below the rate, whatever the weights.
_ROUNDING = 1.0 - 2.0**-50


@dataclass(frozen=True)
class ErrorBudget:
    """The error rate of a suite and the weight of each check, fixed before looking.

    A check with weight w gets the share error_rate · w / Σ w, and its intervals the confidence
    1 - share. By the union bound all the intervals of the suite cover together with probability at
    least 1 - error_rate, whatever the dependence between checks. A wrong verdict needs one limit of
    an equal-tailed interval to err on one given side, so the suite's false-alarm rate is at most
    half of that.

    A check that does not run leaves its share unspent; it is never given to another.

    Raises InputError for a rate outside (0, 1), no checks, or a weight that is not positive.

    >>> budget = ErrorBudget.equal(0.01, ["separation", "sensitivity"])
    >>> round(budget.confidence("separation"), 6)
    0.995
    """

    error_rate: float
    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        if not 0.0 < self.error_rate < 1.0:
            raise InputError("error_rate", self.error_rate, "a number strictly between 0 and 1")
        if not self.weights:
            raise InputError("weights", dict(self.weights), "at least one check")
        for check, weight in self.weights.items():
            if not (weight > 0.0 and math.isfinite(weight)):
                raise InputError(f"weights[{check}]", weight, "a positive number")
        object.__setattr__(self, "weights", dict(self.weights))

    @classmethod
    def equal(cls, error_rate: float, checks: Iterable[str]) -> ErrorBudget:
        """The same share for every check."""
        return cls(error_rate, dict.fromkeys(checks, 1.0))

    def share(self, check: str) -> float:
        """The probability with which the intervals of `check` may miss, all of them together."""
        if check not in self.weights:
            raise InputError("check", check, "one of " + ", ".join(self.weights))
        return self.error_rate * (self.weights[check] / self._total) * _ROUNDING

    def confidence(self, check: str) -> float:
        """1 - share(check), rounded up: the confidence of this check's interval."""
        return math.nextafter(1.0 - self.share(check), 1.0)

    @cached_property
    def _total(self) -> float:
        return math.fsum(self.weights.values())
