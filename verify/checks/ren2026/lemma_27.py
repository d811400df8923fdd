"""Lemma 27: bins in the middle third keep their share of the squared norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from layerproof.theory.deals import deal
from layerproof.theory.evaluation import on_arrays
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.lemma_27 import STATEMENT as LEMMA_27
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.checks.ren2026.vectors import KINDS, Kind, vector
from layerproof.verify.verdicts.claims import Frequency

Bound = Literal["lower", "upper", "sharp lower"]


class WindowParameters(Parameters):
    """One deal of a vector's values, looked at in the bins of the middle third."""

    V: int = Field(16, ge=2)
    m: int = Field(2000, ge=1)
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability allowed")
    z: tuple[Kind, ...] = KINDS
    bounds: tuple[Bound, ...] = ("lower", "upper")

    @property
    def window(self) -> np.ndarray:
        """The bins ν with V/3 ≤ ν ≤ 2V/3."""
        return np.arange(-(-self.V // 3), 2 * self.V // 3 + 1)


class MiddleBinsKeepTheirShare(Check[WindowParameters]):
    """Lemma 27 for all bins of the window at once: the conditional moment is exact, a deal random.

    With the lower bound's + at its strongest in the printed form, and its − in the repaired one.
    """

    id = "lemma-27"
    statement = LEMMA_27.id
    quantity = "P[some bin of the window is outside]"
    forms = ("printed", "repaired")
    parameters = WindowParameters
    answers: ClassVar[Answers] = {
        "R26.lemma-27/window": Given("all bins of the window are looked at, no others")
    }

    def rows(self, parameters: WindowParameters) -> Sequence[Row]:
        """One row for every bound and vector."""
        return [{"bound": bound, "z": z} for bound in parameters.bounds for z in parameters.z]

    def trial(self, parameters: WindowParameters, trial: Trial) -> Outcome:
        """E[τ_ν² | F_{ν−1}] / ‖z‖² in the window, for one deal of every vector."""
        return Outcome({kind: self._moments(parameters, trial, kind) for kind in parameters.z})

    def _moments(self, parameters: WindowParameters, trial: Trial, kind: Kind) -> list[float]:
        rng = generator(trial.derive("deal", kind))
        z = vector(kind, parameters.V, rng)
        filled = deal(z, parameters.m, rng)
        sums = np.cumsum(filled.sum(axis=1)[::-1])[::-1][parameters.window - 1]
        squares = np.cumsum((filled**2).sum(axis=1)[::-1])[::-1][parameters.window - 1]
        left = parameters.m * (parameters.V - parameters.window + 1)
        moments = on_arrays(
            self.formula(trial.form, "second moment"),
            V=parameters.V,
            m=parameters.m,
            nu=parameters.window,
            remaining_mean=sums / left,
            variance=squares / left - (sums / left) ** 2,
        )
        return [float(moment) for moment in moments / (z @ z)]

    def claim(
        self, parameters: WindowParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Frequency:
        """How often some bin of the window lies outside the bound."""
        bound = self._bound(parameters, row["bound"], form, parameters.m)
        moments = np.array([outcome.values[row["z"]] for outcome in outcomes])
        inside = moments <= bound if row["bound"] == "upper" else moments >= bound
        failures = int((~inside.all(axis=1)).sum())
        ratios = moments / np.where(bound == 0, 1.0, bound)
        worst = ratios.max() if row["bound"] == "upper" else ratios.min()
        sharper = row["bound"] == "sharp lower"
        return Frequency(
            failures,
            len(outcomes),
            parameters.delta / 2 if sharper else parameters.delta,
            cannot_fail=self._cannot_fail(parameters, row["bound"], form),
            worst={"worst moment / bound": float(worst)},
        )

    def _bound(self, parameters: WindowParameters, bound: str, form: str, m: Any) -> Floats:
        found = on_arrays(
            self.formula(form, bound),
            V=parameters.V,
            m=m,
            nu=parameters.window,
            delta=parameters.delta,
            square_length=1.0,
            sign=1,
        )
        return np.broadcast_to(found, np.broadcast_shapes(found.shape, parameters.window.shape))

    def _cannot_fail(self, parameters: WindowParameters, bound: str, form: str) -> str:
        """Whether the bound lies beyond what any deal can give, and from which m on it does not.

        0 ≤ E[τ_ν² | F] ≤ the mean of the remaining squares ≤ ‖z‖²/(V − ν + 1), as Σ over what
        remains is at most m ‖z‖².
        """
        most = 1.0 / (parameters.V - parameters.window + 1)

        def idle(m: int) -> bool:
            limit = self._bound(parameters, bound, form, m)
            return bool((limit >= most).all() if bound == "upper" else (limit <= 0).all())

        if not idle(parameters.m):
            return ""
        first = next((m for m in range(parameters.m, 100_000) if not idle(m)), None)
        reach = "moments are at most ‖z‖²/(V − ν + 1)" if bound == "upper" else "the bound is ≤ 0"
        return f"{reach} at this size; it could fail from m = {first} on"


CHECKS = (MiddleBinsKeepTheirShare(),)
