"""Power agrees with enumeration, quadrature and simulation."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from layerproof.theory.errors import InputError
from layerproof.verify.statistics import (
    Interval,
    Position,
    against_upper_bound,
    binomial_interval,
    compare_counts_with_law,
    detectable_association,
    detectable_deviation,
    detectable_rate,
    equivalence,
    power_of_equivalence,
)
from layerproof.verify.statistics.means import student_limits, summary


@pytest.mark.parametrize("power", [0.8, 0.9])
@pytest.mark.parametrize(("delta", "trials"), [(0.1, 40), (0.1, 1000), (0.01, 300)])
def test_the_detectable_rate_is_seen_with_the_power_stated(
    power: float, delta: float, trials: int
) -> None:
    """Against every outcome, each judged by the interval itself."""
    rate = detectable_rate(delta, trials, 0.99, power)
    assert rate > delta
    law = stats.binom.pmf(np.arange(trials + 1), trials, rate)
    outside = [
        against_upper_bound(binomial_interval(k, trials, 0.99), delta) is Position.OUTSIDE
        for k in range(trials + 1)
    ]
    assert law[outside].sum() == pytest.approx(power, rel=1e-9)


def test_more_trials_see_smaller_deviations_and_too_few_see_none() -> None:
    seen = [detectable_rate(0.1, n, 0.99) for n in (10, 100, 1000, 10**6)]
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] < 0.102
    assert detectable_rate(0.5, 3, 0.99) == math.inf


@pytest.mark.parametrize("degrees", [1, 5, 40])
@pytest.mark.parametrize("deviation", [0.0, 0.04, 0.05, 0.1])
def test_equivalence_power_agrees_with_adaptive_quadrature(degrees: int, deviation: float) -> None:
    margin, error, confidence = 0.05, 0.012, 0.9
    t = stats.t.isf((1 - confidence) / 2, degrees)

    def seen_at(u: float) -> float:
        z = stats.norm(deviation, error)
        if deviation <= margin:
            low, high = -margin + t * u * error, margin - t * u * error
            inside = z.cdf(high) - z.cdf(low) if low < high else 0.0
        else:
            inside = z.sf(margin + t * u * error) + z.cdf(-margin - t * u * error)
        return float(inside * 2 * degrees * u * stats.chi2.pdf(degrees * u * u, degrees))

    kink = margin / (t * error)
    expected = sum(
        integrate.quad(seen_at, *edges, limit=400)[0] for edges in ((0, kink), (kink, 8.0))
    )
    power = power_of_equivalence(
        deviation, margin=margin, standard_error=error, degrees=degrees, confidence=confidence
    )
    # 512-point Gauss-Legendre across one kink: 1/512^2 = 4e-6, twice over.
    assert power == pytest.approx(expected, abs=1e-5)


def _student(sample: NDArray[np.float64]) -> Interval:
    of = summary(sample)
    rule = partial(
        student_limits, centre=of.mean, standard_error=of.standard_error, degrees=of.trials - 1
    )
    return Interval.of(of.mean, rule, 0.9, "Student t")


@pytest.mark.parametrize("deviation", [0.0, 0.09])
def test_equivalence_power_is_the_share_of_runs_that_conclude(deviation: float) -> None:
    """3000 runs of ten normal trials, judged by Student's interval; level 1e-4 for the count."""
    generator = np.random.default_rng(21)
    trials, spread, runs = 10, 0.06, 3000
    right = Position.INSIDE if deviation < 0.05 else Position.OUTSIDE
    seen = sum(
        equivalence(
            _student(generator.normal(4.0 * (1 + deviation), 4.0 * spread, trials)),
            4.0,
            0.05,
        )
        == right
        for _ in range(runs)
    )
    power = power_of_equivalence(
        deviation,
        margin=0.05,
        standard_error=spread / math.sqrt(trials),
        degrees=trials - 1,
        confidence=0.9,
    )
    assert stats.binomtest(seen, runs, power).pvalue > 1e-4
    # The control: a power that is off by a tenth is told apart.
    assert stats.binomtest(seen, runs, power * 0.9).pvalue < 1e-4


@pytest.mark.parametrize("power", [0.8, 0.9])
@pytest.mark.parametrize("error", [1e-6, 0.01, 1.0])
def test_the_detectable_deviation_is_seen_with_the_power_stated(power: float, error: float) -> None:
    deviation = detectable_deviation(
        margin=0.05, standard_error=error, degrees=9, confidence=0.99, power=power
    )
    assert deviation > 0.05
    seen = power_of_equivalence(
        deviation, margin=0.05, standard_error=error, degrees=9, confidence=0.99
    )
    # brentq stops within 1e-6 standard errors, and the power changes by less than 1/2 in each.
    assert seen == pytest.approx(power, abs=1e-6)


def test_a_measurement_without_spread_sees_everything() -> None:
    exact = {"margin": 0.05, "standard_error": 0.0, "degrees": 9, "confidence": 0.99}
    assert power_of_equivalence(0.0, **exact) == 1.0
    assert detectable_deviation(**exact) == 0.05


def test_a_detectable_association_is_detected_that_often() -> None:
    """1000 samples whose law differs by the planned Cohen's w; level 1e-4."""
    generator = np.random.default_rng(22)
    cells, size, runs = 6, 1000, 1000
    effect = detectable_association(size, cells - 1, 0.95, 0.8)
    law = np.full(cells, 1 / cells)
    # For p ± d around the uniform law, w² = Σ d²/p.
    other = law + effect / cells * np.tile([1.0, -1.0], cells // 2)
    seen = sum(
        compare_counts_with_law(generator.multinomial(size, other), law, 0.95).rejects(0.05)
        for _ in range(runs)
    )
    # The noncentral chi-square law is a large-sample one: 0.02 is left for 1000 counts.
    assert abs(seen / runs - 0.8) < 0.02 + 3.9 * math.sqrt(0.16 / runs)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: detectable_rate(0.1, 10, 0.95, 1.0),
        lambda: detectable_rate(0.1, 0, 0.95, 0.8),
        lambda: power_of_equivalence(
            0.0, margin=0.0, standard_error=1.0, degrees=3, confidence=0.95
        ),
        lambda: power_of_equivalence(
            0.0, margin=0.1, standard_error=-1.0, degrees=3, confidence=0.95
        ),
    ],
)
def test_a_plan_that_makes_no_sense_is_the_users_error(wrong: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        wrong()
