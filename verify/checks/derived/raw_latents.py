"""What own latents cost as they are learned: exact chains of draws, and how N grows with stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.formula import Formula
from layerproof.theory.latent_chain import LatentStage, latent_chain
from layerproof.theory.statements import catalogue
from layerproof.theory.statements.derived.lemma_18_bernstein import STATEMENT as LEMMA
from layerproof.theory.statements.derived.raw_latents import STATEMENT as RAW_LATENTS
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.premises import Answers, Instance, OnParameters
from layerproof.verify.checks.threshold_runs import geometric_means
from layerproof.verify.statistics import (
    bounded_mean_interval,
    log_exponent_interval,
    mean_interval,
)
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Equality

AVERAGES = {"separation": (0.0, 2.0), "variance": (0.0, 1.0)}
"""What is averaged over draws, and between what it lies for certain."""

GROWTHS = ("hoeffding", "bernstein")
"""The forms of Lemma 18 of which the growth has a law."""

CERTAINTY = {"delta": 0.1, "kappa": 1.0}
"""δ and κ of the sample sizes: factors alike at all stages."""


class RawLatentParameters(EnsembleParameters):
    """An ensemble of at least two stages above labels."""

    L: int = Field(4, ge=3)
    growth_margin: float = Field(
        0.1, gt=0, description="absolute margin of the growth, as a power of m a stage"
    )


def _sizes(instance: Instance) -> str:
    """Whether the law has a meaning at these sizes."""
    found: RawLatentParameters = instance.parameters
    if found.grammar is not None:
        return ""  # which the other premise refuses
    if found.family.top != found.V:
        return f"there are {found.family.top} classes, not V = {found.V}"
    if found.m == 1 or found.V == 1:
        return "with one rule or one token there is no power of m, or nothing to tell apart"
    if found.m >= found.V ** (found.s - 1):
        return "f = 1: no token of a string tells of another"
    return ""


class RawLatents(Check[RawLatentParameters]):
    """Separation and noise of every stage, and how the sample sizes of both forms grow.

    N is that of `derived.lemma-18-bernstein` at an accuracy equal to the root mean square
    separation of the stage; growth is the slope of log N over the stages of one draw.
    """

    id = "raw-latents"
    statement = RAW_LATENTS.id
    may_be_turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents", "uncorrelated-rules")
    about_ensemble = True
    quantity = "separation, noise and growth of N"
    parameters = RawLatentParameters
    answers: ClassVar[Answers] = {"derived.raw-latents/sizes": OnParameters(_sizes)}

    def rows(self, parameters: RawLatentParameters) -> Sequence[Row]:
        """Both averages at every level, and the growth in both forms."""
        levels = range(parameters.depth, 1, -1)
        averages = [{"part": part, "level": level} for part in AVERAGES for level in levels]
        return [*averages, *({"part": f"{form} growth"} for form in GROWTHS)]

    def trial(self, parameters: RawLatentParameters, trial: Trial) -> Outcome:
        """The exact numbers of the chain of one draw, from the leaves up."""
        stages = latent_chain(trial.grammar(parameters))
        if any(not stage.mean_square_separation > 0.0 for stage in stages):
            return Outcome.without({"separated": "all parents of a level share one law"})
        found = {
            "separation": [stage.mean_square_separation for stage in stages],
            "variance": [stage.mean_variance for stage in stages],
        }
        return Outcome(
            found | {form: [_samples(form, one) for one in stages] for form in GROWTHS},
            {"separated": ""},
        )

    def claim(
        self, parameters: RawLatentParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws, or the mean slope, against its formula."""
        if "level" not in row:
            return self._growth(parameters, row["part"], outcomes, form)
        place = parameters.depth - row["level"]
        samples = [outcome.values[row["part"]][place] for outcome in outcomes]
        return Equality(
            mean_interval(samples, 0.95),
            self.formula(form, row["part"])(l=row["level"], **parameters.sizes),
            parameters.margin,
            trials=len(samples),
            guaranteed=bounded_mean_interval(samples, 0.95, AVERAGES[row["part"]]),
        )

    def _growth(
        self, parameters: RawLatentParameters, part: str, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        found = [outcome.values[part.split()[0]] for outcome in outcomes]
        return Equality(
            log_exponent_interval(_powers(parameters), found, 0.95),
            self.formula(form, part)(**parameters.sizes),
            parameters.growth_margin,
            trials=len(found),
            absolute=True,
        )

    def pictures(
        self, parameters: RawLatentParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """N of both forms against the stage, drawn once beside the growth of the first."""
        if row["part"] != f"{GROWTHS[0]} growth":
            return ()
        stages = [float(stage) for stage in range(1, parameters.depth)]
        lines = []
        for name in GROWTHS:
            found = np.array([outcome.values[name] for outcome in outcomes])
            measured = replace(geometric_means(name, stages, found), group=name)
            growth = self.formula(form, f"{name} growth")(**parameters.sizes)
            law = [measured.y[0] * parameters.m ** (growth * (stage - 1)) for stage in stages]
            lines += [measured, Series(f"{name}, law", stages, law, role="predicted", group=name)]
        return (
            Chart(
                "Strings that a stage is asked for, by the form of Lemma 18",
                "Marks follow the lines where separation and noise shrink together.",
                Axis("stages from the leaves up"),
                Axis("N", "log"),
                lines,
            ),
        )


def _samples(form: str, stage: LatentStage) -> float:
    """N of a form for the accuracy √(mean-square separation), with the mean noise for τ²."""
    formula: Formula = catalogue()[LEMMA.id].printed.formulas[f"{form} samples"]
    sizes: dict[str, Any] = {
        "patches": len(stage.joint),
        "epsilon": stage.mean_square_separation**0.5,
        "target_variance": stage.mean_variance,
        "target_range": stage.target_range,
    }
    return float(on_arrays(formula, **sizes, **CERTAINTY))


def _powers(parameters: RawLatentParameters) -> list[float]:
    return [float(parameters.m) ** stage for stage in range(1, parameters.depth)]


CHECKS = (RawLatents(),)
