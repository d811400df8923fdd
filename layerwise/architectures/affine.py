"""Layers of generators, with biases and in the usual parametrisation, drawn from a generator."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn


class Affine(nn.Module):
    """x W + b on the last axis; W (inputs, outputs) normal with variance gain²/inputs, b = 0."""

    def __init__(
        self, inputs: int, outputs: int, *, gain: float = 1.0, generator: torch.Generator
    ) -> None:
        super().__init__()
        drawn = torch.randn(inputs, outputs, generator=generator, dtype=torch.float64)
        self.weight = nn.Parameter(drawn / math.sqrt(inputs) * gain)
        self.bias = nn.Parameter(torch.zeros(outputs, dtype=torch.float64))

    def forward(self, points: Tensor) -> Tensor:
        """(…, inputs) to (…, outputs)."""
        return points @ self.weight + self.bias

    @staticmethod
    def count(inputs: int, outputs: int) -> int:
        """How many weights there are."""
        return (inputs + 1) * outputs


class NormedGELU(nn.Module):
    """LayerNorm over the channels, then GELU: (…, width) to the same shape."""

    per_channel: ClassVar[int] = 2
    """Weights of a channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, dtype=torch.float64)

    def forward(self, points: Tensor) -> Tensor:
        """gelu(norm(x))."""
        return nn.functional.gelu(self.norm(points))


def centred(evidence: Tensor) -> Tensor:
    """Evidence (b, d, V) as a law of each leaf, centred: 0 where nothing is seen, of variance 1
    where a token is, so that a factor of the evidence of a leaf does not matter.
    """
    symbols = evidence.shape[-1]
    law = evidence / evidence.sum(-1, keepdim=True)
    return (law - 1.0 / symbols) * (symbols / math.sqrt(max(1, symbols - 1)))
