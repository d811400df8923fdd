"""Inside, outside and undecided mean what two one-sided tests would conclude."""

import math
from functools import partial

import pytest
from scipy import stats

from layerproof.theory.errors import InputError
from layerproof.verify.statistics import (
    Interval,
    Position,
    against_upper_bound,
    equivalence,
    mean_interval,
)


def _fixed(confidence: float, low: float, high: float) -> tuple[float, float]:
    return low, high


def _interval(low: float, high: float) -> Interval:
    return Interval.of((low + high) / 2, partial(_fixed, low=low, high=high), 0.95, "given")


@pytest.mark.parametrize(
    ("low", "high", "position"),
    [
        (1.875, 2.0, "inside"),
        (1.75, 2.25, "inside"),
        (1.5, 2.0, "undecided"),
        (2.0, 2.5, "undecided"),
        (1.0, 3.0, "undecided"),
        (2.25, 2.5, "undecided"),
        (2.375, 2.5, "outside"),
        (1.0, 1.625, "outside"),
    ],
)
def test_around_a_prediction(low: float, high: float, position: str) -> None:
    # Eighths, so that every edge is exact.
    assert equivalence(_interval(low, high), 2.0, 0.125) == position
    assert equivalence(_interval(-high, -low), -2.0, 0.125) == position
    assert equivalence(_interval(low - 2, high - 2), 0.0, 0.25, absolute=True) == position


def test_against_a_bound() -> None:
    assert against_upper_bound(_interval(0.0, 0.1), 0.1) is Position.INSIDE
    assert against_upper_bound(_interval(0.05, 0.11), 0.1) is Position.UNDECIDED
    assert against_upper_bound(_interval(0.1, 0.2), 0.1) is Position.UNDECIDED
    assert against_upper_bound(_interval(0.11, 0.2), 0.1) is Position.OUTSIDE
    assert against_upper_bound(_interval(0.5, math.inf), math.inf) is Position.INSIDE


def test_two_one_sided_tests_reach_the_same_conclusion() -> None:
    sample = [1.02, 0.97, 1.01, 1.03, 0.99, 1.0, 0.98]
    for margin in (0.005, 0.015, 0.02, 0.03, 0.1):
        above = stats.ttest_1samp(sample, 1 - margin, alternative="greater").pvalue
        below = stats.ttest_1samp(sample, 1 + margin, alternative="less").pvalue
        concluded = equivalence(mean_interval(sample, 0.9), 1.0, margin) is Position.INSIDE
        assert concluded == (max(above, below) <= 0.05)


@pytest.mark.parametrize("margin", [0.0, -0.1, math.nan, math.inf])
def test_a_margin_must_be_positive(margin: float) -> None:
    with pytest.raises(InputError, match="margin"):
        equivalence(_interval(0.0, 1.0), 1.0, margin)


def test_a_relative_margin_around_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="absolute"):
        equivalence(_interval(0.0, 1.0), 0.0, 0.05)
    with pytest.raises(ValueError, match="finite prediction"):
        equivalence(_interval(0.0, 1.0), math.nan, 0.05)
    with pytest.raises(ValueError, match="compared"):
        against_upper_bound(_interval(0.0, 1.0), math.nan)
