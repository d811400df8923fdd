"""Noise inflated by noisy tokens: its limits, and its closed form for equal similarities."""

import math
from dataclasses import replace

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.inflation import _estimates, block_inflation, noise_inflation
from layerproof.theory.population import patch_law
from layerproof.theory.schedule import Schedule, practical

m, s = 4, 2


def _between_variants(similarity: float) -> np.ndarray:
    """The kernel between a token's own variants, (m, m)."""
    return np.full((m, m), similarity) + (1 - similarity) * np.eye(m)


def _inflation(similarity: float, probability: float, ridge: float) -> float:
    modes = np.linalg.eigh(_between_variants(similarity)[None])
    (found,) = block_inflation([modes] * s, probability, ridge)
    return float(found)


@pytest.mark.parametrize("similarity", [0.1, 0.458, 0.9])
def test_equal_similarities_have_the_modes_of_a_product(similarity: float) -> None:
    """K = G ⊗ G has the eigenvalues (1 + (m−1)w)^(s−j) (1 − w)^j, C(s, j)(m−1)^j times; each mode
    is damped to g = κ/(κ + k) where λ = p, and I = Σ multiplicity · (g/g_0)².
    """
    w, k = similarity, m**s
    modes = [(1 + (m - 1) * w) ** (s - j) * (1 - w) ** j for j in range(s + 1)]
    gains = [mode / (mode + k) for mode in modes]
    times = [math.comb(s, j) * (m - 1) ** j for j in range(s + 1)]
    expected = sum(t * (g / gains[0]) ** 2 for t, g in zip(times, gains, strict=True))
    # A solve of condition below 20 in float64.
    assert _inflation(w, 0.02, 0.02) == pytest.approx(expected, rel=1e-12)


def test_variants_that_look_alike_are_pooled_and_others_are_not() -> None:
    assert _inflation(1.0, 0.02, 0.02) == pytest.approx(1.0, rel=1e-12)
    assert _inflation(0.0, 0.02, 0.02) == pytest.approx(m**s, rel=1e-12)


def test_it_is_the_noise_of_a_simulated_ridge() -> None:
    """Kernel ridge on one patch's variants, 20 000 draws of their empirical laws' noise.

    The variance of a normal variable from 20 000 · 16 values with correlation inside a draw: its
    relative error is below sqrt(2/20000) = 0.01.
    """
    one, k, p, ridge = _between_variants(0.4), m**s, 0.03, 0.01
    kernel = np.kron(one, one)
    noise = np.random.default_rng(1).standard_normal((20_000, k)) * math.sqrt(k)
    scores = kernel @ np.linalg.inv(p / k * kernel + ridge * np.eye(k)) * p / k
    output = noise @ (scores / scores.sum(axis=1, keepdims=True)).T
    assert _inflation(0.4, p, ridge) == pytest.approx(float(output.var()), rel=0.04)


def test_several_patches_with_unequal_factors_are_as_one_by_one_without_the_product() -> None:
    rng = np.random.default_rng(0)
    points = [rng.standard_normal((3, k, 2)) for k in (2, 3, 4)]
    factors = [np.exp(-((x[:, :, None] - x[:, None]) ** 2).sum(axis=-1)) for x in points]
    probability, ridge, k = np.array([0.1, 0.02, 0.3]), 0.01, 24
    expected = []
    for patch, p in enumerate(probability):
        whole = np.kron(np.kron(factors[0][patch], factors[1][patch]), factors[2][patch])
        smooth = np.linalg.solve(whole + ridge * k / p * np.eye(k), whole).T
        expected.append((k * (smooth**2).sum(axis=1) / smooth.sum(axis=1) ** 2).mean())
    # Both invert a matrix of condition below 1 + k p/(ridge k), 31.
    found = block_inflation([np.linalg.eigh(factor) for factor in factors], probability, ridge)
    assert found == pytest.approx(expected, rel=1e-12)


def _wide(schedule: Schedule, factor: float) -> Schedule:
    stages = (replace(stage, bandwidth=stage.bandwidth * factor) for stage in schedule.stages)
    return Schedule("wide", tuple(stages))


def test_the_leaves_have_none_and_a_wider_kernel_has_less() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=0)
    schedule = practical(grammar, multiple=8.0)
    assert noise_inflation(grammar, schedule, seed=0)[3] == 1.0
    found = [
        noise_inflation(grammar, _wide(schedule, factor), seed=0)[2] for factor in (1e-3, 1, 1e3)
    ]
    assert found[0] == pytest.approx(16.0, rel=0.05)  # a few variants have equal estimates
    assert 1.1 < found[1] < 3.0
    assert found[2] == pytest.approx(1.0, abs=1e-5)


def test_estimates_scatter_with_the_root_of_the_inflation() -> None:
    """Noise is a variance: I = 4 doubles every deviation of one and the same draw."""
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=0)
    law = patch_law(grammar, 3)
    once, twice = (_estimates(law, 500, I, np.random.default_rng(0)) for I in (1.0, 4.0))
    for token, estimates in once.items():
        q = law.posterior[(law.parent == token) & law.can_come_first]
        # Probabilities below 1: a few roundings.
        np.testing.assert_allclose(twice[token] - q, 2 * (estimates - q), rtol=0, atol=1e-15)
        assert np.abs(estimates - q).max() > 1e-3
