"""Laws of the uniform-first-token ensemble, averaged over draws and compared with predictions."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from theory.population import mean_square_separation, patch_law
from theory.predictions import MEAN_SQUARE_SEPARATION
from verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from verify.claims import Equality
from verify.statistics import mean_interval


class EnsembleParameters(InstanceParameters):
    """An ensemble, and how far an average may lie from its prediction."""

    margin: float = Field(0.05, gt=0, description="relative margin of the equivalence test")


class MeanSquareSeparation(Check[EnsembleParameters]):
    """Each draw's exact mean-square separation, averaged over draws."""

    id = "mean-square-separation"
    statement = "derived.mean-square-separation"
    quantity = "E‖q − q'‖²"
    parameters = EnsembleParameters

    def rows(self, parameters: EnsembleParameters) -> Sequence[Row]:
        """One row a level; at level 1 the posteriors are one-hot and there is nothing to test."""
        return [{"level": level} for level in range(2, parameters.depth + 1)]

    def trial(self, parameters: EnsembleParameters, trial: Trial) -> Outcome:
        """The exact separations of one draw, level by level."""
        grammar = trial.grammar(parameters)
        levels = range(2, grammar.levels + 1)
        return Outcome({str(lv): mean_square_separation(patch_law(grammar, lv)) for lv in levels})

    def claim(
        self, parameters: EnsembleParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        level = row["level"]
        samples = [outcome.values[str(level)] for outcome in outcomes]
        predicted = self.formula(form, MEAN_SQUARE_SEPARATION.title)(
            V=parameters.V, m=parameters.m, n=parameters.classes or parameters.V, l=level
        )
        interval = mean_interval(samples, 0.95)
        return Equality(interval, predicted, parameters.margin, trials=len(samples))


CHECKS = (MeanSquareSeparation(),)
