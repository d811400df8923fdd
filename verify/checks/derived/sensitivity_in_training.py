"""The sensitivity inside a run as people run it, where the levels below are noisy too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.errors import InputError
from layerproof.theory.inflation import noise_inflation
from layerproof.theory.population import crossover_samples, patch_law
from layerproof.theory.predictions import PATCHES, count_correction
from layerproof.theory.schedule import multiple_samples, practical
from layerproof.theory.statements.derived.sensitivity_in_training import STATEMENT as IN_TRAINING
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.derived.sensitivity_curve import (
    mean_correction,
    seen_pairs,
)
from layerproof.verify.checks.premises import Answers, drawn_from
from layerproof.verify.checks.threshold_runs import sample_sizes
from layerproof.verify.statistics import ratio_interval
from layerproof.verify.verdicts.claims import Claim, Equality


class RunParameters(InstanceParameters):
    """One training run, all levels at the same multiple X."""

    multiples: tuple[float, ...] = Field((8.0, 16.0, 32.0), description="X, N^(l) = X n m^l")
    levels: tuple[int, ...] | None = Field(None, description="levels; all but level 1 by default")
    margin: float = Field(0.1, gt=0, description="relative margin of the equivalence test")

    @property
    def stages(self) -> tuple[int, ...]:
        """The levels under test."""
        wanted = self.levels or tuple(range(2, self.depth + 1))
        return tuple(level for level in wanted if level <= self.depth)


NO_INFLATION = "the noise that is left between variants cannot be predicted"
"""Why there is no curve to compare with, where a patch has too many variants."""


class SensitivityInTraining(Check[RunParameters]):
    """The same curve where the levels below were given no more than their share of samples.

    On drawn grammars N_× is the ensemble's formula; on a file N_× and e(N) are the instance's own.
    """

    id = "sensitivity-in-training"
    statement = IN_TRAINING.id
    turned_by = ("ambiguous-rules", "dead-symbol")
    quantity = "S(N) in one run"
    forms = ("printed", "repaired")
    parameters = RunParameters
    needs_torch = True
    forms_share_trials = True
    answers: ClassVar[Answers] = {
        "ensemble.uniform-first-token": drawn_from("uniform-first-token", file=True)
    }

    def rows(self, parameters: RunParameters) -> Sequence[Row]:
        """One row for every level and multiple."""
        return [
            {"level": level, "multiple": multiple}
            for level in parameters.stages
            for multiple in parameters.multiples
        ]

    def trial(self, parameters: RunParameters, trial: Trial) -> Outcome:
        """Train whole learners and measure every level."""
        from layerproof.layerwise.training import train

        if not parameters.stages:
            return Outcome({})
        grammar = trial.grammar(parameters)
        values: dict[str, tuple[float, ...]] = {}
        laws = {level: patch_law(grammar, level) for level in parameters.stages}
        for level, law in laws.items():
            if not 0 < crossover_samples(law) < math.inf:
                reason = f"Level {level}: N_× is {crossover_samples(law):g}."
                return Outcome.without({"derived.crossover": reason})
        for multiple in parameters.multiples:
            samples = sample_sizes(grammar, [multiple] * grammar.levels, trial)
            schedule = practical(grammar, samples_per_level=samples).down_from(2)
            seed = trial.derive("inflation", f"{multiple:g}")
            try:
                inflation = noise_inflation(grammar, schedule, seed=seed)
            except InputError as refusal:
                return Outcome.without({"noise inflation": f"{NO_INFLATION}: {refusal}."})
            seed = trial.derive("train", f"{multiple:g}")
            learner = train(grammar, schedule, seed=seed, device=trial.device).learner
            stated = multiple_samples(grammar, multiple)
            for level, law in laws.items():
                pairs = seen_pairs(learner, law, trial.derive("measure"))
                N = stated[level - 1]
                own = N, crossover_samples(law), mean_correction(law, N)
                values[f"{level}@{multiple:g}"] = (*pairs, inflation[level], *own)
        return Outcome(values)

    def claim(
        self, parameters: RunParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The ratio of the means against the curve at the level's own N and mean inflation."""
        key = f"{row['level']}@{row['multiple']:g}"
        found = np.array([outcome.values[key] for outcome in outcomes])
        N, crossover, correction = found[0, 3:].tolist()
        if parameters.grammar is None:
            sizes = {"V": parameters.V, "m": parameters.m, "n": parameters.classes or parameters.V}
            crossover = self.formula(form, "crossover")(l=row["level"], **sizes)
            correction = count_correction(int(N), 1 / PATCHES.integer(l=row["level"], **sizes))
        predicted = self.formula(form, "sensitivity")(
            N=N,
            crossover=crossover,
            count_correction=correction,
            inflation=float(found[:, 2].mean()),
        )
        interval = ratio_interval(found[:, 0], found[:, 1], 0.95)
        return Equality(interval, predicted, parameters.margin, trials=len(found))


CHECKS = (SensitivityInTraining(),)
