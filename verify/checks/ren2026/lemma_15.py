"""Lemma 15: gradient descent on one layer's ridge problem, from its first step to its bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.statements.ren2026.lemma_15 import STATEMENT as LEMMA_15
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.ren2026.clusters import COPIES, SHARES, Clusters, cells
from layerproof.verify.checks.ren2026.constructed import (
    BUILT,
    ULP,
    ConstructedParameters,
    figures_of,
    outcome_of,
    ridge_solution,
)
from layerproof.verify.verdicts.claims import Inequality


class DescentParameters(ConstructedParameters):
    """And the bounds and numbers of steps."""

    patches: tuple[int, ...] = Field((1, 2, 4, 16), min_length=1, description="values of |P_l|")
    sharp: bool = Field(False, description="the sharp rate and norm of the repaired form")
    steps: tuple[float, ...] = Field((0.0, 1.0, 5.0), description="T in units of |P_l|; 0 means 1")


class DescentRate(Check[DescentParameters]):
    """Lemma 15: T steps of gradient descent from W = 0, and the norm of what they approach.

    Among the samples is the worst spectrum: all samples show one patch, one embedding of it.
    """

    id = "lemma-15"
    statement = LEMMA_15.id
    turned_by = ("merged-clusters", "large-step-size")
    quantity = "‖W_T − W_*‖/‖W_*‖ (rate), ‖W_*‖ (norm)"
    forms = ("printed", "repaired")
    parameters = DescentParameters
    answers = BUILT

    def rows(self, parameters: DescentParameters) -> Sequence[Row]:
        """The rate of the descent, then the norm of the solution."""
        return [{"part": "rate"}, {"part": "norm"}]

    def trial(self, parameters: DescentParameters, trial: Trial) -> Outcome:
        """Ratio and norm of every embedding and sample."""
        found, premises = [], []
        prefix = "sharp " if parameters.sharp else ""
        for name, built, rng in parameters.built(trial):
            premises.append(built.premises())
            for share in parameters.shares:
                for copy, law in COPIES.items():
                    joint = cells(
                        SHARES[share](name["patches"], rng),
                        law(parameters.copies, rng),
                        "independent" if copy == "random" else "one label",
                        1,
                        rng,
                    )
                    where = {**name, "shares": share, "copies": copy}
                    found += self._examined(built, joint, where, parameters, trial, prefix)
        return outcome_of(found, premises)

    def _examined(
        self,
        built: Clusters,
        joint: Floats,
        where: dict[str, Any],
        parameters: DescentParameters,
        trial: Trial,
        prefix: str,
    ) -> list[dict[str, Any]]:
        P = where["patches"]
        best, curvature, slope = ridge_solution(built.vectors, joint, 1 / P)
        size = float(np.linalg.norm(best))
        limit = float(on_arrays(self.formula(trial.form, f"{prefix}norm"), patches=P))
        found: list[dict[str, Any]] = [{"part": "norm", "value": size, "bound": limit, **where}]
        step = float(on_arrays(self.formula(trial.form, "step size"), patches=P))
        step *= trial.control.step_size
        W, done = np.zeros_like(best), 0
        for T in sorted({max(1, round(multiple * P)) for multiple in parameters.steps}):
            for _ in range(T - done):
                W = W - step * (W @ curvature - slope)
            done = T
            rate = float(
                on_arrays(self.formula(trial.form, f"{prefix}contraction"), patches=P, T=T)
            )
            ratio = float(np.linalg.norm(W - best)) / size
            found.append({"part": "rate", "value": ratio, "bound": rate, "T": T, **where})
        return found

    def claim(
        self, parameters: DescentParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The value that is the largest part of its bound."""
        found = [entry for entry in figures_of(outcomes) if entry["part"] == row["part"]]
        worst = max(found, key=lambda entry: entry["value"] / entry["bound"])
        return Inequality(
            worst["value"],
            self.relation(form),
            worst["bound"],
            examined=len(found),
            rounding=self._rounding(parameters),
            worst={**worst, "value / bound": worst["value"] / worst["bound"]},
        )

    def _rounding(self, parameters: DescentParameters) -> float:
        # Each step rounds W by 2D units of the last place, and (P + 2)/2 steps are remembered.
        P = max(parameters.patches)
        return 2 * P * (1 + parameters.copies) * (P + 2) * ULP


CHECKS = (DescentRate(),)
