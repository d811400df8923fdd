"""How often intervals cover the truth, put through a binomial test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from layerproof.verify.statistics.intervals import Interval, binomial_interval


@dataclass(frozen=True)
class Coverage:
    """`covered` of `repetitions` intervals at `confidence` held the truth.

    `below` and `above` count the intervals that lay wholly below or above it.
    """

    covered: int
    below: int
    above: int
    confidence: float

    @property
    def repetitions(self) -> int:
        """How many intervals were looked at."""
        return self.covered + self.below + self.above

    @property
    def rate(self) -> Interval:
        """The share that covered, with its exact interval at 99 %."""
        return binomial_interval(self.covered, self.repetitions, 0.99)

    def undercovers(self, level: float, *, allowance: float = 0.0) -> bool:
        """Whether a one-sided exact binomial test at `level` rejects the stated confidence.

        Tested against `confidence` - `allowance`, the shortfall admitted for an approximate method.
        """
        promised = self.confidence - allowance
        return bool(stats.binom.cdf(self.covered, self.repetitions, promised) < level)

    def overcovers(self, level: float, *, allowance: float = 0.0) -> bool:
        """Whether the same test rejects a coverage of at most `confidence` + `allowance`.

        Not a fault of an interval, but a sign that it is wider than it needs to be.
        """
        promised = self.confidence + allowance
        return bool(stats.binom.sf(self.covered - 1, self.repetitions, promised) < level)


def measure_coverage(
    draw: Callable[[np.random.Generator], Interval],
    truth: float,
    repetitions: int,
    generator: np.random.Generator,
) -> Coverage:
    """Draw `repetitions` intervals, one after another from `generator`, and count what they hold.

    `draw` makes new data from the generator and returns its interval, always at one confidence.
    """
    intervals = [draw(generator) for _ in range(repetitions)]
    confidences = {interval.confidence for interval in intervals}
    if len(confidences) != 1:
        raise ValueError(f"intervals at {len(confidences)} confidences; one expected")
    below = sum(interval.high < truth for interval in intervals)
    above = sum(interval.low > truth for interval in intervals)
    return Coverage(repetitions - below - above, below, above, confidences.pop())
