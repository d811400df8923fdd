"""A U-Net that follows the tree, as Sclocchi, Favero and Wyart's code has it for these grammars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from layerproof.layerwise.architectures.affine import Affine, NormedGELU, centred
from layerproof.layerwise.architectures.base import InputSizes
from layerproof.layerwise.architectures.bodies import DenoiserBody


class UNetLayers(nn.Module):
    """L convolutions of filter size and stride s up, L transposed ones down, with skips.

    Every layer has H channels. A layer down takes what came from above with what the layer up gave
    at the same nodes, and makes s nodes of each; the read-out takes the embedded leaves beside.
    """

    def __init__(self, sizes: InputSizes, width: int, generator: torch.Generator) -> None:
        super().__init__()
        levels, patch = sizes.levels, sizes.branching * width

        def affine(inputs: int, outputs: int) -> Affine:
            return Affine(inputs, outputs, generator=generator)

        self.branching, self.width = sizes.branching, width
        self.embedding = affine(sizes.vocabulary, width)
        self.up = nn.ModuleList(affine(patch, width) for _ in range(levels))
        self.down = nn.ModuleList(
            affine(width if k == 0 else 2 * width, patch) for k in range(levels)
        )
        self.up_norm = nn.ModuleList(NormedGELU(width) for _ in range(levels))
        self.down_norm = nn.ModuleList(NormedGELU(width) for _ in range(levels))
        self.readout = affine(2 * width, sizes.vocabulary)

    def forward(self, evidence: Tensor) -> Tensor:
        """Leaf evidence (b, s^L, V) to logits (b, s^L, V)."""
        skips = [self.embedding(centred(evidence))]
        for layer, norm in zip(self.up, self.up_norm, strict=True):
            skips.append(norm(layer(skips[-1].unflatten(1, (-1, self.branching)).flatten(2))))
        found = skips.pop()
        for layer, norm in zip(self.down, self.down_norm, strict=True):
            found = norm(layer(found).unflatten(2, (self.branching, self.width)).flatten(1, 2))
            found = torch.cat([found, skips.pop()], -1)
        logits: Tensor = self.readout(found)
        return logits


@dataclass(frozen=True)
class UNet(DenoiserBody):
    """The U-Net of constant width."""

    name: ClassVar[str] = "u-net"
    help: ClassVar[str] = "L convolutions on patches of s up, L down, with skips"

    def build(self, sizes: InputSizes, generator: torch.Generator) -> UNetLayers:
        """2 L layers, an embedding and a read-out."""
        return UNetLayers(sizes, self.width, generator)

    def parameter_count(self, sizes: InputSizes) -> int:
        """V H + L (s H²) + (2 L − 1)(s H²) + 2 H V of matrices, biases, and 4 L H of norms."""
        width, patch, levels = self.width, sizes.branching * self.width, sizes.levels
        up = levels * Affine.count(patch, width)
        down = Affine.count(width, patch) + (levels - 1) * Affine.count(2 * width, patch)
        ends = Affine.count(sizes.vocabulary, width) + Affine.count(2 * width, sizes.vocabulary)
        return up + down + ends + 2 * levels * width * NormedGELU.per_channel


BODIES = (UNet(),)
