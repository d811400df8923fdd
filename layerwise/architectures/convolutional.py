"""A convolutional network that follows the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from layerproof.layerwise.architectures.base import Architecture, InputSizes
from layerproof.layerwise.architectures.layers import Patches, Readout


@dataclass(frozen=True)
class Convolutional(Architecture):
    """L layers of filter size and stride s, the last of which sees one patch, and a linear head.

    C24's deep learner. Source: C24 Sec. II.
    """

    name: ClassVar[str] = "convolutional"
    help: ClassVar[str] = "L convolutions of filter size and stride s"

    def build(self, sizes: InputSizes, generator: torch.Generator) -> nn.Sequential:
        """One filter a layer: (s V, H), then (s H, H)."""
        channels = [sizes.vocabulary, *[self.width] * (sizes.levels - 1)]
        layers = [
            Patches(sizes.branching, before, self.width, positions=None, generator=generator)
            for before in channels
        ]
        return nn.Sequential(*layers, Readout(self.width, sizes.outputs, generator=generator))

    def parameter_count(self, sizes: InputSizes) -> int:
        """H (s V + (L − 1) s H + n)."""
        channels = sizes.vocabulary + (sizes.levels - 1) * self.width
        return self.width * (sizes.branching * channels + sizes.outputs)


ARCHITECTURES = (Convolutional(),)
