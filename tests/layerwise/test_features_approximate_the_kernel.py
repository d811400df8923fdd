"""Random Fourier features have unit norm, and their inner product is unbiased for the kernel."""

import math

import numpy as np
import pytest
import torch

from layerproof.layerwise.features import RandomFourierFeatures, rbf_kernel

SIGMA = 0.7


def _points(rows: int = 6, dimension: int = 5) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (rows, dimension)))


def _naive_kernel(a: torch.Tensor, b: torch.Tensor, sigma: float) -> np.ndarray:
    return np.array(
        [[math.exp(-sum((x - y) ** 2 for x, y in zip(p, q, strict=True)) / (2 * sigma**2))
          for q in b.tolist()] for p in a.tolist()]
    )  # fmt: skip


def test_the_kernel_is_the_plain_formula() -> None:
    a, b = _points(6), _points(4) + 0.1
    # One exponent has a dozen roundings, each of at most eps times the largest squared norm, 20,
    # over 2σ² = 1: 1e-13 leaves a factor of 2.
    np.testing.assert_allclose(rbf_kernel(a, b, SIGMA), _naive_kernel(a, b, SIGMA), rtol=1e-13)


def test_close_points_far_from_the_origin_keep_their_distance() -> None:
    near = _points() * 1e-3 + 100.0
    exact = _naive_kernel(near, near, 1e-3)
    # The points themselves are rounded to 100 eps = 2e-14, which is 2e-11 of the bandwidth.
    np.testing.assert_allclose(rbf_kernel(near, near, 1e-3), exact, rtol=1e-9)


def test_features_have_unit_norm() -> None:
    features = RandomFourierFeatures.draw(50, 5, SIGMA, seed=0)
    norms = features(_points()).norm(dim=1)
    torch.testing.assert_close(norms, torch.ones_like(norms), rtol=1e-14, atol=0)


def _mean_and_error(sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """⟨Φ(a), Φ(b)⟩ for all pairs: the mean over 40,000 frequencies, and its standard error."""
    points = _points()
    angles = RandomFourierFeatures.draw(40_000, 5, sigma, seed=1).omega @ points.mT
    terms = (angles[:, :, None] - angles[:, None, :]).cos().numpy()
    return terms.mean(0), terms.std(0) / math.sqrt(len(terms))


def test_features_are_unbiased_for_the_kernel() -> None:
    mean, error = _mean_and_error(SIGMA)
    pair = np.triu_indices(6, 1)
    score = np.abs(mean - _naive_kernel(_points(), _points(), SIGMA))[pair] / error[pair]
    # 15 pairs, two-sided: 5 standard errors are passed with probability below 1e-5.
    assert score.max() < 5


def test_a_bandwidth_off_by_five_percent_is_noticed() -> None:
    mean, error = _mean_and_error(SIGMA * 1.05)
    pair = np.triu_indices(6, 1)
    score = np.abs(mean - _naive_kernel(_points(), _points(), SIGMA))[pair] / error[pair]
    assert score.max() > 5


def test_features_and_their_inner_products_agree_with_their_terms() -> None:
    features = RandomFourierFeatures.draw(300, 5, SIGMA, seed=2)
    x = features(_points())
    angles = features.omega @ _points().mT
    terms = (angles[:, :, None] - angles[:, None, :]).cos().mean(0)
    # 300 terms of size 1, averaged: far below 1e-14 · 300.
    torch.testing.assert_close(x @ x.mT, terms, rtol=0, atol=1e-13)


def test_frequencies_depend_on_seed_and_name_alone() -> None:
    torch.manual_seed(5)
    one = RandomFourierFeatures.draw(8, 3, SIGMA, seed=0, path=("stage", 1)).omega
    torch.rand(100)
    same = RandomFourierFeatures.draw(8, 3, SIGMA, seed=0, path=("stage", 1)).omega
    other = RandomFourierFeatures.draw(8, 3, SIGMA, seed=0, path=("stage", 2)).omega
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_dtype_is_the_one_asked_for(dtype: torch.dtype) -> None:
    features = RandomFourierFeatures.draw(8, 5, SIGMA, seed=0, dtype=dtype)
    assert features(_points().to(dtype)).dtype == dtype
