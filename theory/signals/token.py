"""Leaves of the string outside the patch: masked and next tokens."""

from __future__ import annotations

from dataclasses import dataclass

from layerproof.theory.signals.base import TreeShape
from layerproof.theory.signals.path import OutsideSignal, beside
from layerproof.theory.token_laws import Place


@dataclass(frozen=True)
class Token(OutsideSignal):
    """The nearest leaf that does not descend from the parent: a masked token, or the next one.

    One step across and L - l + 1 down: the crossover is V m^(L-l+3)/(1 - f), so the leaf level is
    learned first (`derived.path-law`).
    """

    name = "token"
    help = "the nearest leaf outside, a masked or the next token"

    def place(self, shape: TreeShape, level: int, position: int) -> Place:
        """The leaf next to the patch's, below the neighbour of its parent."""
        other = beside(shape, position)
        width = shape.branching ** (shape.levels - level + 1)
        return shape.levels, other * width if other > position else (other + 1) * width - 1


@dataclass(frozen=True)
class FarToken(OutsideSignal):
    """The first leaf below another child of the label: up to the label, across, down to a leaf.

    The crossover is V m^(L+l-1)/(1 - f) (`derived.path-law`).
    """

    name = "far-token"
    help = "a leaf below another child of the label"

    def place(self, shape: TreeShape, level: int, position: int) -> Place:
        """The first leaf below the neighbour of the level-1 symbol above the patch."""
        above = position // shape.branching ** max(0, level - 2)
        return shape.levels, beside(shape, above) * shape.branching ** (shape.levels - 1)

    def ways(self, shape: TreeShape, level: int) -> int | None:
        """One for every position: up to the label by another child at some level."""
        return None if self.unreachable(shape, level) else int(shape.branching ** (level - 1))


SIGNALS = (Token(), FarToken())
