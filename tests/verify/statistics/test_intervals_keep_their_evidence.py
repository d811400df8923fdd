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

from layerproof.theory.errors import InputError
from layerproof.verify.statistics import (
    Interval,
    ThinEvidence,
    binomial_interval,
    bounded_mean_interval,
    bounded_ratio_interval,
    fixed_interval,
    jackknife_interval,
    log_exponent_interval,
    mean_interval,
    ratio_interval,
    slope_weights,
)
from layerproof.verify.statistics.means import skewed_quantiles, skewness

fixed = settings(derandomize=True, deadline=None)

SAMPLE = np.array([1.0, 2.5, 2.0, 3.5, 1.5, 2.2, 2.8, 3.1, 1.9, 2.4, 2.6, 3.3])
X = np.array([1.0, 2.0, 4.0])


def _exponent(x: ArrayLike, curves: ArrayLike) -> Interval:
    return log_exponent_interval(x, curves, 0.9)


def _bounded_ratio(top: ArrayLike, bottom: ArrayLike, bounds: tuple[float, float]) -> Interval:
    return bounded_ratio_interval(top, bottom, 0.95, most=1.0, bounds=bounds)


def _every_kind() -> dict[str, Interval]:
    curves = SAMPLE[:, None] * X**-1 + 0.01 * np.outer(np.arange(12.0), [1, 0, 0])
    return {
        "binomial": binomial_interval(3, 20, 0.9),
        "mean": mean_interval(SAMPLE, 0.9),
        "ratio": ratio_interval(SAMPLE, SAMPLE[::-1] + 1.0, 0.9),
        "groups": jackknife_interval(1.0, SAMPLE, 0.9),
        "exponent": _exponent(X, curves),
        "bounded mean": bounded_mean_interval(SAMPLE, 0.9, (0.0, 4.0)),
        "bounded ratio": bounded_ratio_interval(
            SAMPLE, SAMPLE[::-1] + 1.0, 0.9, most=4.0, bounds=(0.0, 5.0)
        ),
        "scaled": mean_interval(SAMPLE, 0.9).scaled(3.0),
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


SYMMETRIC = np.concatenate([SAMPLE, 5.0 - SAMPLE])


def test_the_mean_interval_of_a_symmetric_sample_is_scipys() -> None:
    theirs = stats.ttest_1samp(SYMMETRIC, 0.0).confidence_interval(0.95)
    assert mean_interval(SYMMETRIC, 0.95).limits == pytest.approx(tuple(theirs), rel=1e-12)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_skewed_sample_moves_the_limit_on_the_side_of_its_tail(sign: float) -> None:
    """Hall's map, typed a second time: it takes the T of the moved limit to Student's quantile."""
    sample = sign * np.exp(SAMPLE)
    theirs = stats.ttest_1samp(sample, 0.0).confidence_interval(0.95)
    ours = mean_interval(sample, 0.95)
    near, far = (0, 1) if sign > 0 else (1, 0)
    assert ours.limits[near] == pytest.approx(tuple(theirs)[near], rel=1e-12)
    n, gamma = len(sample), float(stats.skew(sample))
    T = (sample.mean() - ours.limits[far]) / (sample.std(ddof=1) / n**0.5)
    mapped = T + gamma * T**2 / (3 * n**0.5) + gamma**2 * T**3 / (27 * n) + gamma / (6 * n**0.5)
    assert mapped == pytest.approx(-sign * stats.t.isf(0.025, n - 1), rel=1e-9)
    assert sign * ours.limits[far] > sign * tuple(theirs)[far]


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
    centred = top - interval.estimate * bottom
    skew = skewness(centred / bottom.mean())
    quantiles = skewed_quantiles(confidence, len(top) - 1, skew)
    for ratio, t in zip(interval.limits, quantiles, strict=True):
        residual = top - ratio * bottom
        error = residual.std(ddof=1) / math.sqrt(len(top))
        # The quadratic's rounding is relative to its largest term; 1e-9 of the scale of the data.
        assert abs(residual.mean()) == pytest.approx(t * error, abs=1e-9 * (1 + abs(ratio)) * 9)


def test_a_denominator_that_may_be_zero_is_refused_with_what_would_be_enough() -> None:
    with pytest.raises(ThinEvidence) as refusal:
        ratio_interval([1.0, 2.0, 3.0, 2.0], [-1.0, 2.0, 0.5, 1.0], 0.95)
    # The mean, 5/8, is told from 0 where t s/√n is below it; t is Student's or larger.
    t, spread = stats.t.isf(0.025, 3), np.std([-1.0, 2.0, 0.5, 1.0], ddof=1) / 0.625
    assert refusal.value.needed is not None
    assert refusal.value.needed > (t * spread) ** 2
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
        lambda: bounded_mean_interval([], 0.95, (0.0, 1.0)),
        lambda: bounded_ratio_interval([0.5], [0.0], 0.95, most=1.0, bounds=(0.0, 1.0)),
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
        (lambda: bounded_mean_interval([0.5, 1.5], 0.95, (0.0, 1.0)), "leave their range"),
        (lambda: bounded_mean_interval([-0.5, 0.5], 0.95, (0.0, 1.0)), "leave their range"),
        (lambda: bounded_mean_interval([1.0], 0.95, (1.0, 1.0)), "the range"),
        (lambda: _bounded_ratio([0.5], [0.5, 1.0], (0.0, 1.0)), "1 numerators for 2"),
        (lambda: _bounded_ratio([0.5], [0.5], (-1.0, 1.0)), "not negative"),
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


@pytest.mark.parametrize(
    "interval",
    [
        mean_interval([2.0, 2.0, 2.0], 0.95),
        mean_interval([2.0, 2.0, 2.0 + 1e-15], 0.95),
        mean_interval([0.0, 0.0], 0.95),
        ratio_interval([6.0, 8.0, 10.0], [3.0, 4.0, 5.0], 0.95),
        jackknife_interval(2.0, [2.0, 2.0, 2.0], 0.95),
        jackknife_interval(0.0, [0.0, 0.0, 0.0], 0.95, positive=False),
    ],
)
def test_samples_without_a_spread_are_not_judged_by(interval: Interval) -> None:
    assert interval.width <= 1e-14
    assert interval.thin is not None
    assert interval.thin.needed is None
    assert interval.stretched().limits == (-math.inf, math.inf)


def test_a_quantity_that_cannot_vary_lies_between_what_was_seen() -> None:
    interval = fixed_interval([2.0, 2.0 + 1e-12], 0.95)
    assert interval.limits == (2.0, 2.0 + 1e-12)
    assert (interval.coverage, interval.thin) == ("exact", None)
    assert interval.at(0.99).limits == interval.limits


@pytest.mark.parametrize(("ones", "thin"), [(1, True), (5, True), (6, False), (25, False)])
def test_few_ones_among_zeros_are_too_skewed(ones: int, thin: bool) -> None:
    """Of k ones in n zeros and ones the squared skewness is (n − 2k)²/(k(n − k)): n = 50 needs 9
    times it, 52.6 at k = 5 and 40.9 at k = 6.
    """
    interval = mean_interval([1.0] * ones + [0.0] * (50 - ones), 0.95)
    assert (interval.thin is not None) == thin
    if interval.thin is not None:
        wanted = math.ceil(9 * (50 - 2 * ones) ** 2 / (ones * (50 - ones)) - 1e-9)
        assert interval.thin.needed == wanted
        assert interval.thin.estimate == pytest.approx(ones / 50)
    low, high = interval.stretched().limits
    assert interval.estimate - low == pytest.approx(2 * (interval.estimate - interval.low))
    assert high - interval.estimate == pytest.approx(2 * (interval.high - interval.estimate))


def test_the_kinds_of_coverage() -> None:
    kinds = {name: str(interval.coverage) for name, interval in _every_kind().items()}
    surely = {"binomial": "exact", "bounded mean": "guaranteed", "bounded ratio": "guaranteed"}
    assert kinds == {name: surely.get(name, "nominal") for name in kinds}
    assert all(i.to_dict()["coverage"] == i.coverage for i in _every_kind().values())


def test_a_scaled_interval_is_that_of_the_scaled_sample() -> None:
    ours = mean_interval(SAMPLE, 0.9).scaled(3.0)
    theirs = mean_interval(3.0 * SAMPLE, 0.9)
    for confidence in (0.9, 0.99):
        assert ours.at(confidence).limits == pytest.approx(theirs.at(confidence).limits, rel=1e-12)
    assert ours.estimate == pytest.approx(theirs.estimate)


def test_an_exponent_without_noise_is_exact() -> None:
    interval = _exponent(X, np.tile(X**-2.0, (8, 1)))
    # Three logarithms and a weighted sum: some ten roundings.
    assert interval.limits == pytest.approx((-2.0, -2.0), rel=1e-14)


@pytest.mark.parametrize("sample", [np.exp(SAMPLE), -np.exp(SAMPLE), SAMPLE])
def test_the_jackknife_of_a_mean_is_the_interval_of_the_mean(sample: np.ndarray) -> None:
    """Its pseudo-values are the sample: same spread, same skewness, same degrees of freedom."""
    rest = (sample.sum() - sample) / (len(sample) - 1)
    ours = jackknife_interval(float(sample.mean()), rest, 0.99, positive=False)
    assert ours.limits == pytest.approx(mean_interval(sample, 0.99).limits, rel=1e-9)
    thin = mean_interval(sample, 0.99).thin
    assert (ours.thin is None) == (thin is None)
