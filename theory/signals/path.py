"""Signals that are a token elsewhere in the tree: their law is a product of transition matrices.

Where the token does not descend from the patch's parent, the signal meets every premise by the
Markov property of the tree. How much it separates depends on the way to it: up from the parent to
the last symbol above both, across to another child, and down.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.signals.base import Signal, TreeShape
from layerproof.theory.token_laws import Place, pair_law

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble


@dataclass(frozen=True)
class PathSignal(Signal):
    """A token at a place that depends on the patch alone; a subclass says where."""

    @abstractmethod
    def place(self, shape: TreeShape, level: int, position: int) -> Place:
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

    def unreachable(self, grammar: TreeShape, level: int) -> str:
        """The label has no sibling, nor has a symbol whose patches have one token."""
        if level == 1:
            return "everything in the string descends from the label"
        return "" if grammar.branching > 1 else "a patch of one token has no other"

    def ways(self, shape: TreeShape, level: int) -> int | None:
        """One for every child that the parent may be, where the token is below its neighbour."""
        return None if self.unreachable(shape, level) else shape.branching

    def way(self, shape: TreeShape, level: int) -> Way | None:
        """The way to the token from the parent of the first level-`level` patch.

        None where it goes down by other children than first ones, or where nothing is taught.
        """
        if self.unreachable(shape, level):
            return None
        found, position = self.place(shape, level, 0)
        children = [position // shape.branching**power % shape.branching for power in range(found)]
        across = next((k for k, child in enumerate(reversed(children)) if child), None)
        if across is None or across > level - 2 or sum(child > 0 for child in children) > 1:
            return None
        return Way(meets=across, up=level - 2 - across, down=found - 1 - across)

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """Those of the uniform-first-token ensemble (`derived.path-law`).

        Exact, but of leading order where some way goes both up and down.
        """
        from layerproof.theory import predictions_paths as exact
        from layerproof.theory.ensembles import DEFAULT, Averages

        levels = range(2, ensemble.levels + 1)
        ways = {level: self.way(ensemble, level) for level in levels}
        square = ensemble.top == ensemble.vocabulary
        known = all(way and (square or way.meets) for way in ways.values())
        if ensemble.name != DEFAULT or not ensemble.is_uniform or not known:
            return None
        sizes = {key: value for key, value in ensemble.by_key().items() if key in "Vms"}

        def of_level(level: int) -> dict[str, float]:
            way = ways[level]
            assert way is not None  # of every level that is taught
            steps = {"up": way.up, "down": way.down}
            silent = exact.SIBLING_STEP(**sizes) == 0
            crossover = math.inf if silent else exact.PATH_CROSSOVER(**sizes, **steps)
            return {
                "mean_square_separation": exact.PATH_SEPARATION(**sizes, **steps),
                "mean_square_norm": exact.PATH_NORM(**sizes, **steps),
                "crossover_samples": crossover,
            }

        both = any(way and way.up and way.down for way in ways.values())
        accuracy = "leading order" if both else "exact"
        return Averages(of_level, accuracy, ensemble.name, exact.FORMULAS)


class Way(NamedTuple):
    """From a patch's parent to a token: the level where they meet, the steps up and down."""

    meets: int
    up: int
    down: int


def beside(shape: TreeShape, position: int) -> int:
    """The position of the next token of the same patch; of the one before the last one's.

    >>> grammar = Grammar((1, 2, 2), [[[[0, 1]]], [[[0, 0]], [[1, 0]]]])
    >>> [beside(grammar, position) for position in range(4)]
    [1, 0, 3, 2]
    """
    last = position % shape.branching == shape.branching - 1
    return position - 1 if last else position + 1
