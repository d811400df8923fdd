"""What the planning of every kind of claim shares."""

from __future__ import annotations

import math
from collections.abc import Callable

from theory.errors import InputError

MOST_TRIALS = 10**9
"""No plan looks further than this many trials."""


def least(enough: Callable[[int], bool], refusal: str) -> int:
    """The least positive integer with `enough`, which must stay true once it is."""
    high = 1
    while not enough(high):
        high *= 2
        if high > MOST_TRIALS:
            raise ValueError(refusal)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def checked_rate(field: str, value: float) -> None:
    """Raises InputError unless `value` lies strictly between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise InputError(field, value, "a number strictly between 0 and 1")


def checked_positive(field: str, value: float) -> None:
    """Raises InputError unless `value` is positive and finite."""
    if not (value > 0.0 and math.isfinite(value)):
        raise InputError(field, value, "a positive number")
