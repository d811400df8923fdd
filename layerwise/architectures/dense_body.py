"""A denoiser's body that does not know the tree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from layerproof.layerwise.architectures.affine import Affine, NormedGELU, centred
from layerproof.layerwise.architectures.base import InputSizes
from layerproof.layerwise.architectures.bodies import DenoiserBody


class DenseLayers(nn.Module):
    """Fully connected layers between whole strings: evidence (b, d, V) to logits (b, d, V)."""

    def __init__(self, sizes: InputSizes, width: int, generator: torch.Generator) -> None:
        super().__init__()
        ends = sizes.length * sizes.vocabulary
        widths = [ends, *[width] * sizes.levels]
        self.layers = nn.ModuleList(
            nn.Sequential(Affine(before, after, generator=generator), NormedGELU(after))
            for before, after in pairwise(widths)
        )
        self.readout = Affine(width, ends, generator=generator)

    def forward(self, evidence: Tensor) -> Tensor:
        """Leaf evidence to logits, all leaves together."""
        found = centred(evidence).flatten(1)
        for layer in self.layers:
            found = layer(found)
        logits: Tensor = self.readout(found)
        return logits.reshape(evidence.shape)


@dataclass(frozen=True)
class DenseBody(DenoiserBody):
    """As many hidden layers as the grammar has levels."""

    name: ClassVar[str] = "fully-connected"
    help: ClassVar[str] = "L fully connected layers"
    width: int = 256

    def build(self, sizes: InputSizes, generator: torch.Generator) -> DenseLayers:
        """Weights (s^L V, H), then (H, H), then (H, s^L V)."""
        return DenseLayers(sizes, self.width, generator)

    def parameter_count(self, sizes: InputSizes) -> int:
        """2 s^L V H + (L − 1) H² of matrices, biases, and 2 L H of norms."""
        ends, width = sizes.length * sizes.vocabulary, self.width
        inner = (sizes.levels - 1) * Affine.count(width, width)
        norms = sizes.levels * width * NormedGELU.per_channel
        return Affine.count(ends, width) + inner + Affine.count(width, ends) + norms


BODIES = (DenseBody(),)
