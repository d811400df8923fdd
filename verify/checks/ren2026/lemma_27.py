"""Lemmas 26 and 27: the mean of the next bin, given what the bins before it hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from theory.deals import deal, filling_probability, fillings
from theory.evaluation import exactly, on_arrays
from theory.grammar_checks import Floats
from theory.randomness import generator
from theory.statements.lemma_26 import STATEMENT as LEMMA_26
from theory.statements.lemma_27 import STATEMENT as LEMMA_27
from verify.checks.base import Check, Outcome, Parameters, Row, Trial
from verify.checks.premises import Answers, Given, Instance, OnParameters
from verify.checks.vectors import KINDS, Kind, vector
from verify.claims import Frequency, Identity


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


CHECKS = (ConditionalMoments(), MiddleBinsKeepTheirShare())
