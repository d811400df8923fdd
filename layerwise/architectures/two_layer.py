"""The shallow network: one hidden layer that sees the whole string."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from layerproof.layerwise.architectures.base import Architecture, InputSizes
from layerproof.layerwise.architectures.layers import dense_network, dense_parameters


@dataclass(frozen=True)
class TwoLayer(Architecture):
    """One hidden layer of `width` units and a linear head. Source: C24 Sec. II."""

    name: ClassVar[str] = "two-layer"
    help: ClassVar[str] = "one fully connected hidden layer"

    def build(self, sizes: InputSizes, generator: torch.Generator) -> nn.Sequential:
        """Weights (s^L V, H) and (H, n)."""
        inputs = sizes.length * sizes.vocabulary
        return dense_network(inputs, [self.width], sizes.outputs, generator=generator)

    def parameter_count(self, sizes: InputSizes) -> int:
        """H (s^L V + n)."""
        return dense_parameters(sizes.length * sizes.vocabulary, [self.width], sizes.outputs)


ARCHITECTURES = (TwoLayer(),)
