"""Signals that only the tests define: what they prove is proven by more than the label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.population import patch_law
from layerproof.theory.signals import SIGNALS, Signal
from layerproof.theory.token_laws import pair_law, transition

BINARY = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=3, seed=0)
"""A grammar that they are tried on."""


@dataclass(frozen=True)
class LastPart(Signal):
    """The last level-1 token: for a patch above which it stands an ancestor, else a stranger."""

    name = "last-part"
    help = "the last level-1 token"

    def size(self, grammar: Grammar, level: int) -> int:
        return grammar.vocabularies[1]

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        return pair_law(grammar, (level - 1, position), (1, grammar.branching - 1))

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        return tree[1][:, -1]

    def unreachable(self, grammar: Grammar, level: int) -> str:
        return "the last level-1 token is a part of the patch" if level == 1 else ""


@dataclass(frozen=True)
class OwnLeaf(Signal):
    """The last leaf below the patch itself: no synonym-blind signal, and above L no clean one."""

    name = "own-leaf"
    help = "the last leaf below the patch"

    def size(self, grammar: Grammar, level: int) -> int:
        return grammar.vocabularies[-1]

    def joint(self, grammar: Grammar, level: int, position: int | None = 0) -> Floats:
        law = patch_law(grammar, level, position)
        below = np.eye(grammar.vocabularies[level])
        for lower in range(level, grammar.levels):
            below = below @ transition(grammar, lower, [grammar.branching - 1])
        return np.asarray(law.probability[:, None] * below[law.patch[:, -1]])

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        return tree[-1][:, (position + 1) * grammar.leaves_below(level) - 1]

    def broken(self, grammar: Grammar, level: int) -> Mapping[str, str]:
        why = {"synonym-blind": "synonyms have leaves of their own"}
        return why if level == grammar.levels else why | {"clean": "it stands below the patch"}


def _broken(signal: Signal) -> set[str]:
    return {premise for level in (1, 2, 3) for premise in signal.broken(BINARY, level)}


EVERY: tuple[Signal, ...] = (*SIGNALS.values(), LastPart(), OwnLeaf())
"""What the matrices go through: all signals that are listed, and these."""

TOLD = tuple(
    signal for signal in EVERY if not signal.uniforms and "same strings" not in _broken(signal)
)
"""Those whose value a derivation alone decides, so that their laws can be enumerated. Of the others
draws are compared with the law, in tests/layerwise/test_every_signal_is_learned.py."""
