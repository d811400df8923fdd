"""Lemma 20: first tokens are dealt like balls into bins, and posteriors are products of deals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar, TypedDict

import numpy as np

from layerproof.theory.deals import all_counts, first_child_counts
from layerproof.theory.evaluation import exactly
from layerproof.theory.grammar import Grammar
from layerproof.theory.statements.ren2026.lemma_20 import STATEMENT as LEMMA_20
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.premises import Answers, Instance, OnGrammar, first_tokens_even
from layerproof.verify.statistics import compare_counts_with_law
from layerproof.verify.verdicts.claims import Identity, SameLaw

UNIFORM_FIRST_TOKEN = "ensemble.uniform-first-token"


def as_many_classes(instance: Instance) -> str:
    """Why labels are not dealt like tokens; empty where there are as many of both."""
    grammar = instance.grammar
    if grammar.classes == grammar.vocabularies[1]:
        return ""
    return f"there are {grammar.classes} classes and {grammar.vocabularies[1]} tokens"


class PosteriorsAreProducts(Check[InstanceParameters]):
    """Lemma 20 on drawn grammars, exactly: every way down to a first token is counted."""

    id = "lemma-20"
    statement = LEMMA_20.id
    turned_by = ("ambiguous-rules",)
    may_be_turned_by = ("dead-symbol",)
    quantity = "largest deviation"
    parameters = InstanceParameters
    answers: ClassVar[Answers] = {
        UNIFORM_FIRST_TOKEN: OnGrammar(first_tokens_even),
        "R26.lemma-20/classes": OnGrammar(as_many_classes),
    }

    def rows(self, parameters: InstanceParameters) -> Sequence[Row]:
        """Row and column sums of all matrices; then the posteriors, level by level."""
        levels = range(1, parameters.depth + 1)
        return [{"part": "sums"}, *({"part": "posterior", "level": level} for level in levels)]

    def trial(self, parameters: InstanceParameters, trial: Trial) -> Outcome:
        """The deviations on one grammar."""
        grammar = trial.grammar(parameters)
        matrices = [self._matrix(grammar, above, trial.form) for above in range(grammar.levels)]
        sums = [matrix.sum(axis=axis) for matrix in matrices for axis in (0, 1)]
        deviations = {"sums": float(max(abs(total - 1) for row in sums for total in row))}
        for level in range(1, grammar.levels + 1):
            deviations[str(level)] = self._posterior_deviation(grammar, matrices, level, trial.form)
        return Outcome(deviations)

    def _matrix(self, grammar: Grammar, above: int, form: str) -> np.ndarray:
        counts = first_child_counts(grammar, above)
        entry = self.formula(form, "entry")
        rules = len(grammar.rules[above][0])
        values = {c: exactly(entry, count=c, m=rules) for c in set(counts.ravel().tolist())}
        return np.array([[values[c] for c in row] for row in counts.tolist()], dtype=object)

    def _posterior_deviation(
        self, grammar: Grammar, matrices: Sequence[np.ndarray], level: int, form: str
    ) -> float:
        factors = exactly(self.formula(form, "factors"), l=level)
        assert factors is not None  # a polynomial
        product = np.identity(grammar.classes, dtype=object) * Fraction(1)
        for matrix in matrices[: int(factors)]:
            product = product.dot(matrix)
        posterior = self.formula(form, "posterior")
        paths = first_token_paths(grammar, level)
        worst = Fraction(0)
        for label, token in np.ndindex(*paths.shape):
            # A token that never comes first has no posterior; the column sums then tell.
            if total := int(paths[:, token].sum()):
                claimed = exactly(posterior, product=product[label, token])
                assert claimed is not None
                worst = max(worst, abs(Fraction(int(paths[label, token]), total) - claimed))
        return float(worst)

    def claim(
        self, parameters: InstanceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The largest deviation over the grammars examined; the arithmetic is exact."""
        name = str(row.get("level", "sums"))
        worst = max(outcome.values[name] for outcome in outcomes)
        return Identity(worst, rounding=0.0, examined=len(outcomes))


def first_token_paths(grammar: Grammar, level: int) -> np.ndarray:
    """How many choices of rules lead from each label to each first level-l token: (n, V_l)."""
    paths = np.zeros((grammar.classes, grammar.vocabularies[level]), dtype=np.int64)
    for label in range(grammar.classes):
        reached = [label]
        for above in range(level):
            reached = [int(p[0]) for token in reached for p in grammar.rules[above][token]]
        paths[label] = np.bincount(reached, minlength=paths.shape[1])
    return paths


class Dealt(TypedDict):
    """How often every symbol produces every first token."""

    counts: list[list[int]]


class FirstTokensAreDealt(Check[InstanceParameters]):
    """Lemma 20: the counts of drawn grammars have the exact law of balls in bins.

    For tiny vocabularies: the law is listed, 21 matrices at V = 3, m = 2.
    """

    id = "lemma-20-law"
    statement = LEMMA_20.id
    turned_by = ("ambiguous-rules",)
    may_be_turned_by = ("dead-symbol", "identical-parents", "uncorrelated-rules")
    quantity = "Cohen's w of the law of N"
    about_ensemble = True
    parameters = InstanceParameters
    answers: ClassVar[Answers] = {"R26.lemma-20/classes": OnGrammar(as_many_classes)}

    def trial(self, parameters: InstanceParameters, trial: Trial) -> Outcome[Dealt]:
        """The counts of the top level of one grammar."""
        grammar = trial.grammar(parameters)
        if grammar.classes != grammar.vocabularies[1]:
            return Outcome.without({"R26.definition-4": "There are not as many labels as tokens."})
        return Outcome({"counts": first_child_counts(grammar, 0).tolist()})

    def claim(
        self, parameters: InstanceParameters, row: Row, outcomes: Outcomes[Dealt], form: str
    ) -> SameLaw:
        """How often each matrix came, against its probability; any other matrix has none."""
        law = dict(all_counts(parameters.V, parameters.m))
        cells = {counts: index for index, counts in enumerate(law)}
        seen = np.zeros(len(law) + 1)
        for outcome in outcomes:
            counts = tuple(map(tuple, outcome.values["counts"]))
            seen[cells.get(counts, len(law))] += 1
        probabilities = [*(float(p) for p in law.values()), 0.0]
        return SameLaw(compare_counts_with_law(seen, probabilities, 0.95), len(outcomes))


CHECKS = (PosteriorsAreProducts(), FirstTokensAreDealt())
