"""How fast Assumption 6(a) gets worse with the exponent of Zipf's law."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.assumptions import assumptions
from layerproof.theory.statements.derived.zipf_degeneracy import STATEMENT as DEGENERACY
from layerproof.theory.zipf import reweighted
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.premises import Answers, drawn_from
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Inequality

ROUNDING = 1e-9
"""Relative; far above what products over a few levels lose, far below any deviation of interest."""


class ZipfExponentParameters(InstanceParameters):
    """One draw of the rules, weighted by several exponents: the draws are paired."""

    exponents: tuple[float, ...] = Field((0.0, 0.5, 1.0, 1.5, 2.0), description="Zipf exponents a")


class ZipfDegeneracy(Check[ZipfExponentParameters]):
    """κ^(l) between its bounds, on every draw; and, as a chart, what K_ρ does meanwhile."""

    id = "zipf-degeneracy"
    statement = DEGENERACY.id
    quantity = "κ^(l) over its bound"
    parameters = ZipfExponentParameters
    about_ensemble = True
    answers: ClassVar[Answers] = {
        "ensemble.uniform-first-token": drawn_from("uniform-first-token", weighted=True)
    }

    def rows(self, parameters: ZipfExponentParameters) -> Sequence[Row]:
        """One row for each bound, level and exponent."""
        return [
            {"part": part, "level": level, "a": a}
            for part in ("most", "least")
            for level in range(1, parameters.depth + 1)
            for a in parameters.exponents
        ]

    def trial(self, parameters: ZipfExponentParameters, trial: Trial) -> Outcome:
        """κ^(l) and ρ^(l) of one draw at every exponent."""
        uniform = trial.grammar(parameters)
        values: dict[str, list[float]] = {}
        for a in parameters.exponents:
            found = assumptions(reweighted(uniform, zipf=a, label_zipf=parameters.label_zipf or 0))
            values[_key("kappa", a)] = [level.kappa for level in found.levels]
            values[_key("rho", a)] = [level.rho for level in found.levels]
        return Outcome(values)

    def claim(
        self, parameters: ZipfExponentParameters, row: Row, outcomes: Sequence[Outcome], form: str
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
        found = np.array([outcome.values[_key("kappa", a)][level - 1] for outcome in outcomes])
        rho = np.array([outcome.values[_key("rho", a)][level - 1] for outcome in outcomes])
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
        self, parameters: ZipfExponentParameters, row: Row, outcomes: Sequence[Outcome], form: str
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
    parameters: ZipfExponentParameters, outcomes: Sequence[Outcome], place: int
) -> list[float]:
    """Medians over draws of κ, 1/ρ², or κ/ρ² at the leaves, one for each exponent."""
    found = []
    for a in parameters.exponents:
        kappa = np.array([outcome.values[_key("kappa", a)][-1] for outcome in outcomes])
        rho = np.array([outcome.values[_key("rho", a)][-1] for outcome in outcomes])
        square = np.divide(1.0, rho**2, out=np.full_like(rho, np.inf), where=rho > 0)
        found.append(float(np.median((kappa, square, kappa * square)[place])))
    return found


def _key(constant: str, exponent: float) -> str:
    """Where a trial keeps a constant at an exponent: a list by level."""
    return f"{constant}@{exponent:g}"


CHECKS = (ZipfDegeneracy(),)
