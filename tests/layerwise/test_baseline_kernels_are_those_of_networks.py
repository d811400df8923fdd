"""The closed-form kernels against the networks that they are the limit of."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad

from layerproof.layerwise.baselines.kernels import NTK, RBF, arc_cosine_one, arc_cosine_zero

POINTS = torch.tensor(
    [[1.0, -0.5, 2.0, 0.3], [0.2, 1.5, -1.0, 0.7], [-1.0, 0.5, -2.0, -0.3]], dtype=torch.float64
)
"""The third point is the negative of the first: the kernel's corner, cos = −1."""


@pytest.mark.parametrize("cosine", [-0.9, -0.3, 0.0, 0.4, 0.95])
def test_arc_cosine_kernels_are_gaussian_expectations(cosine: float) -> None:
    """2 E[1(u>0) 1(w>0)] and 2 E[relu(u) relu(w)], integrated over the positive quadrant."""
    det = 1 - cosine**2

    def density(w: float, u: float) -> float:
        return math.exp(-(u * u - 2 * cosine * u * w + w * w) / (2 * det)) / (
            2 * math.pi * math.sqrt(det)
        )

    # Beyond 9 the density is below exp(−40), the quadrature's own tolerance is 1.5e-8.
    zero = 2 * dblquad(density, 0, 9, 0, 9)[0]
    one = 2 * dblquad(lambda w, u: u * w * density(w, u), 0, 9, 0, 9)[0]
    where = torch.tensor(cosine, dtype=torch.float64)
    assert float(arc_cosine_zero(where)) == pytest.approx(zero, abs=1e-7)
    assert float(arc_cosine_one(where)) == pytest.approx(one, abs=1e-7)


def empirical_ntk(hidden: int, width: int, seed: int) -> np.ndarray:
    """∇f(x_i)·∇f(x_j) of one network in the parametrisation of the docstring, by autograd."""
    draw = torch.Generator().manual_seed(seed)
    sizes = [POINTS.shape[1], *[width] * hidden, 1]
    weights = [
        torch.randn(a, b, generator=draw, dtype=torch.float64).requires_grad_()
        for a, b in pairwise(sizes)
    ]
    signal = POINTS @ weights[0] / math.sqrt(sizes[0])
    for weight in weights[1:]:
        signal = math.sqrt(2.0) * signal.relu() @ weight / math.sqrt(width)
    rows = [
        torch.cat([g.flatten() for g in torch.autograd.grad(out, weights, retain_graph=True)])
        for out in signal[:, 0]
    ]
    jacobian = torch.stack(rows)
    return (jacobian @ jacobian.mT).numpy()


@pytest.mark.parametrize(("hidden", "width", "nets"), [(1, 2000, 60), (2, 400, 60)])
def test_the_ntk_is_the_mean_over_wide_networks(hidden: int, width: int, nets: int) -> None:
    found = np.stack([empirical_ntk(hidden, width, seed) for seed in range(nets)])
    exact = NTK(hidden)(POINTS, POINTS).numpy()
    error = found.std(axis=0, ddof=1) / math.sqrt(nets)
    # One hidden layer: a mean over independent units, unbiased. Two: the bias is of order 1/width
    # of the kernel, 0.25 %, beside a standard error of about 1 %. Six entries at 5 standard errors
    # (t with 59 degrees of freedom) err with probability below 1e-4.
    assert (np.abs(found.mean(axis=0) - exact) < 5 * error + exact.max() / width).all()
    # The bound is not empty: the error allowed is below a tenth of the kernel's scale, and the
    # kernel of another depth is far outside.
    assert (5 * error < 0.1 * exact.max()).all()
    other = NTK(hidden + 1)(POINTS, POINTS).numpy()
    assert (np.abs(found.mean(axis=0) - other) > 5 * error + exact.max() / width).any()


@pytest.mark.parametrize("kernel", [NTK(1), NTK(3), RBF(0.3)])
def test_kernels_are_symmetric_and_positive(kernel) -> None:
    points = torch.randn(40, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    gram = kernel(points, points)
    # Products in another order: rounding of a few times 2^-52 times the largest entry; near the
    # diagonal arccos turns it into its square root.
    assert torch.allclose(gram, gram.mT, atol=1e-6 * float(gram.max()), rtol=0)
    assert float(torch.linalg.eigvalsh((gram + gram.mT) / 2).min()) > 0


def test_the_rbf_is_in_units_of_the_inputs_spread() -> None:
    points = torch.tensor([[0.0, 0.0], [2.0, 0.0]], dtype=torch.float64)
    # ‖a − b‖² = 4, σ² = 0.5 · 2 · 2 = 2: exp(−1); one rounding of exp.
    assert float(RBF(0.5)(points, points)[0, 1]) == pytest.approx(math.exp(-1.0), rel=1e-14)
