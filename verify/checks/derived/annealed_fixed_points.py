"""The fixed points of the annealed map and its slopes there, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import sympy as sp
from pydantic import Field

from layerproof.theory.symbols import V, belief, m, s
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.verdicts.claims import Identity


class MapSizes(Parameters):
    """The sizes at which the map is looked at, each V, m, s."""

    sizes: tuple[tuple[int, int, int], ...] = Field(
        ((8, 3, 2), (16, 4, 2), (16, 12, 2), (32, 4, 2), (8, 4, 3), (6, 6, 3), (5, 3, 4)),
        description="V, m, s of each map",
    )


class AnnealedFixedPoints(Check[MapSizes]):
    """Differentiates the map of the statement, and puts rational numbers for the letters."""

    id = "annealed-fixed-points"
    statement = "derived.annealed-fixed-points"
    quantity = "p' − p, dp'/dp at fixed points"
    parameters = MapSizes
    answers: ClassVar[Answers] = {
        "R26.definition-3": Given("the map is one of sizes, and no grammar is drawn")
    }

    def rows(self, parameters: MapSizes) -> Sequence[Row]:
        """The three fixed points, and the slopes at two of them."""
        return [
            {"of": name}
            for name in ("1/V", "1", "threshold", "noise", "slope at 1/V", "slope at 1")
        ]

    def trial(self, parameters: MapSizes, trial: Trial) -> Outcome:
        """Nothing is drawn: the claim evaluates the formulas."""
        return Outcome({})

    def claim(
        self, parameters: MapSizes, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The largest deviation over the sizes, each an exact rational number."""
        found = {sizes: self._deviation(form, row["of"], sizes) for sizes in parameters.sizes}
        known = {sizes: abs(value) for sizes, value in found.items() if value is not None}
        worst = max(known, key=lambda sizes: known[sizes])
        shown = dict(zip(("V", "m", "s"), worst, strict=True))
        return Identity(float(known[worst]), 0.0, examined=len(known), worst=shown)

    def _deviation(self, form: str, of: str, sizes: tuple[int, int, int]) -> sp.Expr | None:
        """None where the row says nothing of these sizes: the threshold is one of s = 2."""
        values = dict(zip((V, m, s), sizes, strict=True))
        of_belief = self.formula(form, "map").expression.subs(values)

        def put(expression: sp.Expr, at: sp.Expr) -> sp.Expr:
            return expression.subs(belief, at)

        fixed = {"1/V": sp.Rational(1, sizes[0]), "1": sp.Integer(1)}
        if of.startswith("slope"):
            slope = put(sp.diff(of_belief, belief), fixed[of.removeprefix("slope at ")])
            return slope - self.formula(form, of).expression.subs(values)
        if of in fixed:
            return put(of_belief, fixed[of]) - fixed[of]
        if sizes[2] != 2:
            return None
        at = self.formula(form, "threshold").expression.subs(values)
        if of == "noise":
            noise = self.formula(form, "noise").expression.subs(values)
            at = 1 - noise * (1 - fixed["1/V"])
        return put(of_belief, at) - at


CHECKS = (AnnealedFixedPoints(),)
