"""With Zipf weights: how fast Assumption 6(a) gets worse, and that the signal does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from theory.assumptions import assumptions
from theory.population import first_token_law
from theory.statements.zipf_contraction import STATEMENT as CONTRACTION
from theory.statements.zipf_degeneracy import STATEMENT as DEGENERACY
from theory.zipf import reweighted
from verify.charts import Axis, Chart, Picture, Series
from verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from verify.checks.edges import two_labels
from verify.checks.premises import Answers, drawn_from
from verify.claims import Equality, Inequality
from verify.statistics import bounded_mean_interval, mean_interval

ROUNDING = 1e-9
"""Relative; far above what products over a few levels lose, far below any deviation of interest."""


class ExponentParameters(InstanceParameters):
    """One draw of the rules, weighted by several exponents: the draws are paired."""

    exponents: tuple[float, ...] = Field((0.0, 0.5, 1.0, 1.5, 2.0), description="Zipf exponents a")


class ZipfDegeneracy(Check[ExponentParameters]):
    """κ^(l) between its bounds, on every draw; and, as a chart, what K_ρ does meanwhile."""

    id = "zipf-degeneracy"
    statement = DEGENERACY.id
    quantity = "κ^(l) over its bound"
    parameters = ExponentParameters
    about_ensemble = True
    answers: ClassVar[Answers] = {
        "ensemble.uniform-first-token": drawn_from("uniform-first-token", weighted=True)
    }

    def rows(self, parameters: ExponentParameters) -> Sequence[Row]:
        """One row for each bound, level and exponent."""
        return [
            {"part": part, "level": level, "a": a}
            for part in ("most", "least")
            for level in range(1, parameters.depth + 1)
            for a in parameters.exponents
        ]

    def trial(self, parameters: ExponentParameters, trial: Trial) -> Outcome:
        """κ^(l) and ρ^(l) of one draw at every exponent."""
        uniform = trial.grammar(parameters)
        values: dict[str, list[float]] = {}
        for a in parameters.exponents:
            found = assumptions(reweighted(uniform, zipf=a, label_zipf=parameters.label_zipf or 0))
            values[f"kappa@{a:g}"] = [level.kappa for level in found.levels]
            values[f"rho@{a:g}"] = [level.rho for level in found.levels]
        return Outcome(values)

    def claim(
        self, parameters: ExponentParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The worst draw, as a share of the bound."""
        level, a = row["level"], row["a"]
        bound = self.formula(form, row["part"])(
            m=parameters.m,
            n=parameters.classes or parameters.V,
            l=level,
            zipf=a,
            label_zipf=parameters.label_zipf or 0.0,
        )
        found = np.array([outcome.values[f"kappa@{a:g}"][level - 1] for outcome in outcomes])
        rho = np.array([outcome.values[f"rho@{a:g}"][level - 1] for outcome in outcomes])
        upper = row["part"] == "most"
        return Inequality(
            measured=float((found.max() if upper else found.min()) / bound),
            relation="<=" if upper else ">=",
            bound=1.0,
            examined=len(found),
            rounding=ROUNDING,
            worst={
                "kappa": float(found.max() if upper else found.min()),
                "kappa_median": float(np.median(found)),
                "rho_median": float(np.median(rho)),
                "draws_with_rho_0": int((rho == 0.0).sum()),
            },
        )

    def pictures(
        self,
        parameters: ExponentParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Sequence[Picture]:
        """Beside the first row: the factors of the theorem's sample bound against the exponent."""
        if row != self.rows(parameters)[0]:
            return ()
        exponents = list(parameters.exponents)
        factors = {"κ": 0, "1/ρ²": 1, "κ/ρ²": 2}
        series = [
            Series(f"{name}, level {parameters.depth}", exponents, column)
            for name, place in factors.items()
            if all(map(math.isfinite, column := _medians(parameters, outcomes, place)))
        ]
        caption = (
            "Medians over draws, beside each other: degeneracy, lost signal, and their product."
        )
        axes = Axis("Zipf exponent a"), Axis("factor of the sample bound", "log")
        return (Chart("What Zipf weights do to the theorem's bound", caption, *axes, series),)


def _medians(
    parameters: ExponentParameters, outcomes: Sequence[Outcome], place: int
) -> list[float]:
    """Medians over draws of κ, 1/ρ², or κ/ρ² at the leaves, one for each exponent."""
    found = []
    for a in parameters.exponents:
        kappa = np.array([outcome.values[f"kappa@{a:g}"][-1] for outcome in outcomes])
        rho = np.array([outcome.values[f"rho@{a:g}"][-1] for outcome in outcomes])
        square = np.divide(1.0, rho**2, out=np.full_like(rho, np.inf), where=rho > 0)
        found.append(float(np.median((kappa, square, kappa * square)[place])))
    return found


class ContractionParameters(InstanceParameters):
    """One level of rules with one exponent; `margin` is relative."""

    zipf: float | None = Field(1.0, ge=0, description="Zipf exponent of the rules")
    L: int = Field(2, ge=2, description="levels; the rules below the labels are looked at")
    margin: float = Field(0.02, gt=0, description="relative margin of the equivalence test")


class ZipfContraction(Check[ContractionParameters]):
    """‖P(e_μ − e_μ')‖²/2 of one transition matrix, averaged over all pairs of tokens."""

    id = "zipf-contraction"
    statement = CONTRACTION.id
    quantity = "E‖P z‖²/‖z‖²"
    trials = 200
    parameters = ContractionParameters
    about_ensemble = True
    answers: ClassVar[Answers] = {
        "ensemble.uniform-first-token": drawn_from("uniform-first-token", weighted=True)
    }

    def trial(self, parameters: ContractionParameters, trial: Trial) -> Outcome:
        """The mean over pairs, from one drawn level."""
        grammar = trial.grammar(parameters)
        if grammar.vocabularies[0] != grammar.vocabularies[1]:
            return Outcome({}, {"R26.definition-4": "There are not as many labels as tokens."})
        premises = two_labels(grammar)
        if any(premises.values()):
            return Outcome({}, premises)
        P = first_token_law(grammar, 1)
        spread = ((P - P.mean(axis=1, keepdims=True)) ** 2).sum()
        # The mean of ‖P e_μ − P e_μ'‖² over μ ≠ μ' is 2 · spread/(V − 1), and ‖e_μ − e_μ'‖² is 2.
        return Outcome({"contraction": float(spread / (P.shape[1] - 1))}, premises)

    def claim(
        self, parameters: ContractionParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        found = [outcome.values["contraction"] for outcome in outcomes]
        predicted = self.formula(form, "contraction")(
            V=parameters.V, m=parameters.m, zipf=parameters.zipf or 0.0
        )
        # Every one of the V rows of P is a law, with Σ (P − 1/V)² ≤ 1 − 1/V.
        sure = bounded_mean_interval(found, 0.95, (0.0, 1.0))
        nominal = mean_interval(found, 0.95)
        return Equality(nominal, predicted, parameters.margin, len(found), guaranteed=sure)


CHECKS = (ZipfDegeneracy(), ZipfContraction())
