"""A search among grammars for Definition 4's non-ambiguity, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerproof.theory.grammar import Grammar
from layerproof.theory.statements.ren2026.definition_4 import DEFINITION_4
from layerproof.verify.searches.base import Comparison, GrammarSearch
from layerproof.verify.searches.exact import all_patches
from layerproof.verify.searches.strategies import any_rules

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


UNIFORM = "V symbols at every level, m rules for every symbol, all equally likely"


class NonAmbiguity(GrammarSearch):
    """Definition 4: V m distinct patches at every level, so that each has one parent."""

    statement = DEFINITION_4.id
    quantity = "the least number of distinct patches of a level"

    def strategy(self, form: str) -> SearchStrategy[Grammar]:
        """V symbols a level and m rules a symbol; a patch may have several parents."""
        return any_rules()

    def unmet(self, instance: Grammar, form: str) -> str:
        """(V, m)-uniformity."""
        return "" if instance.is_uniform else UNIFORM

    def examine(self, instance: Grammar, form: str) -> Comparison:
        """The level with the fewest distinct patches against |P_l| = V m."""
        levels = range(1, instance.levels + 1)
        found = min(len(all_patches(instance, level)) for level in levels)
        V, m = instance.classes, instance.rules_per_symbol
        expected = self.formula(form, "patches")(V=V, m=m, n=V, l=1)
        return Comparison(float(found), ">=", expected)

    def commands(self, file: str) -> Sequence[str]:
        """The command that names the patch with two parents."""
        return (f"layerproof assumptions --grammar {file}",)


def outside_definition_4(grammar: Grammar) -> str:
    """What of Definition 4 the grammar lacks, as what is allowed; empty where it meets it."""
    if not grammar.is_uniform:
        return UNIFORM
    return "" if grammar.is_nonambiguous else "each patch has one parent"


SEARCHES = (NonAmbiguity(),)
