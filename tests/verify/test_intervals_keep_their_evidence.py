"""An interval can be read at another confidence, crosses processes, and refuses bad evidence."""

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy import stats

from theory.errors import InputError
from verify.statistics import (
    Interval,
    ThinEvidence,
    binomial_interval,
    jackknife_interval,
    log_exponent_interval,
    mean_interval,
    ratio_interval,
    slope_weights,
)

fixed = settings(derandomize=True, deadline=None)

SAMPLE = np.array([1.0, 2.5, 2.0, 3.5, 1.5, 2.2, 2.8, 3.1, 1.9, 2.4, 2.6, 3.3])
X = np.array([1.0, 2.0, 4.0])


def _exponent(x: ArrayLike, curves: ArrayLike) -> Interval:
    generator = np.random.default_rng(0)
    return log_exponent_interval(x, curves, 0.9, generator, resamples=9999)


def _every_kind() -> dict[str, Interval]:
    curves = SAMPLE[:, None] * X**-1 + 0.01 * np.outer(np.arange(12.0), [1, 0, 0])
    return {
        "binomial": binomial_interval(3, 20, 0.9),
        "mean": mean_interval(SAMPLE, 0.9),
        "ratio": ratio_interval(SAMPLE, SAMPLE[::-1] + 1.0, 0.9),
        "groups": jackknife_interval(1.0, SAMPLE, 0.9),
        "exponent": _exponent(X, curves),
    }


@pytest.mark.parametrize("kind", list(_every_kind()))
def test_a_higher_confidence_is_wider_and_coming_back_is_exact(kind: str) -> None:
    interval = _every_kind()[kind]
    wider = interval.at(0.99)
    assert wider.low <= interval.low < interval.high <= wider.high
    assert wider.width > interval.width
    assert wider.confidence == 0.99
    assert wider.at(0.9) == interval


@pytest.mark.parametrize("kind", list(_every_kind()))
def test_an_interval_crosses_a_process_boundary(kind: str) -> None:
    interval = _every_kind()[kind]
    copy = pickle.loads(pickle.dumps(interval))  # noqa: S301
    assert copy == interval
    assert copy.at(0.95) == interval.at(0.95)


@fixed
@given(trials=st.integers(1, 3000), data=st.data(), confidence=st.floats(0.5, 0.9999))
def test_binomial_limits_are_scipys(trials: int, data: st.DataObject, confidence: float) -> None:
    successes = data.draw(st.integers(0, trials))
    ours = binomial_interval(successes, trials, confidence)
    theirs = stats.binomtest(successes, trials).proportion_ci(confidence)
    # scipy's root finder stops at 2e-12 plus four roundings.
    assert ours.low == pytest.approx(theirs.low, abs=1e-11)
    assert ours.high == pytest.approx(theirs.high, abs=1e-11)


@pytest.mark.parametrize("confidence", [0.95, 1 - 1e-6])
def test_all_successes_and_none_have_the_closed_form(confidence: float) -> None:
    tail = (1 - confidence) / 2
    none, every = binomial_interval(0, 30, confidence), binomial_interval(30, 30, confidence)
    # Two evaluations of one power: a few roundings of 1 - confidence, each eps/(1 - confidence).
    tolerance = 1e-15 / (1 - confidence) + 1e-13
    assert none.limits == pytest.approx((0.0, 1 - tail ** (1 / 30)), rel=tolerance)
    assert every.limits == pytest.approx((tail ** (1 / 30), 1.0), rel=tolerance)


def test_a_mean_interval_is_scipys() -> None:
    theirs = stats.ttest_1samp(SAMPLE, 0.0).confidence_interval(0.95)
    assert mean_interval(SAMPLE, 0.95).limits == pytest.approx(tuple(theirs), rel=1e-12)


@fixed
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(1, 9)), min_size=4, max_size=12),
    st.sampled_from([0.8, 0.95]),
)
def test_fiellers_limits_are_where_the_t_test_turns(
    pairs: list[tuple[float, float]], confidence: float
) -> None:
    top, bottom = np.array(pairs).T
    try:
        interval = ratio_interval(top, bottom, confidence)
    except ThinEvidence:
        return
    for ratio in interval.limits:
        residual = top - ratio * bottom
        error = residual.std(ddof=1) / math.sqrt(len(top))
        t = stats.t.isf((1 - confidence) / 2, len(top) - 1)
        # The quadratic's rounding is relative to its largest term; 1e-9 of the scale of the data.
        assert abs(residual.mean()) == pytest.approx(t * error, abs=1e-9 * (1 + abs(ratio)) * 9)


