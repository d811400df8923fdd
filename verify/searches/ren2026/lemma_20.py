"""A search for Lemma 20: the label posterior of a first token as a product of matrices."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

from layerproof.theory.evaluation import exactly
from layerproof.theory.grammar import Grammar
from layerproof.verify.searches.base import Comparison, GrammarSearch
from layerproof.verify.searches.exact import first_patches, posterior
from layerproof.verify.searches.strategies import first_token_grammars

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class LabelPosterior(GrammarSearch):
    """Lemma 20 on grammars uniform in the first token: posteriors are products of matrices."""

    statement = "R26.lemma-20"
    quantity = "largest |P[label = ζ | first level-l token = μ] − (P_1 ⋯ P_l)_ζμ|"

    def strategy(self, form: str) -> SearchStrategy[Grammar]:
        """The uniform-first-token ensemble at small sizes."""
        return first_token_grammars()

    def unmet(self, instance: Grammar, form: str) -> str:
        """Definition 4, and that every token starts m patches of every level."""
        if not (instance.is_uniform and instance.is_nonambiguous):
            return "(V, m)-uniform and without a patch of two parents"
        firsts = [Counter(int(p[0]) for s in level for p in s) for level in instance.rules]
        every = {instance.rules_per_symbol}
        even = all(set(f.values()) == every and len(f) == instance.classes for f in firsts)
        return "" if even else "every token starts m patches of every level"

    def examine(self, instance: Grammar, form: str) -> Comparison:
        """The largest deviation over levels and tokens, exactly."""
        levels = range(1, instance.levels)
        worst = max((self._deviation(instance, level, form) for level in levels), default=0)
        return Comparison(float(worst), "<=", 0.0)

    def _deviation(self, grammar: Grammar, level: int, form: str) -> Fraction:
        V = grammar.classes
        factors = self.formula(form, "factors").integer(l=level)
        product = [[Fraction(int(i == j)) for j in range(V)] for i in range(V)]
        for above in range(factors):
            product = _times(product, self._matrix(grammar, above, form))
        laws = first_patches(grammar, level + 1)
        deviations = []
        for symbol, rules in enumerate(grammar.rules[level]):
            exact = posterior(laws[tuple(rules[0].tolist())], V)
            deviations += [abs(exact[zeta] - product[zeta][symbol]) for zeta in range(V)]
        return max(deviations)

    def _matrix(self, grammar: Grammar, above: int, form: str) -> list[list[Fraction]]:
        """Rows: symbols of level `above`; columns: their first children."""
        entry = self.formula(form, "entry")
        m, V = grammar.rules_per_symbol, grammar.classes
        assert m is not None  # the ensemble's grammars
        values = [exactly(entry, count=count, m=m) or Fraction(0) for count in range(m + 1)]
        firsts = [rules[:, 0].tolist() for rules in grammar.rules[above]]
        return [[values[row.count(token)] for token in range(V)] for row in firsts]


def _times(first: list[list[Fraction]], second: list[list[Fraction]]) -> list[list[Fraction]]:
    columns = list(zip(*second, strict=True))
    return [
        [sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in columns]
        for row in first
    ]


SEARCHES = (LabelPosterior(),)
