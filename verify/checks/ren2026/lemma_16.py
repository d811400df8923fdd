"""Lemma 16: the multiple of q̂_μ in the ridge solution is not small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.statements.ren2026.lemma_16 import STATEMENT as LEMMA_16
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.checks.ren2026.clusters import COPIES
from layerproof.verify.checks.ren2026.constructed import (
    BUILT,
    ULP,
    ConstructedParameters,
    figures_of,
    outcome_of,
)
from layerproof.verify.verdicts.claims import Inequality


class CoefficientParameters(ConstructedParameters):
    """And which of the printed constants is meant."""

    patches: tuple[int, ...] = Field((1, 2, 4, 8), min_length=1, description="values of |P_l|")
    copies: int = Field(3, ge=2, description="embeddings of each patch")
    quoted: bool = Field(False, description="1/2 as quoted in Sec. 4.1.2, in place of 1/4")


class Coefficient(Check[CoefficientParameters]):
    """Lemma 16: c_μ for every patch that was seen and every embedding of it.

    Beside the clusters of :mod:`layerproof.verify.checks.ren2026.clusters`, random ones of the same
    diameter, each patch at p̂ from 10^(−3) λ to 1.
    """

    id = "lemma-16"
    statement = LEMMA_16.id
    turned_by = ("merged-clusters",)
    quantity = "c_μ"
    forms = ("printed", "repaired")
    parameters = CoefficientParameters
    answers: ClassVar[Answers] = {
        **BUILT,
        "R26.lemma-16/spread": Given("clusters are as wide as λ_W/4"),
        "R26.lemma-16/seen": Given("every p̂ that is tried is positive"),
    }

    def trial(self, parameters: CoefficientParameters, trial: Trial) -> Outcome:
        """c_μ and its bound, for the embedding at which c_μ is least."""
        found, premises = [], []
        for name, built, rng in parameters.built(trial):
            premises.append(built.premises())
            P = name["patches"]
            cap = random_cluster(parameters.copies, built.spread, rng)
            for kind, x in (("simplex", built.vectors[0]), ("random", cap)):
                for copy, law in COPIES.items():
                    weight = law(parameters.copies, rng)
                    for share in sorted({1e-3 / P, 0.1 / P, 1 / P, 0.5, 1.0}):
                        where = {**name, "cluster": kind, "copies": copy, "frequency": share}
                        worst = self._worst(
                            x, weight, share, 1 / P, built.spread, trial, parameters
                        )
                        found.append(worst | where)
        return outcome_of(found, premises)

    def _worst(
        self,
        x: Floats,
        weight: Floats,
        share: float,
        ridge: float,
        spread: float,
        trial: Trial,
        parameters: CoefficientParameters,
    ) -> dict[str, Any]:
        curvature = share * (x * weight[:, None]).T @ x + ridge * np.eye(x.shape[1])
        least = float((x @ np.linalg.solve(curvature, weight @ x)).min())
        formula = self.formula(trial.form, "quoted" if parameters.quoted else "coefficient")
        values = {"frequency": share, "ridge": ridge, "epsilon_S": spread}
        return {"value": least, "bound": float(on_arrays(formula, **values))}

    def claim(
        self, parameters: CoefficientParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The coefficient that exceeds its bound by the smallest factor."""
        found = figures_of(outcomes)
        worst = min(found, key=lambda entry: entry["value"] / entry["bound"])
        return Inequality(
            worst["value"],
            self.relation(form),
            worst["bound"],
            examined=len(found),
            rounding=1e3 * ULP * max(parameters.patches) ** 2,  # condition P + 1, values up to P
            worst={**worst, "value / bound": worst["value"] / worst["bound"]},
        )


def random_cluster(copies: int, diameter: float, rng: np.random.Generator) -> Floats:
    """Unit vectors around one direction, (copies, copies + 1), whose diameter is `diameter`."""
    offsets = rng.standard_normal((copies, copies))
    low, high = 0.0, 4.0 * diameter
    for _ in range(60):
        middle = (low + high) / 2
        points = np.c_[np.ones(copies), middle * offsets]
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        widest = np.linalg.norm(points[:, None] - points[None], axis=2).max()
        low, high = (low, middle) if widest > diameter else (middle, high)
    points = np.c_[np.ones(copies), low * offsets]
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


CHECKS = (Coefficient(),)
