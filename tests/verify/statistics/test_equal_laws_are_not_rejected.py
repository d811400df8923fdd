"""Comparisons of laws reject equal laws no more often than declared, and find unequal ones."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from layerproof.verify.statistics import LawComparison, ThinEvidence, compare_counts_with_law
from tests.verify.statistics.coverage import Coverage

Compare = Callable[[np.random.Generator], LawComparison]

LAW = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.005, 0.005])
LEVEL = 1e-4  # of each test of a count of rejections
RUNS = 1000


def _rejections(compare: Compare, runs: int = RUNS) -> int:
    generator = np.random.default_rng(31)
    return sum(compare(generator).rejects(0.05) for _ in range(runs))


def _equal_to_law(g: np.random.Generator) -> LawComparison:
    return compare_counts_with_law(g.multinomial(500, LAW), LAW, 0.95)


def test_equal_laws_are_rejected_at_the_level() -> None:
    # The chi-square law is approximate: with five expected per cell the level errs by less than
    # 0.01.
    rejected = _rejections(_equal_to_law)
    assert stats.binom.sf(rejected - 1, RUNS, 0.06) >= LEVEL


def test_unequal_laws_are_found() -> None:
    """The control: laws that differ, which must be rejected nearly always."""
    other = np.array([0.3, 0.4, 0.15, 0.1, 0.04, 0.005, 0.005])
    assert (
        _rejections(lambda g: compare_counts_with_law(g.multinomial(900, other), LAW, 0.95), 100)
        > 90
    )


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.1])
def test_the_limits_of_cohens_w_cover_it(shift: float) -> None:
    generator = np.random.default_rng(32)
    law = np.full(4, 0.25)
    other = law + shift * np.array([1, -1, 1, -1])
    truth = 4 * shift  # w² = Σ shift²/0.25 = 16 shift²
    covered = sum(
        compare_counts_with_law(generator.multinomial(1000, other), law, 0.95).effect.contains(
            truth
        )
        for _ in range(RUNS)
    )
    # A large-sample method: 0.015 is admitted at 1000 counts.
    assert not Coverage(covered, RUNS - covered, 0, 0.95).undercovers(LEVEL, allowance=0.015)


@pytest.mark.parametrize(
    ("counts", "w"),
    [
        ([60, 40], math.sqrt(3 / 100)),  # chi² = 4, of which one degree expects 1
        ([30, 20, 20, 30], math.sqrt(1 / 100)),  # chi² = 4, of which three expect 3
        ([51, 49], 0.0),  # chi² = 0.04, less than chance gives
    ],
)
def test_the_estimate_of_cohens_w_is_free_of_what_chance_gives(counts: list[int], w: float) -> None:
    found = compare_counts_with_law(counts, np.full(len(counts), 1 / len(counts)), 0.95)
    assert found.effect.estimate == pytest.approx(w, rel=1e-12)


@pytest.mark.parametrize("confidence", [0.9, 0.999])
def test_the_limits_of_cohens_w_are_where_a_tail_of_its_law_begins(confidence: float) -> None:
    effect = compare_counts_with_law([80, 20, 30, 70], np.full(4, 0.25), confidence).effect
    tails = [stats.ncx2.cdf(52.0, 3, 200 * w**2) for w in effect.limits]
    half = (1 - confidence) / 2
    assert tails == pytest.approx([1 - half, half], rel=1e-6)


def test_the_estimate_of_cohens_w_does_not_grow_with_the_cells() -> None:
    """Equal laws over 50 cells: sqrt(chi²/1000) would be 0.22 on average."""
    generator = np.random.default_rng(34)
    law = np.full(50, 0.02)
    drawn = generator.multinomial(1000, law, size=200)
    found = [compare_counts_with_law(counts, law, 0.95).effect.estimate for counts in drawn]
    assert np.median(found) < 0.05


def test_the_statistic_is_scipys_where_no_cell_is_pooled() -> None:
    counts, law = [20, 30, 50], [0.3, 0.3, 0.4]
    fit = stats.chisquare(counts, np.array(law) * 100)
    ours = compare_counts_with_law(counts, law, 0.95)
    assert (ours.statistic, ours.p_value) == pytest.approx((fit.statistic, fit.pvalue))
    assert ours.effect.low <= ours.effect.estimate <= ours.effect.high


def test_rare_cells_are_pooled_by_what_they_expect_alone() -> None:
    # The last three expect 4 together, and join a cell of 48.
    counts, law = [50, 46, 3, 0, 1], [0.48, 0.48, 0.02, 0.01, 0.01]
    ours = compare_counts_with_law(counts, law, 0.95)
    assert ours.degrees == 1
    assert ours.statistic == pytest.approx(stats.chisquare([54, 46], [52, 48]).statistic)


def test_a_count_where_none_is_possible_is_the_largest_difference() -> None:
    comparison = compare_counts_with_law([50, 49, 1], [0.5, 0.5, 0.0], 0.95)
    assert comparison.p_value == 0.0
    assert comparison.effect.low == math.inf
    assert compare_counts_with_law([50, 50, 0], [0.5, 0.5, 0.0], 0.95).p_value == 1.0


@pytest.mark.parametrize(
    "thin",
    [
        lambda: compare_counts_with_law([0, 0], [0.5, 0.5], 0.95),
        lambda: compare_counts_with_law([1, 1], [0.5, 0.5], 0.95),
        lambda: compare_counts_with_law([100], [1.0], 0.95),
    ],
)
def test_too_little_to_compare_is_refused(thin: Callable[[], object]) -> None:
    with pytest.raises(ThinEvidence):
        thin()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: compare_counts_with_law([1.5, 2], [0.5, 0.5], 0.95), "counts must be counts"),
        (lambda: compare_counts_with_law([-1, 2], [0.5, 0.5], 0.95), "counts must be counts"),
        (lambda: compare_counts_with_law([1, 2], [0.2, 0.3, 0.5], 0.95), "one law"),
        (lambda: compare_counts_with_law([1, math.nan], [0.5, 0.5], 0.95), r"counts\[1\]"),
        (lambda: compare_counts_with_law([1, 2], [0.5, 0.6], 0.95), "one law"),
    ],
)
def test_what_is_not_a_sample_is_a_value_error(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wrong()
