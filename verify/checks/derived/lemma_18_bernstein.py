"""Lemma 18 for targets that are vectors: every stage of a chain of own latents, by counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.latent_chain import OWN_LATENT, LatentStage, latent_chain, silent_from
from layerproof.theory.randomness import generator
from layerproof.theory.statements.derived.lemma_18_bernstein import STATEMENT as LEMMA
from layerproof.theory.statements.ren2026.lemma_18 import LEAST_RATIO
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial, at_level
from layerproof.verify.checks.edges import uncounted
from layerproof.verify.checks.premises import Answers, Instance, OnGrammar
from layerproof.verify.checks.signal_parameter import teaches_nothing
from layerproof.verify.verdicts.claims import Frequency

BOUNDS = ("hoeffding", "range", "bernstein")
"""The bounds on ‖q̂ − q‖, by the names of their formulas."""

PARTS = ("law", "accuracy")
"""The bound itself, and that ‖q̂ − q‖ is at most ε at the sample size that goes with it."""

NEVER_OUTSIDE = "in every trial the bound is larger than the distance of any two targets"


class ChainOfLatentsParameters(InstanceParameters):
    """A grammar, and how accurate its stages are to be."""

    L: int = Field(3, ge=2)
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability")
    accuracy: float = Field(
        0.5, gt=0, description="ε over the root mean square separation of the level"
    )


def _few_patches(instance: Instance) -> str:
    """Whether |P_l|/δ is as large as the bounds by the range ask for."""
    delta = instance.parameters.delta
    least = min(level.patches for level in instance.report.levels)
    if least >= LEAST_RATIO * delta:
        return ""
    return f"|P_l|/δ is {least / delta:.3g}, the statement asks for {LEAST_RATIO:g}"


def _one_value(instance: Instance) -> str:
    """At which level the targets are all one."""
    if why := teaches_nothing(OWN_LATENT, instance.grammar):
        return why
    return silent_from(latent_chain(instance.grammar))


class VectorsConcentrate(Check[ChainOfLatentsParameters]):
    """Counts are drawn from their exact law, for each bound at its own sample size.

    Targets are those that stages without noise would have learned.
    """

    id = "lemma-18-bernstein"
    statement = LEMMA.id
    turned_by = ("dead-symbol",)
    quantity = "P[some ‖q̂_μ − q_μ‖ is outside its bound]"
    parameters = ChainOfLatentsParameters
    answers: ClassVar[Answers] = {
        "derived.lemma-18-bernstein/ratio": OnGrammar(_few_patches),
        "derived.lemma-18-bernstein/values": OnGrammar(_one_value),
    }

    def rows(self, parameters: ChainOfLatentsParameters) -> Sequence[Row]:
        """Every bound at every level, from the leaves up."""
        levels = range(parameters.depth, 1, -1)
        return [
            {"level": level, "bound": bound, "part": part}
            for level, bound, part in product(levels, BOUNDS, PARTS)
        ]

    def trial(self, parameters: ChainOfLatentsParameters, trial: Trial) -> Outcome:
        """By level and bound, the largest ratio of ‖q̂ − q‖ to the bound and to ε."""
        found: dict[str, Any] = {}
        for stage in latent_chain(trial.grammar(parameters)):
            values = _values(stage, parameters)
            found[str(stage.level)] = {}
            for bound in BOUNDS:
                size = self.formula(trial.form, f"{bound} samples")
                N = float(on_arrays(size, **values)) * trial.control.samples
                if many := uncounted(stage.level, N):
                    return Outcome.without({"countable": many})
                rng = generator(trial.derive("counts", stage.level, bound))
                seen = self._ratios(stage, values | {"N": math.ceil(N)}, (trial.form, bound), rng)
                found[str(stage.level)][bound] = seen
        return Outcome(found, {"countable": ""})

    def claim(
        self,
        parameters: ChainOfLatentsParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Frequency:
        """In how many trials some patch is outside, against δ."""
        trials = [found[row["bound"]] for found in at_level(outcomes, row["level"])]
        part = row["part"]
        worst = max(trials, key=lambda found: float(found[part]["ratio"]))
        return Frequency(
            sum(found[part]["ratio"] > 1.0 for found in trials),
            len(trials),
            parameters.delta,
            cannot_fail=NEVER_OUTSIDE if all(found[part]["wide"] for found in trials) else "",
            worst={"N": worst["N"], "ratio to the bound": worst[part]["ratio"]},
        )

    def _ratios(
        self,
        stage: LatentStage,
        values: Mapping[str, Any],
        name: tuple[str, str],
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        """Part → the largest ratio of ‖q̂ − q‖, and whether nothing could be outside."""
        law = (stage.joint / stage.joint.sum()).ravel()
        counts = rng.multinomial(values["N"], law).reshape(stage.joint.shape)
        seen = counts.sum(axis=1)
        read = np.flatnonzero(seen)
        means = counts[read] / seen[read, None] @ stage.target
        error = np.linalg.norm(means - stage.posterior[read], axis=1)
        bound = on_arrays(self.formula(*name), frequency=seen[read] / values["N"], **values)
        return {
            "N": values["N"],
            "law": _compared(error, bound, stage.target_range),
            "accuracy": _compared(error, np.asarray(values["epsilon"]), stage.target_range),
        }


def _values(stage: LatentStage, parameters: ChainOfLatentsParameters) -> dict[str, Any]:
    """What the formulas need of a stage."""
    return {
        "patches": len(stage.joint),
        "kappa": float((1.0 / (len(stage.joint) * stage.probability)).max()),
        "delta": parameters.delta,
        "epsilon": parameters.accuracy * math.sqrt(stage.mean_square_separation),
        "target_variance": float(stage.variances.max()),
        "target_range": stage.target_range,
    }


def _compared(error: np.ndarray, bound: np.ndarray, widest: float) -> dict[str, Any]:
    return {"ratio": float((error / bound).max()), "wide": bool((bound >= widest).all())}


CHECKS = (VectorsConcentrate(),)
