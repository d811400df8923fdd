"""What learned latents cost as targets of the next stage: exact on every draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.errors import InputError
from layerproof.theory.latent_schedule import TargetName, check_own_latents
from layerproof.theory.target_cost import target_costs
from layerproof.verify.checks.base import Check, Outcome, Row, Trial, at_level
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.premises import Answers, Instance, OnGrammar
from layerproof.verify.statistics import mean_interval, ratio_interval
from layerproof.verify.verdicts.claims import Equality


class TargetParameters(EnsembleParameters):
    """An ensemble, and what is made of the latents."""

    target: TargetName = "raw"
    margin: float = Field(0.15, gt=0, description="relative margin of the equivalence test")


def _latents(instance: Instance) -> str:
    try:
        check_own_latents(instance.grammar)
    except InputError as error:
        return f"there are no own latents: {error.field} is {error.value}; {error.allowed}"
    return "" if instance.grammar.levels > 2 else "the leaves are the only target"


class LearnedTargets(Check[TargetParameters]):
    """Crossovers of one draw with the target and with the ideal latent, stage by stage."""

    id = "target-cost"
    statement = "derived.target-cost"
    may_be_turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents", "uncorrelated-rules")
    about_ensemble = True
    quantity = "N_×/N_×, E‖t_μ − t_μ'‖²"
    parameters = TargetParameters
    answers: ClassVar[Answers] = {"derived.target-cost/latents": OnGrammar(_latents)}

    def rows(self, parameters: TargetParameters) -> Sequence[Row]:
        """The cost at every level but L, whose target is a leaf; how close raw targets lie."""
        levels = range(2, max(3, parameters.depth))
        cost = [{"of": "cost", "level": level} for level in levels]
        raw = [{"of": "raw separation", "level": level} for level in levels]
        return [*cost, *(raw if parameters.target == "raw" else ())]

    def trial(self, parameters: TargetParameters, trial: Trial) -> Outcome:
        """N_× with the target, with the ideal latent, and the separation, of every level."""
        found = target_costs(trial.grammar(parameters), parameters.target)
        if not all(np.isfinite([one.crossover for one in found])):
            return Outcome.without({"separating": "own latents separate nothing at some level"})
        values = {
            str(one.level): (one.crossover, one.ideal, one.square_separation) for one in found
        }
        return Outcome(values, {"separating": ""})

    def claim(
        self, parameters: TargetParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The ratio of mean crossovers against 1; the mean separation against its formula."""
        crossover, ideal, separation = np.array(at_level(outcomes, row["level"])).T
        of_cost = row["of"] == "cost"
        interval = (
            ratio_interval(crossover, ideal, 0.95) if of_cost else mean_interval(separation, 0.95)
        )
        sizes = parameters.sizes | {"l": row["level"]}
        predicted = self.formula(form, row["of"])(**sizes)
        return Equality(interval, predicted, parameters.margin, trials=len(outcomes))


CHECKS = (LearnedTargets(),)
