"""The shares of an error budget never exceed its rate, exactly and in a suite that is run."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from layerproof.theory.errors import InputError
from layerproof.verify.statistics import ErrorBudget, mean_interval

fixed = settings(derandomize=True, deadline=None)

WEIGHTS = st.dictionaries(st.text(max_size=3), st.floats(1e-6, 1e6), min_size=1, max_size=40)


@fixed
@given(rate=st.floats(1e-6, 0.5), weights=WEIGHTS)
def test_what_the_confidences_leave_sums_to_at_most_the_rate(
    rate: float, weights: dict[str, float]
) -> None:
    budget = ErrorBudget(rate, weights)
    # In exact arithmetic: a rounding error would be an overspending as well.
    assert sum(Fraction(budget.share(check)) for check in weights) <= Fraction(rate)
    assert sum(1 - Fraction(budget.confidence(check)) for check in weights) <= Fraction(rate)


@fixed
@given(rate=st.floats(1e-6, 0.5), weights=WEIGHTS)
def test_and_hardly_anything_is_left(rate: float, weights: dict[str, float]) -> None:
    budget = ErrorBudget(rate, weights)
    spent = sum(budget.share(check) for check in weights)
    # 2^-50 is taken off against rounding; forty shares are then added with 40 roundings.
    assert spent == pytest.approx(rate, rel=2.0**-50 + 42 * 2.0**-53)


def test_shares_follow_the_weights() -> None:
    budget = ErrorBudget(0.06, {"a": 1.0, "b": 2.0, "c": 3.0})
    assert [budget.share(c) for c in "abc"] == pytest.approx([0.01, 0.02, 0.03])
    assert ErrorBudget.equal(0.06, "abc").confidence("b") == pytest.approx(0.98)


@pytest.mark.parametrize(
    ("rate", "weights", "field"),
    [
        (0.0, {"a": 1.0}, "error_rate"),
        (1.0, {"a": 1.0}, "error_rate"),
        (float("nan"), {"a": 1.0}, "error_rate"),
        (0.01, {}, "weights"),
        (0.01, {"a": 0.0}, r"weights\[a\]"),
        (0.01, {"a": float("inf")}, r"weights\[a\]"),
    ],
)
def test_a_budget_that_makes_no_sense_names_the_field(
    rate: float, weights: dict[str, float], field: str
) -> None:
    with pytest.raises(InputError, match=field):
        ErrorBudget(rate, weights)


def test_a_check_outside_the_budget_gets_nothing() -> None:
    with pytest.raises(InputError, match="check is 'c'; allowed: one of a, b"):
        ErrorBudget.equal(0.01, ["a", "b"]).share("c")


def test_a_later_change_of_the_weights_does_not_reach_the_budget() -> None:
    weights = {"a": 1.0}
    budget = ErrorBudget(0.01, weights)
    weights["b"] = 9.0
    assert list(budget.weights) == ["a"]


@pytest.mark.parametrize("spend_it_twice", [False, True])
def test_a_suite_errs_no_more_often_than_declared(spend_it_twice: bool) -> None:
    """600 suites of five checks with three intervals each, one of them dependent on another.

    With a level of 1e-4 for the test of the count. The control gives every one of the fifteen
    intervals the whole suite's rate, and must be caught.
    """
    generator = np.random.default_rng(3)
    rate, suites = 0.1, 600
    budget = ErrorBudget(rate, {"a": 1.0, "b": 1.0, "c": 2.0, "d": 2.0, "e": 4.0})
    missed = 0
    for _ in range(suites):
        wrong = False
        for check in budget.weights:
            confidence = 1 - (1 - budget.confidence(check)) / 3  # Bonferroni
            samples = generator.normal(size=(3, 5))
            samples[2] = -samples[1]
            for sample in samples:
                interval = mean_interval(sample, 1 - rate if spend_it_twice else confidence)
                wrong |= not interval.contains(0.0)
        missed += wrong
    caught = stats.binom.sf(missed - 1, suites, rate) < 1e-4
    assert caught == spend_it_twice
