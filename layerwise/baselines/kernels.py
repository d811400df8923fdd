"""Kernels of shallow and of lazily trained networks, in closed form.

The neural tangent kernel (NTK) of a fully connected ReLU network without biases, of h hidden layers
of infinite width: a_1 = W_1 x/√d, a_{k+1} = √2 W_{k+1} relu(a_k)/√H, f = √2 v·relu(a_h)/√H, every
weight standard normal at initialisation and every layer trained. Sources: Jacot, Gabriel, Hongler
(NeurIPS 2018); Cho and Saul (NeurIPS 2009) for the two expectations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from layerproof.layerwise.features import rbf_kernel
from layerproof.theory.errors import InputError, whole_number


class Kernel(Protocol):
    """A positive semidefinite kernel of two sets of points."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        """k(a_i, b_j) for a (r, d) and b (c, d): (r, c)."""


@dataclass(frozen=True)
class RBF:
    """exp(−‖a − b‖²/(2σ²)) with σ² = `spread` · 2d, for inputs whose d entries have variance 1.

    2d is the mean squared distance of two independent inputs, so `spread` is σ² in its units.
    """

    spread: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.spread < math.inf:
            raise InputError("spread", self.spread, "a positive number")

    @property
    def name(self) -> str:
        """What tables call it."""
        return "RBF"

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        """The kernel: (r, d), (c, d) to (r, c)."""
        return rbf_kernel(a, b, math.sqrt(2.0 * self.spread * a.shape[1]))


@dataclass(frozen=True)
class NTK:
    """The NTK of a fully connected ReLU network with `hidden` hidden layers of infinite width."""

    hidden: int = 1

    def __post_init__(self) -> None:
        whole_number("hidden layers", self.hidden, minimum=1)

    @property
    def name(self) -> str:
        """What tables call it."""
        return "NTK"

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        """Θ = Σ_h: (r, d), (c, d) to (r, c).

        Σ_0 = Θ_0 = a·b/d; Σ_k = |a||b| κ_1(cos), Θ_k = Σ_k + Θ_{k−1} κ_0(cos), with the norms and
        the angle of Σ_{k−1}. The factor √2 keeps the norms the same in every layer.
        """
        norm_a, norm_b = (_norms(points) for points in (a, b))
        norms = norm_a[:, None] * norm_b[None, :]
        covariance = a @ b.mT / a.shape[1]
        tangent = covariance
        for _ in range(self.hidden):
            cosine = (covariance / norms).clamp_(-1.0, 1.0)
            covariance = norms * arc_cosine_one(cosine)
            tangent = covariance + tangent * arc_cosine_zero(cosine)
        return tangent


def arc_cosine_zero(cosine: Tensor) -> Tensor:
    """κ_0 = 2 E[1(u > 0) 1(w > 0)] of standard normal u, w with this correlation: 1 − θ/π."""
    return 1.0 - cosine.arccos() / math.pi


def arc_cosine_one(cosine: Tensor) -> Tensor:
    """κ_1 = 2 E[relu(u) relu(w)] of standard normal u, w: (sin θ + (π − θ) cos θ)/π."""
    angle = cosine.arccos()
    return (angle.sin() + (math.pi - angle) * cosine) / math.pi


def _norms(points: Tensor) -> Tensor:
    norms = points.square().mean(dim=1).sqrt()
    return torch.where(norms > 0, norms, torch.ones_like(norms))
