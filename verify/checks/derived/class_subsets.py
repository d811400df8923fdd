"""The crossover of the label where only some of the classes are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.class_subsets import of_classes, subset_corrections
from layerproof.theory.population import mean_noise, mean_square_separation, patch_law
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.premises import Answers, Instance, OnParameters
from layerproof.verify.statistics import ratio_interval
from layerproof.verify.verdicts.claims import Equality


class SubsetParameters(EnsembleParameters):
    """An ensemble, and how many of its classes are kept."""

    kept: tuple[int, ...] = Field((2, 4, 8), description="classes that are kept")


def _kept(instance: Instance) -> str:
    found = instance.parameters
    if found.grammar is not None:
        return ""  # which the other premise refuses
    if found.family.top != found.V:
        return f"there are {found.family.top} labels, not V = {found.V}"
    if not all(2 <= number <= found.V for number in found.kept):
        return f"{min(found.kept)} to {max(found.kept)} classes are kept, not 2 to {found.V}"
    if found.m < 2 or found.depth < 2:
        return "with one rule a symbol, or one level, there is no crossover"
    return ""


class ClassSubsets(Check[SubsetParameters]):
    """N_× at level 2 of the label among the first classes, as a ratio of means over draws.

    Noise and separation are summed over the tokens that are met, whose number varies.
    """

    id = "class-subsets"
    statement = "derived.class-subsets"
    about_ensemble = True
    quantity = "N_×"
    trials = 600
    parameters = SubsetParameters
    answers: ClassVar[Answers] = {"classes.kept": OnParameters(_kept)}

    def rows(self, parameters: SubsetParameters) -> Sequence[Row]:
        """One row for every number of classes."""
        return [{"classes": number} for number in parameters.kept]

    def trial(self, parameters: SubsetParameters, trial: Trial) -> Outcome:
        """Exact noise and separation of one draw, for every number of classes."""
        grammar = trial.grammar(parameters)
        values = {}
        for number in parameters.kept:
            law = patch_law(of_classes(grammar, number), 2)
            met = int(law.can_come_first.sum())
            values[str(number)] = (2 * met * mean_noise(law), met * mean_square_separation(law))
        return Outcome(values)

    def claim(
        self, parameters: SubsetParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The ratio of the means against the formula."""
        found = np.array([outcome.values[str(row["classes"])] for outcome in outcomes])
        corrections = subset_corrections(parameters.V, parameters.m, row["classes"])
        sizes = {"V": parameters.V, "m": parameters.m, "n": row["classes"]}
        predicted = self.formula(form, "crossover")(**sizes, **corrections)
        interval = ratio_interval(found[:, 0], found[:, 1], 0.95)
        return Equality(interval, predicted, parameters.margin, trials=len(found))


CHECKS = (ClassSubsets(),)
