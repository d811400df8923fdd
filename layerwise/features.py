"""Patch embeddings: random Fourier features of the RBF kernel, and the kernel itself (M → ∞)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from theory.randomness import generator


def rbf_kernel(a: Tensor, b: Tensor, bandwidth: float) -> Tensor:
    """ψ_σ(a_i, b_j) = exp(−‖a_i − b_j‖²/(2σ²)) for a (r, d) and b (c, d); shape (r, c).

    The squared distance is expanded around the mean of `b`, so that its rounding error is that of
    the points' spread, not of their norm. Source: R26 eq. 6.
    """
    center = b.mean(dim=0)
    a, b = a - center, b - center
    exponent = a @ b.mT
    exponent.mul_(2).sub_(a.square().sum(1)[:, None]).sub_(b.square().sum(1)[None, :])
    return exponent.clamp_(max=0).div_(2 * bandwidth**2).exp_()


class RandomFourierFeatures(nn.Module):
    """Φ(h) = M^(−1/2) (cos ω_k·h, sin ω_k·h)_{k ≤ M} with ω_k ~ N(0, σ^(−2) I).

    ‖Φ(h)‖ = 1 and ⟨Φ(h), Φ(h')⟩ → ψ_σ(h, h') as M → ∞. The frequencies `omega` are (M, d); the
    output has 2M entries. Source: R26 eq. 6 (Rahimi and Recht 2007).
    """

    omega: Tensor

    def __init__(self, omega: Tensor, bandwidth: float) -> None:
        super().__init__()
        self.register_buffer("omega", omega)
        self.bandwidth = bandwidth

    @classmethod
    def draw(
        cls,
        features: int,
        dimension: int,
        bandwidth: float,
        *,
        seed: int,
        path: tuple[str | int, ...] = (),
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> RandomFourierFeatures:
        """Draw M = `features` frequencies in R^dimension from the named stream of `seed`.

        They are drawn in double precision on the host: the same on every device, and, up to
        rounding, in every dtype.
        """
        rng = generator(seed, "frequencies", *path)
        omega = rng.standard_normal((features, dimension)) / bandwidth
        return cls(torch.as_tensor(omega).to(device=device, dtype=dtype), bandwidth)

    def forward(self, points: Tensor) -> Tensor:
        """Φ of each point: (..., d) to (..., 2M)."""
        angles = points @ self.omega.mT
        return torch.cat((angles.cos(), angles.sin()), dim=-1) / math.sqrt(len(self.omega))
