"""Searches among grammars: the two halves of Assumption 6, in exact arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from layerproof.theory.grammar import Grammar
from layerproof.theory.statements.ren2026.assumption_6 import (
    ASSUMPTION_6,
    ASSUMPTION_6A,
    ASSUMPTION_6B,
)
from layerproof.verify.searches.base import Comparison, GrammarSearch
from layerproof.verify.searches.exact import all_patches, first_patches, least_separation
from layerproof.verify.searches.strategies import uniform_grammars

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy
from layerproof.verify.searches.ren2026.definition_4 import outside_definition_4


class NonDegeneracySearch(GrammarSearch):
    """Assumption 6(a) on (V, m)-uniform, non-ambiguous grammars: every patch can come first."""

    statement = ASSUMPTION_6A.id
    quantity = "1/κ, the least |P_l| P[first level-l patch = μ]"

    def strategy(self, form: str) -> SearchStrategy[Grammar]:
        """Grammars of Definition 4."""
        return uniform_grammars()

    def unmet(self, instance: Grammar, form: str) -> str:
        """Definition 4."""
        return outside_definition_4(instance)

    def examine(self, instance: Grammar, form: str) -> Comparison:
        """1/κ of the worst level against 0."""
        least = min(_rarest(instance, level) for level in range(1, instance.levels + 1))
        return Comparison(float(least), ">", 0.0)

    def commands(self, file: str) -> Sequence[str]:
        """The command that names the patch that never comes first."""
        return (f"layerproof assumptions --grammar {file}",)


class NontrivialSignalSearch(GrammarSearch):
    """Assumption 6(b) on (V, m)-uniform, non-ambiguous grammars: non-synonyms differ in q."""

    statement = ASSUMPTION_6B.id
    quantity = "K_ρ, the least ‖q_μ − q_μ'‖ m^(l/2) over non-synonyms"

    def strategy(self, form: str) -> SearchStrategy[Grammar]:
        """Grammars of Definition 4."""
        return uniform_grammars()

    def unmet(self, instance: Grammar, form: str) -> str:
        """Definition 4."""
        return outside_definition_4(instance)

    def examine(self, instance: Grammar, form: str) -> Comparison:
        """K_ρ of the worst level against 0."""
        constants = [_signal(instance, level) for level in range(1, instance.levels + 1)]
        least = min(constants)
        bound = 0.0 if math.isfinite(least) else -math.inf
        return Comparison(least if math.isfinite(least) else 0.0, ">", bound)

    def commands(self, file: str) -> Sequence[str]:
        """The command that names the two patches."""
        return (f"layerproof assumptions --grammar {file}",)


class BothHalves(GrammarSearch):
    """Assumption 6 on (V, m)-uniform, non-ambiguous grammars."""

    statement = ASSUMPTION_6.id
    quantity = "the lesser of 1/κ and K_ρ"

    def strategy(self, form: str) -> SearchStrategy[Grammar]:
        """Grammars of Definition 4."""
        return uniform_grammars()

    def unmet(self, instance: Grammar, form: str) -> str:
        """Definition 4."""
        return outside_definition_4(instance)

    def examine(self, instance: Grammar, form: str) -> Comparison:
        """The worse of both halves against 0."""
        halves = (NonDegeneracySearch(), NontrivialSignalSearch())
        return min((half.examine(instance, form) for half in halves), key=lambda one: one.slack)

    def commands(self, file: str) -> Sequence[str]:
        """The command that names the patches."""
        return (f"layerproof assumptions --grammar {file}",)


def _rarest(grammar: Grammar, level: int) -> Fraction:
    """|P_l| times the least probability of a first level-l patch."""
    known = all_patches(grammar, level)
    laws = first_patches(grammar, level)
    masses = (sum(laws.get(patch, {}).values(), Fraction(0)) for patch in known)
    return len(known) * min(masses)


def _signal(grammar: Grammar, level: int) -> float:
    """ρ^(l) m^(l/2); infinite where no two non-synonyms can come first."""
    square = least_separation(grammar, level)
    rules = grammar.rules_per_symbol
    assert rules is not None  # grammars of Definition 4
    return math.inf if square is None else math.sqrt(square * rules**level)


SEARCHES = (NonDegeneracySearch(), NontrivialSignalSearch(), BothHalves())
