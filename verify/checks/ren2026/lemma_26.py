"""Lemma 26: the mean of the next bin, given what the bins before it hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, ClassVar, Literal

from pydantic import Field

from layerproof.theory.deals import filling_probability, fillings
from layerproof.theory.evaluation import exactly
from layerproof.theory.statements.ren2026.lemma_26 import STATEMENT as LEMMA_26
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given, Instance, OnParameters
from layerproof.verify.verdicts.claims import Identity


class MomentParameters(Parameters):
    """Sizes small enough to list every content of a bin after every beginning."""

    sizes: tuple[tuple[int, int], ...] = Field(
        ((2, 2), (2, 3), (3, 2), (3, 3), (4, 2)), description="pairs (V, m)"
    )
    quantities: tuple[Literal["second moment", "covariance"], ...] = (
        "second moment",
        "covariance",
    )


def _two_rules(instance: Instance) -> str:
    if instance.form == "printed" or any(m >= 2 for _, m in instance.parameters.sizes):
        return ""
    return "m is 1, and the repaired form needs m ≥ 2"


class ConditionalMoments(Check[MomentParameters]):
    """Lemma 26 in rational arithmetic, after every possible content of the first bins."""

    id = "lemma-26"
    statement = LEMMA_26.id
    quantity = "largest deviation"
    forms = ("printed", "repaired")
    parameters = MomentParameters
    answers: ClassVar[Answers] = {
        "R26.lemma-26/moments": Given("mean and variance of what every beginning leaves"),
        "R26.lemma-26/bin": Given("the bins are 1 to V"),
        "R26.lemma-26/rules": OnParameters(_two_rules),
    }

    def rows(self, parameters: MomentParameters) -> Sequence[Row]:
        """One row for each of the two formulas."""
        return [{"quantity": quantity} for quantity in parameters.quantities]

    def trial(self, parameters: MomentParameters, trial: Trial) -> Outcome:
        """The largest deviation of each formula, infinite where it is undefined."""
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in parameters.quantities}
        for V, m in parameters.sizes:
            if trial.form == "repaired" and m < 2:
                continue
            for case, moments in _beginnings(V, m):
                for name in parameters.quantities:
                    value = exactly(self.formula(trial.form, name), **case)
                    off = math.inf if value is None else float(abs(value - moments[name]))
                    shown = {key: case[key] for key in ("V", "m", "nu")}
                    found[name].append(shown | {"exact": str(moments[name]), "off": off})
        return Outcome(found)

    def claim(
        self, parameters: MomentParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The worst case over all beginnings; the arithmetic is exact."""
        cases = outcomes[0].values[row["quantity"]]
        worst = max(cases, key=lambda case: case["off"])
        return Identity(worst["off"], 0.0, examined=len(cases), worst=worst)


def _beginnings(V: int, m: int) -> Iterator[tuple[dict[str, Any], dict[str, Fraction]]]:
    """The symbols' values and the true moments, for every bin, what is left, and three vectors."""
    vectors = ([*(2**i for i in range(V - 1)), 1 - 2 ** (V - 1)], [1] + [0] * (V - 1), range(V))
    for nu in range(1, V + 1):
        balls = m * (V - nu + 1)
        for left in fillings([m] * V, balls):
            for z in vectors:
                mean = Fraction(sum(c * x for c, x in zip(left, z, strict=True)), balls)
                square = Fraction(sum(c * x * x for c, x in zip(left, z, strict=True)), balls)
                case: dict[str, Any] = {"V": V, "m": m, "nu": nu}
                case |= {"remaining_mean": mean, "variance": square - mean**2}
                yield case, _moments(left, list(z), m)


def _moments(left: Sequence[int], z: Sequence[int], m: int) -> dict[str, Fraction]:
    """E[τ²] from every content of the bin, and Cov(Z_1, Z_2) from every pair of balls."""
    second = Fraction(0)
    for filling in fillings(left, m):
        mean = Fraction(sum(c * x for c, x in zip(filling, z, strict=True)), m)
        second += filling_probability(filling, left) * mean**2
    balls = sum(left)
    if balls < 2:
        return {"second moment": second, "covariance": Fraction(0)}
    pairs = sum(
        left[a] * (left[b] - (a == b)) * z[a] * z[b] for a in range(len(z)) for b in range(len(z))
    )
    mean = Fraction(sum(c * x for c, x in zip(left, z, strict=True)), balls)
    return {
        "second moment": second,
        "covariance": Fraction(pairs, balls * (balls - 1)) - mean**2,
    }


CHECKS = (ConditionalMoments(),)
