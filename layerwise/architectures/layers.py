"""Layers of networks, in C24's parametrisation and without biases.

Weights are standard normal; a hidden layer divides by √(fan-in) and the read-out by its width, so
that features move at a rate which does not depend on the width (mean-field, or maximal update,
where the step size is proportional to the width). Shapes: tokens (b, d, V) in, outputs (b, n) out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


def _normal(*shape: int, generator: torch.Generator) -> nn.Parameter:
    # Drawn on the host in double precision: the same start on every device, in every dtype.
    return nn.Parameter(torch.randn(*shape, generator=generator, dtype=torch.float64))


class Patches(nn.Module):
    """A layer on non-overlapping patches: (b, s p, C) to (b, p, H), with ReLU.

    One `weight` (s C, H) for all patches: a convolution whose filter size and stride are s; or one
    for every of `positions` patches (p, s C, H): locally connected.
    """

    def __init__(
        self,
        branching: int,
        channels: int,
        width: int,
        *,
        positions: int | None,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.branching = branching
        self.fan_in = branching * channels
        shape = (self.fan_in, width) if positions is None else (positions, self.fan_in, width)
        self.weight = _normal(*shape, generator=generator)

    def forward(self, tokens: Tensor) -> Tensor:
        """relu(patch · W/√(s C)) of every patch."""
        patches = tokens.reshape(len(tokens), -1, self.fan_in) / math.sqrt(self.fan_in)
        if self.weight.ndim == 2:
            return (patches @ self.weight).relu()
        return torch.bmm(patches.transpose(0, 1), self.weight).transpose(0, 1).relu()


class Dense(nn.Module):
    """A fully connected layer with ReLU: (b, ...) to (b, H), all that is in a row together."""

    def __init__(self, inputs: int, width: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = _normal(inputs, width, generator=generator)

    def forward(self, points: Tensor) -> Tensor:
        """relu(x W/√(fan-in))."""
        return (points.flatten(1) @ self.weight / math.sqrt(len(self.weight))).relu()


class Readout(nn.Module):
    """The linear head: (b, ...) to outputs (b, n), divided by the width."""

    def __init__(self, width: int, classes: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = _normal(width, classes, generator=generator)

    def forward(self, features: Tensor) -> Tensor:
        """Features · W/H."""
        return features.flatten(1) @ self.weight / len(self.weight)


def dense_network(
    inputs: int, widths: Sequence[int], outputs: int, *, generator: torch.Generator
) -> nn.Sequential:
    """Fully connected layers of these `widths`, and the head."""
    sizes = (inputs, *widths)
    layers = [Dense(before, after, generator=generator) for before, after in pairwise(sizes)]
    return nn.Sequential(*layers, Readout(sizes[-1], outputs, generator=generator))


def dense_parameters(inputs: int, widths: Sequence[int], outputs: int) -> int:
    """How many weights :func:`dense_network` has: Σ H_k H_(k+1)."""
    return sum(before * after for before, after in pairwise((inputs, *widths, outputs)))
