"""Intervals cover the truth as often as they say; an interval that is too narrow is caught.

Every coverage is counted over 2000 or more repetitions from a fixed seed and put through an exact
binomial test at the level LEVEL. So each assertion fails by chance with probability LEVEL if the
interval is exact, whatever the seed.
"""

from collections.abc import Callable

import numpy as np
import pytest

from layerproof.verify.statistics import (
    Interval,
    binomial_interval,
    jackknife_interval,
    log_exponent_interval,
    mean_interval,
    ratio_interval,
)
from tests.verify.statistics.coverage import measure_coverage

Draw = Callable[[np.random.Generator], Interval]

LEVEL = 1e-4
REPETITIONS = 2000


def _narrowed(interval: Interval) -> Interval:
    """The negative control: two thirds of the width, still announced at the same confidence."""
    third = interval.width / 6
    return Interval(
        interval.estimate,
        interval.low + third,
        interval.high - third,
        interval.confidence,
        "too narrow",
        interval.limits_at,
    )


def _student(generator: np.random.Generator) -> Interval:
    return mean_interval(generator.normal(3.0, 2.0, size=6), 0.95)


def _fieller(generator: np.random.Generator) -> Interval:
    # Correlated, with a coefficient of variation of 1/2 in the denominator.
    pairs = generator.multivariate_normal([3.0, 2.0], [[1.0, 0.5], [0.5, 1.0]], size=40)
    return ratio_interval(pairs[:, 0], pairs[:, 1], 0.95)


def _exponent(generator: np.random.Generator) -> Interval:
    x = np.array([1.0, 4.0, 16.0, 64.0])
    y = generator.lognormal(0.0, 0.4, size=(20, 4)) * x**-1.5
    return log_exponent_interval(x, y, 0.9)


def _groups(generator: np.random.Generator) -> Interval:
    top = generator.gamma(6.0, size=16)
    bottom = generator.gamma(10.0, size=16)
    ratios = (top.sum() - top) / (bottom.sum() - bottom)
    return jackknife_interval(float(top.sum() / bottom.sum()), ratios, 0.95)


@pytest.mark.parametrize("probability", [0.003, 0.05, 0.1, 0.5, 0.98])
def test_binomial_intervals_never_cover_too_rarely(probability: float) -> None:
    generator = np.random.default_rng(11)
    successes = generator.binomial(60, probability, size=REPETITIONS)
    by_count = {k: binomial_interval(int(k), 60, 0.95) for k in np.unique(successes)}
    covered = measure_coverage(lambda g: by_count[g.binomial(60, probability)], probability,
                               REPETITIONS, np.random.default_rng(11))  # fmt: skip
    assert not covered.undercovers(LEVEL)


@pytest.mark.parametrize(
    ("draw", "truth"),
    [(_student, 3.0), (_fieller, 1.5)],
    ids=["Student t on normal samples", "Fieller on normal pairs"],
)
def test_normal_samples_are_covered_as_often_as_stated_and_err_on_both_sides_alike(
    draw: Draw, truth: float
) -> None:
    coverage = measure_coverage(draw, truth, REPETITIONS, np.random.default_rng(12))
    assert not coverage.undercovers(LEVEL)
    # Sampled skewness widens one of the limits a little.
    assert not coverage.overcovers(LEVEL, allowance=0.01)
    # Equal tails: each side misses at most (1 - confidence)/2.
    for misses in (coverage.below, coverage.above):
        side = type(coverage)(REPETITIONS - misses, misses, 0, (1 + coverage.confidence) / 2)
        assert not side.undercovers(LEVEL)


@pytest.mark.parametrize(
    ("draw", "truth", "allowance"),
    [(_exponent, -1.5, 0.01), (_groups, 0.6, 0.01)],
    ids=["exponent", "jackknifed ratio"],
)
def test_approximate_intervals_fall_short_by_no_more_than_stated(
    draw: Draw, truth: float, allowance: float
) -> None:
    coverage = measure_coverage(draw, truth, REPETITIONS, np.random.default_rng(13))
    assert not coverage.undercovers(LEVEL, allowance=allowance), coverage
    # And not because they are vacuous.
    assert not coverage.overcovers(LEVEL, allowance=0.03), coverage


@pytest.mark.parametrize(
    ("draw", "truth"),
    [(_student, 3.0), (_fieller, 1.5), (_exponent, -1.5), (_groups, 0.6)],
)
def test_an_interval_that_is_too_narrow_is_caught(draw: Draw, truth: float) -> None:
    coverage = measure_coverage(
        lambda generator: _narrowed(draw(generator)), truth, REPETITIONS, np.random.default_rng(14)
    )
    assert coverage.undercovers(LEVEL, allowance=0.03), coverage


def test_a_delta_interval_misses_on_one_side_where_fieller_does_not() -> None:
    """Why `ratio_interval` is Fieller's: the same normal pairs, the delta method beside it."""
    generator = np.random.default_rng(15)
    t = 2.2009851600916384  # Student's 97.5 % quantile at 11 degrees of freedom
    above = below = 0
    for _ in range(REPETITIONS):
        top, bottom = generator.multivariate_normal([3.0, 2.0], np.eye(2), size=12).T
        ratio = top.mean() / bottom.mean()
        half = t * np.std((top - ratio * bottom) / bottom.mean(), ddof=1) / np.sqrt(12)
        above += ratio - half > 1.5
        below += ratio + half < 1.5
    # Without a difference between the sides, |above - below| would stay within 4 standard
    # deviations, sqrt(above + below) each, but for a probability of 6e-5.
    assert abs(above - below) > 4 * np.sqrt(above + below)
