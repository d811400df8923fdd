"""What a stage is trained to predict: a value per string, with an exact law given the patch.

The label is the first signal. Nothing else in this package assumes that the signal is the label:
everything goes through :class:`Signal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law

Tree = tuple[Tensor, ...]
"""The derivations of b strings: entry l holds their level-l tokens, (b, s^l); 0 is the label."""


class Signal(Protocol):
    """A quantity with finitely many values that a stage predicts from the first patch.

    It must be independent of what stands below the first level-l patch, given that patch: the
    routes "subtrees" and "counts" draw the two apart, and condition (ii) of R26's informal
    principle (a clean signal) asks for it.
    """

    @property
    def name(self) -> str:
        """How results and model files call it."""

    def size(self, grammar: Grammar) -> int:
        """The number of its values, and so the dimension of the embeddings trained on it."""

    def joint(self, grammar: Grammar, level: int) -> NDArray[np.float64]:
        """P[first level-l patch = μ, signal = k], (|P_l|, size), in the order of the patches."""

    def value(self, tree: Tree) -> Tensor:
        """Its value on each string, (b,), as integers."""


@dataclass(frozen=True)
class Label:
    """The label of the string, the root of its derivation."""

    name: str = "label"

    def size(self, grammar: Grammar) -> int:
        """The number of classes n = V_0."""
        return grammar.classes

    def joint(self, grammar: Grammar, level: int) -> NDArray[np.float64]:
        """P[first level-l patch = μ, label], (|P_l|, n)."""
        return patch_law(grammar, level).joint

    def value(self, tree: Tree) -> Tensor:
        """The label of each string, (b,)."""
        return tree[0][:, 0]


def needs_only_label(signal: Signal) -> bool:
    """Whether a tree of the label alone, ``(labels[:, None],)``, is enough for `signal.value`."""
    return isinstance(signal, Label)


SIGNALS: dict[str, Signal] = {"label": Label()}
"""Every signal that a model file can name."""
