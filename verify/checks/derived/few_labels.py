"""Readers of perfect level-1 tokens: how often they err, given few labelled strings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.randomness import generator
from layerproof.theory.statements.derived.few_labels import STATEMENT as FEW_LABELS
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.premises import Answers, Given, OnGrammar, even
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Equality


class FewLabelsParameters(InstanceParameters):
    """Instances, and the numbers of labelled strings."""

    ratios: tuple[float, ...] = Field((0.5, 1.0, 2.0), description="labelled strings, times n m")
    margin: float = Field(0.05, gt=0, description="relative margin of the equivalence test")


class FewLabelsTable(Check[FewLabelsParameters]):
    """A table of the patches seen; its error is exact over all patches, given the strings drawn."""

    id = "few-labels"
    statement = FEW_LABELS.id
    turned_by = ("ambiguous-rules",)
    quantity = "test error"
    about_ensemble = True
    parameters = FewLabelsParameters
    answers: ClassVar[Answers] = {
        "derived.few-labels/even": OnGrammar(even),
        "derived.few-labels/reader": Given("a table of patches, and label 0 for the others"),
    }

    def rows(self, parameters: FewLabelsParameters) -> Sequence[Row]:
        """One row for every number of labelled strings."""
        return [{"ratio": ratio} for ratio in parameters.ratios]

    def trial(self, parameters: FewLabelsParameters, trial: Trial) -> Outcome:
        """Label strings of one grammar, one after another; the error at every number of them."""
        rules = trial.grammar(parameters).level_rules(0)
        weight = rules.probability / rules.probability.sum()
        rng = generator(trial.derive("labelled strings"))
        counts = [max(1, round(ratio * len(weight))) for ratio in parameters.ratios]
        drawn = rng.choice(len(weight), size=max(counts), p=weight)
        errors = {}
        for ratio, count in zip(parameters.ratios, counts, strict=True):
            known = np.zeros(len(weight), dtype=bool)
            known[drawn[:count]] = True
            errors[f"{ratio:g}"] = float(weight[~known & (rules.parent != 0)].sum())
        return Outcome(errors)

    def claim(
        self, parameters: FewLabelsParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean error over grammars and labelled strings against the formula."""
        found = [outcome.values[f"{row['ratio']:g}"] for outcome in outcomes]
        classes, rules = self._sizes(parameters)
        count = max(1, round(row["ratio"] * classes * rules))
        predicted = self.formula(form, "error")(n=classes, m=rules, N=count)
        interval = mean_interval(found, 0.95)
        return Equality(interval, predicted, parameters.margin, trials=len(found))

    def _sizes(self, parameters: FewLabelsParameters) -> tuple[int, int]:
        if parameters.grammar is None:
            return parameters.classes or parameters.V, parameters.m
        grammar = parameters.grammar.grammar
        return grammar.classes, len(grammar.rules[0][0])


CHECKS = (FewLabelsTable(),)
