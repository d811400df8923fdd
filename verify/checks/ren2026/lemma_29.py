"""Lemma 29: one first-token matrix shortens a centred vector by no more than √(20m)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from layerproof.theory.deals import deal
from layerproof.theory.evaluation import on_arrays
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.lemma_29 import STATEMENT as LEMMA_29
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.ren2026.first_tokens import (
    NEVER_SHORT,
    ROUNDING,
    SizeParameters,
    least_factor,
    with_probability,
)
from layerproof.verify.checks.ren2026.vectors import KINDS, Kind, vector
from layerproof.verify.verdicts.claims import Claim


class ShorteningParameters(SizeParameters):
    """Vectors that one matrix is applied to; `length` is ‖z‖."""

    z: tuple[Kind, ...] = KINDS
    length: float = Field(1.0, gt=0, description="‖z‖")


class OneMatrix(Check[ShorteningParameters]):
    """Lemma 29: one random matrix on one vector, chosen before the matrix is drawn."""

    id = "lemma-29"
    statement = LEMMA_29.id
    quantity = "P[image too short]"
    forms = ("printed", "repaired")
    parameters = ShorteningParameters

    def rows(self, parameters: ShorteningParameters) -> Sequence[Row]:
        """One row a vector."""
        return [{"z": z} for z in parameters.z]

    def trial(self, parameters: ShorteningParameters, trial: Trial) -> Outcome:
        """‖P z‖² for one deal of every vector."""
        images: dict[str, float] = {}
        for kind in parameters.z:
            rng = generator(trial.derive("deal", kind))
            z = vector(kind, parameters.V, rng)
            z *= parameters.length / math.sqrt(z @ z)
            images[kind] = float((deal(z, parameters.m, rng).mean(axis=1) ** 2).sum())
        return Outcome(images)

    def claim(
        self, parameters: ShorteningParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """How often the image is too short."""
        images = np.array([outcome.values[row["z"]] for outcome in outcomes])
        measured = on_arrays(self.formula(form, "measured"), square_image=images)
        sizes = {"m": parameters.m, "square_length": parameters.length**2}
        bound = float(on_arrays(self.formula(form, "bound"), **sizes))
        least = np.array([parameters.length**2 * least_factor(parameters.V, parameters.m)])
        shortest = float(on_arrays(self.formula(form, "measured"), square_image=least)[0])
        return with_probability(
            int((measured < bound * (1 - ROUNDING)).sum()),
            len(images),
            self.formula(form, "failure"),
            parameters.model_dump(include={"V", "m", "C"}),
            {"shortest": float(measured.min()), "bound": bound},
            NEVER_SHORT if shortest >= bound * (1 - ROUNDING) else "",
        )


CHECKS = (OneMatrix(),)
