"""A deep network that does not know the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from layerproof.layerwise.architectures.base import Architecture, InputSizes
from layerproof.layerwise.architectures.layers import dense_network, dense_parameters
from layerproof.theory.errors import whole_number


@dataclass(frozen=True)
class FullyConnected(Architecture):
    """As many hidden layers as the grammar has levels, unless `depth` is given, and a head."""

    name: ClassVar[str] = "fully connected"
    help: ClassVar[str] = "L fully connected hidden layers"
    depth: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.depth is not None:
            whole_number("depth", self.depth, minimum=1)

    def build(self, sizes: InputSizes, generator: torch.Generator) -> nn.Sequential:
        """Weights (s^L V, H), then (H, H)."""
        return dense_network(*self._widths(sizes), sizes.outputs, generator=generator)

    def parameter_count(self, sizes: InputSizes) -> int:
        """H (s^L V + (depth − 1) H + n)."""
        return dense_parameters(*self._widths(sizes), sizes.outputs)

    def _widths(self, sizes: InputSizes) -> tuple[int, list[int]]:
        return sizes.length * sizes.vocabulary, [self.width] * (self.depth or sizes.levels)


ARCHITECTURES = (FullyConnected(),)
