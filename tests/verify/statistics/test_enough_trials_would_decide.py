"""The number of trials that is told would decide, where they find what those before found."""

import numpy as np
import pytest

from layerproof.verify.statistics import Position, against_upper_bound, binomial_interval
from layerproof.verify.statistics.deciding import MOST, trials_for_a_mean, trials_for_a_rate
from layerproof.verify.statistics.means import mean_interval


@pytest.mark.parametrize(("failures", "trials"), [(0, 20), (1, 40), (8, 40), (3, 40)])
def test_a_rate_is_decided_by_so_many(failures: int, trials: int) -> None:
    before = binomial_interval(failures, trials, 0.99)
    assert against_upper_bound(before, 0.1) is Position.UNDECIDED
    enough = trials_for_a_rate(failures, trials, 0.1, 0.99)
    assert enough > trials
    after = binomial_interval(round(failures * enough / trials), enough, 0.99)
    assert against_upper_bound(after, 0.1) is not Position.UNDECIDED


def test_a_rate_on_the_bound_is_decided_by_none() -> None:
    assert trials_for_a_rate(10, 100, 0.1, 0.99) == 0


def test_a_mean_is_decided_by_so_many() -> None:
    draws = np.random.default_rng(0).normal(1.0, 1.0, 4000)
    few = mean_interval(draws[:20], 0.99)
    enough = trials_for_a_mean(few, 1.0, 0.2, 20)
    assert 200 < enough < 1000
    after = mean_interval(draws[:enough], 0.99)
    assert after.contains(1.0)
    assert max(after.high - 1.0, 1.0 - after.low) < 0.2


def test_a_mean_on_the_margin_is_decided_by_none() -> None:
    interval = mean_interval(np.random.default_rng(0).normal(1.0, 1.0, 400), 0.99)
    beside = interval.estimate - 1.0
    assert not interval.contains(beside)
    assert trials_for_a_mean(interval, beside, 1.0, 400) == 0
    assert trials_for_a_mean(interval, beside, 0.9, 400) <= MOST
