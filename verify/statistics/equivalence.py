"""Where an interval lies relative to a bound or to a margin around a prediction."""

from __future__ import annotations

import math
from enum import StrEnum

from layerproof.theory.errors import InputError
from layerproof.verify.statistics.intervals import Interval


class Position(StrEnum):
    """Where an interval lies: wholly inside what is claimed, wholly outside, or across the edge."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNDECIDED = "undecided"


def equivalence(
    interval: Interval, predicted: float, margin: float, *, absolute: bool = False
) -> Position:
    """Whether the truth lies within `margin` of `predicted`, read off the interval.

    `margin` is relative to |predicted|, or in its units with `absolute` (which a prediction of 0
    needs: no relative margin around 0 has a width). Inside is the conclusion of two one-sided tests
    (TOST; Schuirmann, J. Pharmacokin. Biopharm. 1987), each at level (1 - confidence)/2. For any
    one truth only one limit can err, so either conclusion is wrong with at most that probability,
    half of what the interval's confidence leaves.

    Closed on both sides of the edge: an interval that touches the edge from inside is inside, one
    that touches it from outside is undecided.
    """
    if not (margin > 0.0 and math.isfinite(margin)):
        raise InputError("margin", margin, "a positive number")
    if not math.isfinite(predicted):
        raise ValueError(f"predicted is {predicted}; a margin needs a finite prediction")
    half = margin if absolute else margin * abs(predicted)
    if half == 0.0:
        raise ValueError(
            "a relative margin around a prediction of 0 is empty; give an absolute one"
        )
    return _position(interval, predicted - half, predicted + half)


def against_upper_bound(interval: Interval, bound: float) -> Position:
    """Whether the truth is at most `bound`: inside where high <= bound, outside where low > bound.

    For a statement with probability at least 1 - delta: the interval of the failure probability
    against delta.
    """
    return _position(interval, -math.inf, bound)


def _position(interval: Interval, low: float, high: float) -> Position:
    if math.isnan(low) or math.isnan(high):
        raise ValueError(f"an interval cannot be compared with [{low}, {high}]")
    if low <= interval.low and interval.high <= high:
        return Position.INSIDE
    if interval.high < low or high < interval.low:
        return Position.OUTSIDE
    return Position.UNDECIDED
