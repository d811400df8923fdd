"""How many trials would have decided what too few left open, if more find what these found.

A guess to plan with, not a promise: more trials find something else, and an estimate that lies on
the limit is decided by none.
"""

from __future__ import annotations

from layerproof.verify.statistics.equivalence import Position, against_upper_bound
from layerproof.verify.statistics.intervals import Interval, binomial_interval
from layerproof.verify.statistics.means import t_quantile

MOST = 10**6
"""More trials than a suite may ask for are not told."""

ROOM = 1.2
"""So many times the trials that would just do for a rate, as estimates move."""

MOVING = 1.4
"""So many times the reach of an interval: its limits, and how far its middle moves."""


def trials_for_a_rate(failures: int, trials: int, bound: float, confidence: float) -> int:
    """Trials after which the interval of a rate lies on one side of `bound`; 0 for over MOST.

    >>> trials_for_a_rate(1, 40, 0.1, 0.99)
    120
    """

    def decided(number: int) -> bool:
        expected = round(failures * number / trials)
        found = binomial_interval(expected, number, confidence)
        return against_upper_bound(found, bound) is not Position.UNDECIDED

    enough = trials
    while not decided(enough):
        enough = 1 + int(1.1 * enough)
        if enough > MOST:
            return 0
    return _rounded(ROOM * enough)


def trials_for_a_mean(interval: Interval, predicted: float, margin: float, trials: int) -> int:
    """Trials whose interval lies inside the margin or outside; 0 for over MOST.

    `margin` is half the width, in the units of the mean. Limits come nearer as 1/√trials, and those
    of few trials faster, as Student's quantile falls. While the prediction is not excluded it is
    taken for the truth.
    """
    off = abs(interval.estimate - predicted)
    reach = max(interval.high - interval.estimate, interval.estimate - interval.low)
    wide, narrow = (t_quantile(interval.confidence, n) for n in (max(trials - 1, 1), MOST))
    reach *= narrow / wide
    room = margin if interval.contains(predicted) else abs(margin - off)
    if room <= 0.0 or not MOVING * reach / room < (MOST / trials) ** 0.5:
        return 0
    found = trials * max(ROOM, (MOVING * reach / room) ** 2)
    return _rounded(found) if found <= MOST else 0


def _rounded(trials: float) -> int:
    """Upwards, to two figures."""
    step = 10 ** max(0, len(str(int(trials))) - 2)
    return int(-(-trials // step) * step)
