"""Theorem 7's clauses on width and steps: no level asks for more than a stated polynomial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.statements.ren2026.theorem_7 import STATEMENT as THEOREM_7
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.verdicts.claims import Inequality

CLAUSES = ("width", "steps")
"""Names of the formulas; each has its polynomial under "NAME bound"."""


Size = Annotated[int, Field(ge=2)]


class ChainSizesParameters(Parameters):
    """Values of the letters in which width and steps are polynomial; all combinations are tried."""

    V: tuple[Size, ...] = Field((2, 16, 2**10, 2**16), min_length=1)
    m: tuple[Size, ...] = Field((2, 8, 2**6), min_length=1)
    s: tuple[Size, ...] = Field((2, 8, 2**6), min_length=1)
    levels: tuple[Size, ...] = Field((2, 4, 8), min_length=1)
    kappa: tuple[Annotated[float, Field(ge=1)], ...] = Field((1.0, 2.0**10, 2.0**20), min_length=1)
    K_rho: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (2.0**-20, 2.0**-10, 1.0, 4.0), min_length=1
    )
    delta: tuple[Annotated[float, Field(gt=0, lt=0.1)], ...] = Field(
        (0.09, 2.0**-20, 2.0**-100), min_length=1
    )


class ChainSizes(Check[ChainSizesParameters]):
    """Width and steps of the level that asks for most, l = L, over their polynomials."""

    id = "theorem-7-sizes"
    statement = THEOREM_7.id
    quantity = "largest width or steps / polynomial"
    forms = ("printed", "repaired")
    parameters = ChainSizesParameters
    answers: ClassVar[Answers] = {
        premise: Given("width and steps are formulas: no grammar is drawn")
        for premise in THEOREM_7.premises
    }

    def rows(self, parameters: ChainSizesParameters) -> Sequence[Row]:
        """One row a clause."""
        return [{"clause": clause} for clause in CLAUSES]

    def trial(self, parameters: ChainSizesParameters, trial: Trial) -> Outcome:
        """Nothing is random."""
        return Outcome({})

    def claim(
        self, parameters: ChainSizesParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The largest ratio over all combinations."""
        letters = parameters.model_dump()
        letters["L"] = letters.pop("levels")
        grid = np.meshgrid(*(np.asarray(values, float) for values in letters.values()))
        points = {name: axis.ravel() for name, axis in zip(letters, grid, strict=True)}
        values = points | {"l": points["L"], "C": 1.0}
        ratio = on_arrays(self.formula(form, row["clause"]), **values)
        ratio = ratio / on_arrays(self.formula(form, f"{row['clause']} bound"), **values)
        worst = int(ratio.argmax())
        at = {name: float(axis[worst]) for name, axis in points.items()}
        return Inequality(float(ratio[worst]), "<=", 1.0, examined=len(ratio), worst=at)


CHECKS = (ChainSizes(),)
