"""Signals that are a token elsewhere in the tree: their law is a product of transition matrices.

Where the token does not descend from the patch's parent, the signal meets every premise by the
Markov property of the tree. How much it separates depends on the way to it: up from the parent to
the last symbol above both, across to another child, and down.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.signals.base import Signal
from layerproof.theory.token_laws import Place, pair_law


@dataclass(frozen=True)
class PathSignal(Signal):
    """A token at a place that depends on the patch alone; a subclass says where."""

    @abstractmethod
    def place(self, grammar: Grammar, level: int, position: int) -> Place:
        """Level and position of the token that the level-`level` patch at `position` predicts."""

    def size(self, grammar: Grammar, level: int) -> int:
        """The number of symbols at the token's level."""
        return grammar.vocabularies[self.place(grammar, level, 0)[0]]

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """The token, (b,)."""
        found, place = self.place(grammar, level, position)
        return tree[found][:, place]

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        """P[parent of the patch = nu, token = k], (V_(level-1), size)."""
        return pair_law(grammar, (level - 1, position), self.place(grammar, level, position))


@dataclass(frozen=True)
class OutsideSignal(PathSignal):
    """A token below another child than the patch's: the label's own patch has none."""

    def unreachable(self, grammar: Grammar, level: int) -> str:
        """The label has no sibling, nor has a symbol whose patches have one token."""
        if level == 1:
            return "everything in the string descends from the label"
        return "" if grammar.branching > 1 else "a patch of one token has no other"


def beside(grammar: Grammar, position: int) -> int:
    """The position of the next token of the same patch; of the one before the last one's.

    >>> grammar = Grammar((1, 2, 2), [[[[0, 1]]], [[[0, 0]], [[1, 0]]]])
    >>> [beside(grammar, position) for position in range(4)]
    [1, 0, 3, 2]
    """
    last = position % grammar.branching == grammar.branching - 1
    return position - 1 if last else position + 1
