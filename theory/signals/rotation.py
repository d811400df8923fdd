"""Which way a string was turned: prediction of rotations, jigsaws and permutations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Integers
from layerproof.theory.signals.base import TreeShape
from layerproof.theory.signals.origin import OTHER_STRINGS, OriginSignal

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble


@dataclass(frozen=True)
class Rotation(OriginSignal):
    """By how many of its s blocks, those below the label, the string was turned.

    A patch tells it by how often its parent stands below each child of the label, and by that
    alone: q = (P_1(p), ..., P_s(p)) over their sum, s - 1 numbers that are quotients of whole ones.
    Different parents often share them (`derived.rotation-collision`), at s = 2 nearly always.
    """

    name = "rotation"
    help = "by how many of its s blocks the string was turned"

    def shared_from(self, grammar: Grammar) -> int:
        """Below the label rules are those of the grammar."""
        return 1

    def made(self, grammar: Grammar) -> tuple[Grammar, ...]:
        """The label's patches, turned by 0, ..., s - 1: block r of the string comes first."""
        return tuple(_turned(grammar, 0, turn) for turn in range(grammar.branching))

    def unreachable(self, grammar: TreeShape, level: int) -> str:
        """The label's own patch is the one that is turned."""
        if level == 1:
            return "the label's patch is itself what is turned"
        return "" if grammar.branching > 1 else "a patch of one token is turned into itself"

    def broken(self, grammar: Grammar, level: int) -> Mapping[str, str]:
        """Strings are turned."""
        return {"same strings": OTHER_STRINGS}

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """Those of the uniform-first-token ensemble, to leading order in 1/m."""
        from layerproof.theory import predictions_noise as exact
        from layerproof.theory.ensembles import DEFAULT, Averages

        square = ensemble.top == ensemble.vocabulary
        if ensemble.name != DEFAULT or not ensemble.is_uniform or not square:
            return None
        if ensemble.branching == 1 or ensemble.vocabulary == 1:
            return None
        sizes = {key: value for key, value in ensemble.by_key().items() if key in "Vms"}

        def of_level(level: int) -> dict[str, float]:
            separation = exact.ROTATION_SEPARATION(**sizes, l=level)
            silent = separation == 0
            return {
                "mean_square_separation": separation,
                "mean_square_norm": exact.ROTATION_NORM(**sizes, l=level),
                "crossover_samples": (
                    float("inf") if silent else exact.ROTATION_CROSSOVER(**sizes, l=level)
                ),
            }

        return Averages(of_level, "leading order", ensemble.name, exact.ROTATION_FORMULAS)


@dataclass(frozen=True)
class Permutation(OriginSignal):
    """By how many places the tokens inside every leaf patch were turned.

    The counter-example among jigsaws: what a patch tells depends on which of its turned tuples are
    grammatical, and synonyms differ in that.
    """

    name = "permutation"
    help = "by how many places the tokens inside each leaf patch were turned"

    def shared_from(self, grammar: Grammar) -> int:
        """Above the leaf patches, nothing is changed."""
        return grammar.levels

    def made(self, grammar: Grammar) -> tuple[Grammar, ...]:
        """The leaf patches, turned by 0, ..., s - 1 places."""
        return tuple(
            _turned(grammar, grammar.levels - 1, turn) for turn in range(grammar.branching)
        )

    def unreachable(self, grammar: TreeShape, level: int) -> str:
        """One token cannot be turned."""
        return "" if grammar.branching > 1 else "a patch of one token is turned into itself"

    def broken(self, grammar: Grammar, level: int) -> Mapping[str, str]:
        """Strings are others, and which turned tuples are grammatical differs among synonyms."""
        found = {
            "same strings": OTHER_STRINGS,
            "synonym-blind": "synonyms differ in which of their turned tuples are grammatical",
        }
        if level < grammar.levels:
            found["clean"] = "what stands below the patch was turned with it"
        return found


def _turned(grammar: Grammar, level: int, turn: int) -> Grammar:
    """The grammar whose level-`level` rules have their tokens turned by `turn` places."""
    if not turn:
        return grammar
    turned = tuple(_roll(patches, turn) for patches in grammar.rules[level])
    rules = (*grammar.rules[:level], turned, *grammar.rules[level + 1 :])
    return Grammar(grammar.vocabularies, rules, grammar.probabilities, grammar.label_prior)


def _roll(patches: Integers, turn: int) -> Integers:
    """Token `turn` of every patch comes first."""
    return np.roll(patches, -turn, axis=1)


SIGNALS = (Rotation(), Permutation())
