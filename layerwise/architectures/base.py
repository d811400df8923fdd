"""What an architecture is: a network for any sizes, drawn from a generator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from layerproof.theory import groups
from layerproof.theory.errors import whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.plugins import Kind


@dataclass(frozen=True)
class InputSizes:
    """All that a network may know of a grammar: V tokens, patches of s, L levels, its outputs."""

    vocabulary: int
    branching: int
    levels: int
    outputs: int

    @classmethod
    def of(cls, grammar: Grammar, outputs: int | None = None) -> InputSizes:
        """The sizes of a grammar; as many `outputs` as classes by default."""
        own = grammar.classes if outputs is None else outputs
        return cls(grammar.vocabularies[-1], grammar.branching, grammar.levels, own)

    @property
    def length(self) -> int:
        """The number of leaves, s^L."""
        return int(self.branching**self.levels)


@dataclass(frozen=True)
class Architecture(ABC):
    """A network with all its settings, the same for every grammar.

    `width` is the number of channels of a hidden layer; the step of gradient descent is in its
    units. More settings are fields of a subclass. The weights are in double precision and on the
    host as they are drawn, so that a start is the same on every device.

    >>> from layerproof.layerwise.architectures import ARCHITECTURES, InputSizes
    >>> sizes = InputSizes(vocabulary=4, branching=2, levels=3, outputs=5)
    >>> network = ARCHITECTURES["convolutional"].build(sizes, torch.Generator().manual_seed(0))
    >>> tokens = torch.zeros(10, sizes.length, sizes.vocabulary, dtype=torch.float64)
    >>> network(tokens).shape
    torch.Size([10, 5])
    """

    name: ClassVar[str]
    """How suites, tables and figures call it."""
    help: ClassVar[str]
    """What it is, in one line."""
    width: int = 128

    def __post_init__(self) -> None:
        whole_number("width", self.width, minimum=1)

    @abstractmethod
    def build(self, sizes: InputSizes, generator: torch.Generator) -> nn.Module:
        """The network at its start: whitened tokens (b, s^L, V) to outputs (b, outputs)."""

    @abstractmethod
    def parameter_count(self, sizes: InputSizes) -> int:
        """How many weights :meth:`build` draws, by a formula."""


ARCHITECTURE_KIND: Kind[Architecture] = Kind(
    groups.ARCHITECTURES, "ARCHITECTURES", Architecture, key=lambda found: found.name
)
"""Architectures, by their name."""
