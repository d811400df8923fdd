"""A network that follows the tree without sharing weights between positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from layerproof.layerwise.architectures.base import Architecture, InputSizes
from layerproof.layerwise.architectures.layers import Patches, Readout


@dataclass(frozen=True)
class LocallyConnected(Architecture):
    """The convolutional network, with a filter of its own for every patch of a level."""

    name: ClassVar[str] = "locally connected"
    help: ClassVar[str] = "L layers on patches of s, every position with weights of its own"

    def build(self, sizes: InputSizes, generator: torch.Generator) -> nn.Sequential:
        """A filter for each of the s^(l−1) patches of level l, from the leaves (l = L) up."""
        layers = [
            Patches(sizes.branching, channels, self.width, positions=patches, generator=generator)
            for channels, patches in self._layers(sizes)
        ]
        return nn.Sequential(*layers, Readout(self.width, sizes.outputs, generator=generator))

    def parameter_count(self, sizes: InputSizes) -> int:
        """H (Σ_l s^l C_l + n), with C_L = V channels and C_l = H above."""
        filters = sum(patches * channels for channels, patches in self._layers(sizes))
        return self.width * (sizes.branching * filters + sizes.outputs)

    def _layers(self, sizes: InputSizes) -> list[tuple[int, int]]:
        """Channels and patches of each layer, from the leaves up."""
        channels = [sizes.vocabulary, *[self.width] * (sizes.levels - 1)]
        patches = [sizes.branching**level for level in reversed(range(sizes.levels))]
        return list(zip(channels, patches, strict=True))


ARCHITECTURES = (LocallyConnected(),)
