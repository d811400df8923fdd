"""What the stage itself is to learn of its neighbour: the target of latent prediction."""

from __future__ import annotations

from dataclasses import dataclass

from layerproof.theory.signals.base import TreeShape
from layerproof.theory.signals.path import OutsideSignal, beside
from layerproof.theory.token_laws import Place


@dataclass(frozen=True)
class OwnLatent(OutsideSignal):
    """The first level-l token of the patch beside this one: known once stage l + 1 is learned.

    Iterative latent clustering, data2vec and joint-embedding prediction have such targets. One step
    across and one down: the crossover is V m^3/(1 - f) at every level (`derived.path-law`).
    """

    name = "own-latent"
    help = "the first token of the patch beside this one, as the stage below knows it"

    def place(self, shape: TreeShape, level: int, position: int) -> Place:
        """The first token of the patch of the parent's neighbour, on the patch's own level."""
        return level, beside(shape, position) * shape.branching


SIGNALS = (OwnLatent(),)