def test_a_denominator_that_may_be_zero_is_refused_with_what_would_be_enough() -> None:
    with pytest.raises(ThinEvidence) as refusal:
        ratio_interval([1.0, 2.0, 3.0, 2.0], [-1.0, 2.0, 0.5, 1.0], 0.95)
    assert refusal.value.needed is not None
    assert refusal.value.needed > 4
    assert refusal.value.estimate == pytest.approx(8.0 / 2.5)
    copy = pickle.loads(pickle.dumps(refusal.value))  # noqa: S301
    assert (str(copy), copy.needed) == (str(refusal.value), refusal.value.needed)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: binomial_interval(0, 0, 0.95),
        lambda: mean_interval([], 0.95),
        lambda: mean_interval([1.0], 0.95),
        lambda: ratio_interval([1.0], [2.0], 0.95),
        lambda: ratio_interval([1.0, 2.0], [0.0, 0.0], 0.95),
        lambda: jackknife_interval(1.0, [1.0, 2.0], 0.95),
        lambda: jackknife_interval(1.0, [1.0, 2.0, math.inf], 0.95),
        lambda: _exponent(X, np.ones((3, 3))),
        lambda: _every_kind()["exponent"].at(1 - 1e-5),
    ],
)
def test_thin_evidence_is_refused(refused: Callable[[], object]) -> None:
    with pytest.raises(ThinEvidence):
        refused()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: mean_interval([1.0, math.nan], 0.95), r"samples\[1\] is nan"),
        (lambda: ratio_interval([1.0, 2.0], [1.0, math.inf], 0.95), r"denominators\[1\] is inf"),
        (lambda: ratio_interval([1.0, 2.0], [1.0, 2.0, 3.0], 0.95), "2 numerators for 3"),
        (lambda: binomial_interval(5, 3, 0.95), "5 successes in 3 trials"),
        (lambda: binomial_interval(-1, 3, 0.95), "-1 successes"),
        (lambda: jackknife_interval(1.0, [1.0, 2.0, 0.0], 0.95), "must be positive"),
        (lambda: jackknife_interval(math.nan, [1.0, 2.0, 1.0], 0.95), "estimate is nan"),
        (lambda: _exponent([1, 1, 1], np.ones((9, 3))), "two distinct"),
        (lambda: _exponent(X, -np.ones((9, 3))), "positive"),
        (lambda: _exponent(X, np.ones((9, 2))), "shape"),
        (lambda: slope_weights([1.0, -2.0, 1.0, 2.0], [0, 0, 1, 1]), "positive"),
        (lambda: slope_weights([1.0, 0.0, 1.0, 2.0], [0, 0, 1, 1]), "positive"),
        (lambda: slope_weights([1.0, 1.0, 2.0, 2.0], [0, 0, 1, 1]), "two distinct"),
        (lambda: slope_weights([1.0, 2.0, 3.0], [0, 0]), "2 groups for 3"),
    ],
)  # fmt: skip
def test_a_faulty_measurement_is_a_value_error_that_says_where(
    wrong: Callable[[], object], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        wrong()
    assert not isinstance(raised.value, ThinEvidence | InputError)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5, 95.0, math.nan])
def test_a_confidence_outside_0_to_1_is_the_users_error(confidence: float) -> None:
    with pytest.raises(InputError, match="confidence"):
        mean_interval(SAMPLE, confidence)


def test_equal_samples_give_an_interval_of_width_zero() -> None:
    assert mean_interval([2.0, 2.0, 2.0], 0.95).limits == (2.0, 2.0)
    assert ratio_interval([6.0, 8.0, 10.0], [3.0, 4.0, 5.0], 0.95).limits == (2.0, 2.0)


def test_an_exponent_without_noise_is_exact() -> None:
    interval = _exponent(X, np.tile(X**-2.0, (8, 1)))
    # Three logarithms and a weighted sum: some ten roundings.
    assert interval.limits == pytest.approx((-2.0, -2.0), rel=1e-14)


def test_the_bootstrap_uses_only_the_generator_it_is_given() -> None:
    before = np.random.get_state(legacy=False)["state"]  # noqa: NPY002
    first, again = (_every_kind()["exponent"] for _ in range(2))
    after = np.random.get_state(legacy=False)["state"]  # noqa: NPY002
    assert first == again
    assert (before["key"] == after["key"]).all()
    assert before["pos"] == after["pos"]
