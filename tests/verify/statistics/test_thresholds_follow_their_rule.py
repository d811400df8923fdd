"""Thresholds are found by the stated rule: exact on clean curves, not fooled by one lucky size."""

import math

import numpy as np
import pytest

from layerproof.theory.assumptions import assumptions
from layerproof.theory.ensembles import draw
from layerproof.theory.thresholds import FORMULAS, InstanceThreshold, chance
from layerproof.verify.checks.base import Trial
from layerproof.verify.checks.threshold_runs import threshold
from layerproof.verify.statistics.thresholds import isotonic_threshold, search_threshold


def test_a_crossing_between_two_sizes_is_linear_in_the_logarithm() -> None:
    # Halfway down in error is halfway up in log N: √(10 · 1000) = 100.
    found = isotonic_threshold([10, 1000], [0.3, 0.1], 0.2)
    assert found == pytest.approx(100.0, rel=1e-12)  # three roundings of float64


def test_one_lucky_size_is_pooled_with_its_neighbours() -> None:
    sizes = [1, 2, 4, 8, 16]
    lucky = [0.9, 0.05, 0.9, 0.05, 0.0]
    # By hand: 0.05 and 0.9 are pooled to 0.475, so the fit crosses 0.1 between 4 and 8.
    share = (0.475 - 0.1) / (0.475 - 0.05)
    assert isotonic_threshold(sizes, lucky, 0.1) == pytest.approx(4 * 2**share, rel=1e-12)


@pytest.mark.parametrize(("errors", "answer"), [([0.0, 0.0], 0.0), ([1.0, 0.9], math.inf)])
def test_a_curve_that_does_not_cross_has_no_threshold(errors: list[float], answer: float) -> None:
    assert isotonic_threshold([1, 2], errors, 0.5) == answer


@pytest.mark.parametrize("sizes", [[2, 1], [0, 1], [1, 1], [1, 2, 3], []])
def test_sizes_that_do_not_rise_are_refused(sizes: list[float]) -> None:
    with pytest.raises(ValueError, match="must"):
        isotonic_threshold(sizes, [0.5, 0.1], 0.2)


def test_the_walk_goes_on_until_two_sizes_in_a_row_are_on_each_side() -> None:
    seen: list[float] = []

    def error(size: float) -> float:
        seen.append(size)
        return 0.0 if size in (1.0, 4.0) or size >= 16.0 else 1.0

    found = search_threshold(error, 1.0, 0.5, ratio=2.0)
    # Above: 1 succeeds by luck, 2 fails, 4 succeeds, 8 fails, 16 and 32 succeed. Below: 1/2, 1/4.
    assert found.sizes == (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    assert len(seen) == len(set(seen)) == len(found.sizes)
    # Pooled: 1, 2 at 1/2 … 4, 8 at 1/2: at the level from size 1 on, so between 1/2 and 1.
    assert found.threshold == pytest.approx(1.0)


def test_the_walk_ends_where_success_is_out_of_reach() -> None:
    found = search_threshold(lambda size: 1.0, 1.0, 0.5, ratio=2.0, reach=3)
    assert found.sizes[-1] == 8.0
    assert found.threshold == math.inf


def test_the_rule_is_right_on_noisy_curves_where_the_first_success_is_not() -> None:
    """Binomial test errors of a logistic curve that is at the level at N = 100.

    The error has slope 0.25 per unit of log N there and 50 strings each: a crossing is off by about
    sqrt(0.1 · 0.9/50)/0.25 = 0.17 in log N. Over 400 searches the mean is then off by 0.0085;
    curvature between grid points √2 apart adds at most 0.03. The first success found from below, on
    a grid of 1 %, errs by more than that towards small N.
    """
    rng = np.random.default_rng(3)

    def curve(size: float) -> float:
        steepness = 0.25 / (0.1 * 0.9)
        return 1.0 / (1.0 + math.exp(steepness * math.log(size / 100.0) + math.log(9.0)))

    def error(size: float) -> float:
        return float(rng.binomial(50, curve(size)) / 50)

    found = [search_threshold(error, 120.0, 0.1).threshold for _ in range(400)]
    first = []
    for _ in range(400):
        size = 50.0
        while error(size) > 0.1:
            size *= 1.01
        first.append(size)
    assert abs(np.mean(np.log(found)) - math.log(100.0)) < 0.03 + 4 * 0.0085
    assert np.mean(np.log(first)) < math.log(100.0) - 0.15


def test_parents_that_share_q_cost_nothing_where_no_string_depends_on_them() -> None:
    """K_ρ = 0, but merging loses no label, and the learner succeeds about where it is predicted.

    Within a factor 2: the prediction is one of tens of per cent at V = 8, m = 2.
    """
    grammar = draw("uniform-first-token", vocabulary=8, rules=2, branching=2, levels=3, seed=1)
    assert assumptions(grammar).K_rho == 0
    expected = InstanceThreshold(grammar, FORMULAS)
    assert expected.attainable == 1.0
    predicted = expected.multiple(chance(grammar) / 10)
    found = threshold(grammar, Trial(1, 0, "repaired", "cpu"), 1000).threshold
    assert predicted / 2 < found < 2 * predicted
