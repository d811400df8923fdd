"""What a denoiser's body is: a network from what is seen of every leaf to its clean token."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from layerproof.layerwise.architectures.base import InputSizes
from layerproof.theory import groups
from layerproof.theory.errors import whole_number
from layerproof.theory.plugins import Kind


@dataclass(frozen=True)
class DenoiserBody(ABC):
    """A network with all its settings that guesses the clean tokens of noisy strings.

    It is given the leaf evidence (b, s^L, V), the likelihood of each symbol at each leaf up to a
    factor of the leaf (all ones where nothing is seen), and gives logits (b, s^L, V) of the clean
    tokens. It is not told the noise, which the evidence says. `width` is the number of channels.
    Weights are drawn from the generator, in double precision and on the host. Of `sizes` the
    `outputs` are not used.

    >>> from layerproof.layerwise.architectures import BODIES, InputSizes
    >>> sizes = InputSizes(vocabulary=4, branching=2, levels=3, outputs=4)
    >>> body = BODIES["u-net"].build(sizes, torch.Generator().manual_seed(0))
    >>> body(torch.ones(10, sizes.length, sizes.vocabulary, dtype=torch.float64)).shape
    torch.Size([10, 8, 4])
    """

    name: ClassVar[str]
    """What it is called on the command line, in suites and in files."""
    help: ClassVar[str]
    """What it is, in one line."""
    width: int = 64

    def __post_init__(self) -> None:
        whole_number("width", self.width, minimum=1, maximum=2**20)

    @abstractmethod
    def build(self, sizes: InputSizes, generator: torch.Generator) -> nn.Module:
        """The network at its start: evidence (b, s^L, V) to logits (b, s^L, V)."""

    @abstractmethod
    def parameter_count(self, sizes: InputSizes) -> int:
        """How many weights :meth:`build` gives, by a formula."""


BODY_KIND: Kind[DenoiserBody] = Kind(
    groups.BODIES, "BODIES", DenoiserBody, key=lambda found: found.name
)
"""Bodies of denoisers, by their name."""
