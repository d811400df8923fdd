"""Grammars and signals that the tests of this folder share."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import closest_non_synonyms, patch_law
from layerproof.theory.signals import Signal
from tests.theory import brute_force
from tests.theory.own_signals import BINARY, LastPart

UNEVEN = Grammar(
    vocabularies=(2, 3, 3, 4),
    rules=[
        [[[0, 1], [1, 2]], [[2, 2]]],
        [[[0, 0], [1, 2]], [[2, 1]], [[1, 2], [2, 0], [0, 2]]],
        [[[0, 1], [3, 3]], [[1, 1], [2, 0]], [[3, 0], [0, 2], [1, 3]]],
    ],
    probabilities=[
        [[0.25, 0.75], [1.0]],
        [[0.5, 0.5], [1.0], [0.2, 0.3, 0.5]],
        [[0.125, 0.875], [1.0, 0.0], [0.3, 0.3, 0.4]],
    ],
    label_prior=[0.4, 0.6],
)
"""Unequal vocabularies, rule counts, probabilities and labels; one ambiguous patch, one rule of
probability 0, and a level-2 token (1) that is rarely first."""

TERNARY = draw("uniform", vocabulary=3, rules=2, branching=3, levels=2, classes=4, seed=0)

EXAMPLES = {"uneven": UNEVEN, "binary": BINARY, "ternary": TERNARY}


def with_positive_separation(count: int, **sizes: int) -> list[Grammar]:
    """The first `count` uniform-first-token grammars, by seed, in which every rho is positive."""
    found: list[Grammar] = []
    seed = 0
    while len(found) < count:
        grammar = draw("uniform-first-token", **sizes, seed=seed)
        levels = range(1, grammar.levels + 1)
        if min(closest_non_synonyms(patch_law(grammar, l)).rho for l in levels) > 0:
            found.append(grammar)
        seed += 1
    return found


@dataclass(frozen=True)
class LastToken(LastPart):
    """The last level-1 token, its law by enumeration: at level 1 a token of the patch itself."""

    name = "last token"

    def joint(self, grammar: Grammar, level: int, position: int | None = 0) -> NDArray[np.float64]:
        assert position == 0
        cells = exact_cells(grammar, level, self, below=False)
        joint = np.zeros((len(grammar.patches(level).patch), self.size(grammar, level)))
        rows = {tuple(p): row for row, p in enumerate(grammar.patches(level).patch.tolist())}
        for (patch, value), probability in cells.items():
            joint[rows[patch], value] += float(probability)
        return joint

    def unreachable(self, grammar: Grammar, level: int) -> str:
        return ""


@cache
def exact_cells(
    grammar: Grammar, level: int, signal: Signal, *, below: bool = True
) -> dict[tuple[tuple[int, ...], int], Fraction]:
    """P[leaves below the first level-l patch (or the patch itself), signal], by enumeration."""
    width = grammar.branching ** (grammar.levels - level + 1) if below else grammar.branching
    seen_level = grammar.levels if below else level
    cells: dict[tuple[tuple[int, ...], int], Fraction] = {}
    for probability, levels in _derivations(grammar):
        value = brute_force.value_of(signal, grammar, levels, level)
        key = (levels[seen_level][:width], value)
        cells[key] = cells.get(key, Fraction(0)) + probability
    return cells


@cache
def _derivations(grammar: Grammar) -> list[brute_force.Derivation]:
    return brute_force.derivations(grammar)
