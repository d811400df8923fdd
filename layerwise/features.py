"""Patch embeddings: random Fourier features of the RBF kernel, and the kernel itself (M → ∞)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from layerproof.theory.randomness import generator


def rbf_kernel(a: Tensor, b: Tensor, bandwidth: float) -> Tensor:
    """ψ_σ(a_i, b_j) = exp(−‖a_i − b_j‖²/(2σ²)) for a (r, d) and b (c, d); shape (r, c).

    The squared distance is expanded around the mean of `b`, so that its rounding error is that of
    the points' spread, not of their norm. Values below the root of the dtype's least normal number
    become 0. Source: R26 eq. 6.
    """
    center = b.mean(dim=0)
    a, b = ((points - center) / bandwidth for points in (a, b))
    half_a, half_b = (points.square().sum(dim=1, keepdim=True) / -2 for points in (a, b))
    # The half norms are two more columns of the product: no pass over (r, c) for each of them.
    left = torch.cat((a, half_a, torch.ones_like(half_a)), dim=1)
    right = torch.cat((b, torch.ones_like(half_b), half_b), dim=1)
    least = math.log(torch.finfo(a.dtype).tiny) / 2
    kernel = (left @ right.mT).clamp_(min=least, max=0).exp_()
    # Numbers that are not normal make exp, and what follows, 20 times slower on processors.
    inplace = not kernel.requires_grad
    return nn.functional.threshold(kernel, math.exp(least + 1), 0.0, inplace=inplace)


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
