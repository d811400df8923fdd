"""Power and planned trials agree with enumeration, quadrature and simulation."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, stats

from theory.errors import InputError
from verify.statistics import (
    Position,
    against_upper_bound,
    binomial_interval,
    compare_counts,
    compare_samples,
    detectable_association,
    detectable_deviation,
    detectable_distance,
    detectable_rate,
    equivalence,
    mean_interval,
    power_of_binomial,
    power_of_equivalence,
    trials_to_certify,
    trials_to_conclude,
)


@pytest.mark.parametrize("delta", [0.01, 0.1, 0.4])
@pytest.mark.parametrize("trials", [1, 7, 60])
@pytest.mark.parametrize("confidence", [0.9, 0.999])
def test_binomial_power_is_that_of_the_interval(
    delta: float, trials: int, confidence: float
) -> None:
    """Against every outcome, each judged by the interval itself."""
    positions = [
        against_upper_bound(binomial_interval(k, trials, confidence), delta)
        for k in range(trials + 1)
    ]
    for rate, right in [
        (delta / 3, Position.INSIDE),
        (delta, Position.INSIDE),
        (2 * delta, Position.OUTSIDE),
    ]:
        law = stats.binom.pmf(np.arange(trials + 1), trials, rate)
        seen = sum(p for p, position in zip(law, positions, strict=True) if position == right)
        # Sums of at most 61 products of two routes to one distribution function.
        power = power_of_binomial(delta, trials, confidence, rate)
        assert power == pytest.approx(seen, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("power", [0.8, 0.9])
@pytest.mark.parametrize(("delta", "trials"), [(0.1, 40), (0.1, 1000), (0.01, 300)])
def test_the_detectable_rate_is_seen_with_the_power_stated(
    power: float, delta: float, trials: int
) -> None:
    rate = detectable_rate(delta, trials, 0.99, power)
    assert rate > delta
    assert power_of_binomial(delta, trials, 0.99, rate) == pytest.approx(power, rel=1e-9)


def test_more_trials_see_smaller_deviations_and_too_few_see_none() -> None:
    seen = [detectable_rate(0.1, n, 0.99) for n in (10, 100, 1000, 10**6)]
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] < 0.102
    assert detectable_rate(0.5, 3, 0.99) == math.inf
    assert power_of_binomial(0.5, 3, 0.99, 1.0) == 0.0


@pytest.mark.parametrize("confidence", [0.9, 0.999])
def test_trials_to_certify_without_failures_have_the_closed_form(confidence: float) -> None:
    for delta in (0.1, 0.01):
        trials = trials_to_certify(delta, confidence)
        assert trials == math.ceil(math.log((1 - confidence) / 2) / math.log1p(-delta))
        assert binomial_interval(0, trials, confidence).high <= delta
        assert binomial_interval(0, trials - 1, confidence).high > delta


def test_trials_to_certify_are_the_fewest() -> None:
    """Against a scan over every number of trials."""
    planned = trials_to_certify(0.1, 0.9, true_rate=0.03, power=0.9)
    powers = [power_of_binomial(0.1, n, 0.9, 0.03) for n in range(1, planned + 1)]
    assert powers[-1] >= 0.9
    assert max(powers[:-1]) < 0.9


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


@pytest.mark.parametrize("deviation", [0.0, 0.09])
def test_equivalence_power_is_the_share_of_runs_that_conclude(deviation: float) -> None:
    """3000 runs of ten normal trials, judged by the interval; level 1e-4 for the count."""
    generator = np.random.default_rng(21)
    trials, spread, runs = 10, 0.06, 3000
    right = Position.INSIDE if deviation < 0.05 else Position.OUTSIDE
    seen = sum(
        equivalence(
            mean_interval(generator.normal(4.0 * (1 + deviation), 4.0 * spread, trials), 0.9),
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


@pytest.mark.parametrize("deviation", [0.0, 0.02, 0.08])
def test_trials_to_conclude_are_the_fewest(deviation: float) -> None:
    plan = {"margin": 0.05, "confidence": 0.95}
    trials = trials_to_conclude(spread=0.1, deviation=deviation, power=0.8, **plan)

    def seen(n: int) -> float:
        error = 0.1 / math.sqrt(n)
        return power_of_equivalence(deviation, standard_error=error, degrees=n - 1, **plan)

    assert seen(trials) >= 0.8 > seen(trials - 1)


def test_a_detectable_association_is_detected_that_often() -> None:
    """1000 pairs of samples whose laws differ by the planned Cramér's V; level 1e-4."""
    generator = np.random.default_rng(22)
    cells, size, runs = 6, 500, 1000
    effect = detectable_association(2 * size, cells - 1, 0.95, 0.8)
    # For p ± d around the uniform law, V² = mean over the two samples of Σ d²/p.
    shift = effect / cells * np.tile([1.0, -1.0], cells // 2)
    first, second = 1 / cells + shift, 1 / cells - shift
    seen = sum(
        compare_counts(
            generator.multinomial(size, first), generator.multinomial(size, second), 0.95
        ).rejects(0.05)
        for _ in range(runs)
    )
    # The noncentral chi-square law is a large-sample one: 0.02 is left for 500 counts.
    share = seen / runs
    assert abs(share - 0.8) < 0.02 + 3.9 * math.sqrt(0.16 / runs)


def test_a_detectable_distance_is_seen_at_least_that_often() -> None:
    """200 pairs of samples at the planned distance; all must show it but one in five."""
    generator = np.random.default_rng(23)
    size = 800
    distance = detectable_distance(size, size, 0.95, 0.8)
    seen = sum(
        compare_samples(generator.random(size), generator.random(size) + distance, 0.95).effect.low
        > 0.0
        for _ in range(200)
    )
    assert stats.binom.cdf(seen, 200, 0.8) > 1e-4


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: power_of_binomial(0.0, 10, 0.95, 0.1),
        lambda: power_of_binomial(0.1, 0, 0.95, 0.1),
        lambda: power_of_binomial(0.1, 10, 0.95, 1.1),
        lambda: detectable_rate(0.1, 10, 0.95, 1.0),
        lambda: trials_to_certify(0.1, 0.95, true_rate=0.1),
        lambda: power_of_equivalence(
            0.0, margin=0.0, standard_error=1.0, degrees=3, confidence=0.95
        ),
        lambda: power_of_equivalence(
            0.0, margin=0.1, standard_error=-1.0, degrees=3, confidence=0.95
        ),
        lambda: trials_to_conclude(margin=0.1, spread=1.0, confidence=0.95, deviation=0.1),
        lambda: detectable_distance(10, 10, 0.95, 0.0),
    ],
)
def test_a_plan_that_makes_no_sense_is_the_users_error(wrong: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        wrong()
