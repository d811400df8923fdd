"""Comparisons of laws reject equal laws no more often than declared, and find unequal ones."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from verify.statistics import (
    Comparison,
    Coverage,
    ThinEvidence,
    compare_counts,
    compare_counts_with_law,
    compare_samples,
)

Compare = Callable[[np.random.Generator], Comparison]

LAW = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.005, 0.005])
LEVEL = 1e-4  # of each test of a count of rejections
RUNS = 1000


def _rejections(compare: Compare, runs: int = RUNS) -> int:
    generator = np.random.default_rng(31)
    return sum(compare(generator).rejects(0.05) for _ in range(runs))


def _equal_counts(g: np.random.Generator) -> Comparison:
    return compare_counts(g.multinomial(300, LAW), g.multinomial(900, LAW), 0.95)


def _equal_to_law(g: np.random.Generator) -> Comparison:
    return compare_counts_with_law(g.multinomial(500, LAW), LAW, 0.95)


def _equal_samples(g: np.random.Generator) -> Comparison:
    return compare_samples(g.normal(size=80), g.normal(size=120), 0.95)


@pytest.mark.parametrize("compare", [_equal_counts, _equal_to_law, _equal_samples])
def test_equal_laws_are_rejected_at_the_level(compare: Compare) -> None:
    # The chi-square law is approximate: with five expected per cell the level errs by less than
    # 0.01. The Kolmogorov-Smirnov test is exact at these sizes.
    rejected = _rejections(compare)
    assert stats.binom.sf(rejected - 1, RUNS, 0.06) >= LEVEL


def test_unequal_laws_are_found() -> None:
    """The controls: each comparison is given laws that differ, and must reject nearly always."""
    other = np.array([0.3, 0.4, 0.15, 0.1, 0.04, 0.005, 0.005])
    unequal = [
        lambda g: compare_counts(g.multinomial(900, LAW), g.multinomial(900, other), 0.95),
        lambda g: compare_counts_with_law(g.multinomial(900, other), LAW, 0.95),
        lambda g: compare_samples(g.normal(size=80), 2 * g.normal(size=400), 0.95),
    ]
    assert [_rejections(compare, 100) > 90 for compare in unequal] == [True] * 3


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.1])
def test_the_limits_of_cramers_v_cover_it(shift: float) -> None:
    generator = np.random.default_rng(32)
    first = np.full(4, 0.25) + shift * np.array([1, -1, 1, -1])
    second = np.full(4, 0.25) - shift * np.array([1, -1, 1, -1])
    truth = 4 * shift  # V² = Σ shift²/0.25 = 16 shift²
    covered = sum(
        compare_counts(
            generator.multinomial(1000, first), generator.multinomial(1000, second), 0.95
        ).effect.contains(truth)
        for _ in range(RUNS)
    )
    # A large-sample method: 0.015 is admitted at 1000 counts.
    assert not Coverage(covered, RUNS - covered, 0, 0.95).undercovers(LEVEL, allowance=0.015)


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_limits_of_the_distance_cover_it(scale: float) -> None:
    generator = np.random.default_rng(33)
    grid = np.linspace(-6, 6, 20001)
    truth = float(np.max(np.abs(stats.norm.cdf(grid) - stats.norm.cdf(grid / scale))))
    covered = sum(
        compare_samples(
            generator.normal(size=100), scale * generator.normal(size=100), 0.9
        ).effect.contains(truth)
        for _ in range(RUNS)
    )
    assert not Coverage(covered, RUNS - covered, 0, 0.9).undercovers(LEVEL)


def test_the_statistic_is_scipys_where_no_cell_is_pooled() -> None:
    first, second = [20, 30, 50], [25, 45, 30]
    test = stats.chi2_contingency([first, second], correction=False)
    ours = compare_counts(first, second, 0.95)
    assert (ours.statistic, ours.p_value) == pytest.approx((test.statistic, test.pvalue))
    law = [0.3, 0.3, 0.4]
    fit = stats.chisquare(first, np.array(law) * 100)
    ours = compare_counts_with_law(first, law, 0.95)
    assert (ours.statistic, ours.p_value) == pytest.approx((fit.statistic, fit.pvalue))
    assert ours.effect.low <= ours.effect.estimate <= ours.effect.high


def test_rare_cells_are_pooled_by_their_totals_alone() -> None:
    # The last three expect fewer than 5 in each; as they are, they would weigh 1 count as 1/1.
    first, second = [50, 50, 3, 0, 1], [50, 50, 0, 2, 2]
    ours = compare_counts(first, second, 0.95)
    assert ours.degrees == 1  # the pool expects 4, and joins a cell of 50
    assert compare_counts(first[::-1], second[::-1], 0.95) == ours


def test_a_count_where_none_is_possible_is_the_largest_difference() -> None:
    comparison = compare_counts_with_law([50, 49, 1], [0.5, 0.5, 0.0], 0.95)
    assert comparison.p_value == 0.0
    assert comparison.effect.low == math.inf
    assert compare_counts_with_law([50, 50, 0], [0.5, 0.5, 0.0], 0.95).p_value == 1.0


@pytest.mark.parametrize(
    "thin",
    [
        lambda: compare_counts([0, 0], [3, 4], 0.95),
        lambda: compare_counts([1, 1], [1, 2], 0.95),
        lambda: compare_counts([100], [100], 0.95),
        lambda: compare_samples([], [1.0], 0.95),
    ],
)
def test_too_little_to_compare_is_refused(thin: Callable[[], object]) -> None:
    with pytest.raises(ThinEvidence):
        thin()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: compare_counts([1.5, 2], [1, 2], 0.95), "first must be counts"),
        (lambda: compare_counts([1, 2], [-1, 2], 0.95), "second must be counts"),
        (lambda: compare_counts([1, 2], [1, 2, 3], 0.95), "same"),
        (lambda: compare_counts_with_law([1, 2], [0.5, 0.6], 0.95), "one law"),
        (lambda: compare_samples([1.0, math.nan], [1.0], 0.95), r"first\[1\]"),
    ],
)
def test_what_is_not_a_sample_is_a_value_error(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wrong()
