"""E[1/k | k > 0] and E[1/k² | k > 0] agree with rational arithmetic, at every size and branch."""

import math
from fractions import Fraction

import numpy as np
import pytest

from layerproof.theory import inverse_moments
from layerproof.theory.errors import InputError
from layerproof.theory.inverse_moments import binomial, hypergeometric
from layerproof.theory.predictions import CROSSING, count_correction, crossing_samples

# Sums of at most a few hundred positive terms, each with a handful of roundings.
ROUNDING = 2000 * 2.0**-53


def _moments(weights: dict[int, Fraction]) -> tuple[float, float]:
    total = sum(weights.values())
    first = sum(Fraction(w) / k for k, w in weights.items()) / total
    second = sum(Fraction(w) / k**2 for k, w in weights.items()) / total
    return float(first), float(second)


@pytest.mark.parametrize(
    ("trials", "probability"),
    # Counts of zero mean, of all mass at the end (underflow of P[0]), and past the series' switch.
    [(1, 0.5), (5, 0.3), (40, 0.9999), (40, 1.0), (60, 1e-9), (300, 0.5), (300, 0.7), (250, 1.0)],
)
def test_binomial_counts(trials: int, probability: float) -> None:
    p = Fraction(probability)
    weights = {
        k: math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(1, trials + 1)
    }
    assert binomial(trials, probability) == pytest.approx(_moments(weights), rel=ROUNDING)


@pytest.mark.parametrize(
    ("population", "marked", "draws"),
    [
        (16, 4, 8),
        (16, 4, 14),
        (16, 16, 16),
        (64, 8, 64),
        (1000, 500, 900),
        (1000, 700, 400),
        (1, 1, 1),
    ],
)
def test_hypergeometric_counts(population: int, marked: int, draws: int) -> None:
    rest = population - marked
    weights = {
        k: Fraction(math.comb(marked, k) * math.comb(rest, draws - k))
        for k in range(1, min(marked, draws) + 1)
        if draws - k <= rest
    }
    found = hypergeometric(population, marked, draws)
    assert found == pytest.approx(_moments(weights), rel=ROUNDING)


def test_a_hypergeometric_count_of_a_vast_population_is_binomial() -> None:
    found = hypergeometric(16**300, 16**299, 64)
    assert found == pytest.approx(binomial(64, 1 / 16), rel=ROUNDING)


def test_the_series_and_the_sum_agree_where_they_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    by_series = binomial(4000, 0.06)
    monkeypatch.setattr(inverse_moments, "SERIES_FROM", 10**9)
    assert binomial(4000, 0.06) == pytest.approx(by_series, rel=ROUNDING)


@pytest.mark.parametrize("samples", [10**6, 10**12, 10**18])
def test_the_correction_is_one_for_many_samples_and_small_for_few(samples: int) -> None:
    # 1 + (1 − p)/(Np) + O((Np)^-2) for many; N p (1 + O(Np)) for few.
    mean = samples / 64
    assert count_correction(samples, 1 / 64) == pytest.approx(
        1 + 63 / 64 / mean, abs=10 / mean**2 + 1e-15
    )
    assert count_correction(samples, 1e-3 / samples) == pytest.approx(1e-3, rel=1e-3)


def test_the_correction_of_the_errata_table() -> None:
    """At N p = 1, 2, 4, 16, 64 for a patch of probability 1/64."""
    found = [count_correction(64 * mean, 1 / 64) for mean in (1, 2, 4, 16, 64)]
    assert np.round(found, 3).tolist() == [0.769, 1.153, 1.315, 1.071, 1.016]


@pytest.mark.parametrize(("samples", "probability"), [(0, 0.5), (10**19, 0.5), (3, 0.0), (3, 1.1)])
def test_impossible_counts_are_refused(samples: int, probability: float) -> None:
    with pytest.raises(InputError):
        count_correction(samples, probability)


def test_the_crossing_is_the_first_sample_size_at_which_noise_is_low_enough() -> None:
    for crossover, patches in ((96.0, 32), (998.4, 64), (40.0, 32)):
        found = crossing_samples(crossover, 1 / patches)
        assert found is not None
        for samples, above in ((found - 1, True), (found, False)):
            assert (samples < crossover * count_correction(samples, 1 / patches)) == above
    assert crossing_samples(32.0, 1 / 32) is None
    assert CROSSING(crossover=2.0, count_correction=1.5) == 3.0
