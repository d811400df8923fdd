"""The symbol beside the patch's parent: no learner sees it, and none could ask for more."""

from __future__ import annotations

from dataclasses import dataclass

from layerproof.theory.signals.base import TreeShape
from layerproof.theory.signals.path import OutsideSignal, beside
from layerproof.theory.token_laws import Place


@dataclass(frozen=True)
class Sibling(OutsideSignal):
    """The level-(l-1) symbol beside the parent of the patch, an oracle.

    One step across: the crossover is V m^2/(1 - f) at every level (`derived.path-law`).
    """

    name = "sibling"
    help = "the symbol beside the patch's parent (an oracle)"

    def place(self, shape: TreeShape, level: int, position: int) -> Place:
        """Beside the parent, one level up."""
        return level - 1, beside(shape, position)


SIGNALS = (Sibling(),)
