"""How the threshold of the layerwise learner grows with m, L and V: exponents."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from layerproof.theory.statements.cagnetta2024.threshold_exponent import STATEMENT as EXPONENT
from layerproof.theory.thresholds import FORMULAS
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.premises import LEARNABLE, Answers, Given
from layerproof.verify.checks.threshold_runs import (
    ended,
    geometric_means,
    learnable,
    predicted_multiple,
    threshold,
)
from layerproof.verify.statistics import log_exponent_interval, slope_weights
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Claim, Equality

Floats = NDArray[np.float64]


class Size(NamedTuple):
    """One size of grammar; n = V."""

    V: int
    m: int
    L: int

    @property
    def key(self) -> str:
        """Its name among a trial's values."""
        return f"V={self.V},m={self.m},L={self.L}"

    @property
    def values(self) -> dict[str, int]:
        """Its values in a formula; the level is that of the leaves."""
        return {"V": self.V, "n": self.V, "m": self.m, "L": self.L, "l": self.L}

    def instance(self, s: int) -> InstanceParameters:
        """The parameters of a grammar of this size."""
        sizes = {"V": self.V, "m": self.m, "s": s, "L": self.L}
        return InstanceParameters.model_validate(sizes)


class ExponentParameters(Parameters):
    """All L with all m at one V; and all V at one L and m."""

    V: int = Field(16, ge=2)
    s: int = Field(2, ge=2)
    levels: tuple[int, ...] = Field((2, 3, 4), min_length=2)
    rules: tuple[int, ...] = Field((3, 4, 5, 6, 8), min_length=2)
    vocabularies: tuple[int, ...] = Field((16, 24, 32, 48, 64), min_length=2)
    at_L: int = Field(3, ge=2, description="L of the sizes that differ in V")
    at_m: int = Field(4, ge=2, description="m of the sizes that differ in V")
    largest: int = Field(12_000, ge=1, description="sizes with n m^L above this are left out")
    strings: int = Field(1000, ge=100, description="test strings of each training")
    margin: float = Field(0.1, gt=0, description="relative margin of the equivalence test")

    @property
    def grid(self) -> tuple[Size, ...]:
        """The sizes at one V, without those that take too long."""
        sizes = (Size(self.V, m, L) for L in self.levels for m in self.rules)
        return tuple(size for size in sizes if size.V * size.m**size.L <= self.largest)

    @property
    def wide(self) -> tuple[Size, ...]:
        """The sizes at one L and m."""
        return tuple(Size(V, self.at_m, self.at_L) for V in self.vocabularies)


class ThresholdExponents(Check[ExponentParameters]):
    """log N* against the logarithm of a size: slopes of single trials, and their mean.

    A trial has one grammar of each size. N is what the leaf stage is given, N^(L) = X n m^L; the
    stages above have X n m^l, so that all together have N (1 − m^(−L))/(1 − 1/m). At fixed m, the
    slope is the one that the sizes of each m have in common.
    """

    id = "threshold-exponent"
    statement = EXPONENT.id
    turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents")
    quantity = "exponent of N*"
    forms = ("printed", "repaired")
    parameters = ExponentParameters
    needs_torch = True
    forms_share_trials = True
    answers: ClassVar[Answers] = {
        **LEARNABLE,
        "ensemble.uniform-first-token": Given("its default ensemble, at every size"),
        "C24.threshold-exponent/learner": Given("the layerwise one, and no other"),
    }

    def rows(self, parameters: ExponentParameters) -> Sequence[Row]:
        """Of m^L and of N_× over all sizes, of m^L at fixed m, of m at each L, and of V."""
        grid = parameters.grid
        widths = {L: sum(size.L == L for size in grid) for L in parameters.levels}
        return [
            {"of": "m^L"},
            {"of": "m^L", "N": "of all stages"},
            {"of": "crossover"},
            {"of": "predicted N*"},
            {"of": "m^L", "at": "fixed m"},
            *({"of": "m", "L": L} for L, number in widths.items() if number > 1),
            {"of": "V"},
        ]

    def trial(self, parameters: ExponentParameters, trial: Trial) -> Outcome:
        """N* measured and predicted, for one grammar of every size."""
        values: dict[str, tuple[float, float]] = {}
        formulas = {name: self.formula("repaired", name) for name in FORMULAS}
        for size in dict.fromkeys((*parameters.grid, *parameters.wide)):
            grammar, premises = learnable(size.instance(parameters.s), trial)
            if any(premises.values()):
                return Outcome.without(premises)
            found = threshold(grammar, trial, parameters.strings, size.key).threshold
            base = float(size.V * size.m**size.L)
            values[size.key] = found * base, predicted_multiple(grammar, formulas) * base
        return Outcome(values, premises)

    def claim(
        self, parameters: ExponentParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The mean slope against that of the prediction over the same sizes."""
        sizes = _sizes(parameters, row)
        found, predicted = _thresholds(outcomes, sizes)
        x = self._abscissa(row, sizes, predicted, form)
        if form == "printed":
            formula = self.formula(form, "threshold")
            predicted = np.array([[formula(**size.values) for size in sizes]])
        if "N" in row:
            stages = np.array([_all_stages(size) for size in sizes])
            found, predicted = found * stages, predicted * (stages if form == "repaired" else 1.0)
        groups = [size.m if "at" in row else 0 for size in sizes]
        interval = log_exponent_interval(x, found, 0.95, groups=groups)
        expected = float((np.log(predicted) @ slope_weights(x, groups)).mean())
        if form == "printed" and row["of"] in ("crossover", "predicted N*"):
            expected = 1.0  # as printed, these are n m^L with another constant
        return Equality(interval, expected, parameters.margin, trials=len(found))

    def pictures(
        self, parameters: ExponentParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """Thresholds against what they are to grow as, beside the exponents over all sizes."""
        if "N" in row or "at" in row or row["of"] not in ("m^L", "crossover", "predicted N*"):
            return ()
        sizes = parameters.grid
        found, predicted = _thresholds(outcomes, sizes)
        x = self._abscissa(row, sizes, predicted, form)
        if row["of"] == "m^L":
            x = x * parameters.V
        name = {"m^L": "n m^L", "crossover": "N_×"}.get(row["of"], "predicted N*")
        factor = math.exp(float(np.mean(np.log(found) - np.log(x))))
        columns = {L: [size.L == L for size in sizes] for L in parameters.levels}
        measured = [
            geometric_means(f"L = {L}", x[mine], found[:, mine]) for L, mine in columns.items()
        ]
        ends = [float(x.min()), float(x.max())]
        fitted = [factor * end for end in ends]
        return (
            Chart(
                f"Smallest sufficient N against {name}",
                f"Every size lies on the line if N* is a constant multiple of {name}.",
                Axis(f"{name} (samples)", "log"),
                Axis("N* (samples of the leaf stage)", "log"),
                [*measured, Series(f"{factor:.2f} {name}", ends, fitted, role="predicted")],
            ),
        )

    def _abscissa(self, row: Row, sizes: Sequence[Size], predicted: Floats, form: str) -> Floats:
        if row["of"] == "predicted N*":
            return np.asarray(np.exp(np.log(predicted).mean(axis=0)))
        if row["of"] == "crossover":
            crossover = self.formula(form, "crossover")
            return np.array([crossover(**size.values) for size in sizes])
        powers = {
            "m": [size.m for size in sizes],
            "m^L": [size.m**size.L for size in sizes],
            "V": [size.V for size in sizes],
        }
        return np.asarray(powers[row["of"]], dtype=np.float64)


def _sizes(parameters: ExponentParameters, row: Row) -> tuple[Size, ...]:
    if row["of"] == "V":
        return parameters.wide
    return tuple(size for size in parameters.grid if row.get("L", size.L) == size.L)


def _thresholds(outcomes: Sequence[Outcome], sizes: Sequence[Size]) -> tuple[Floats, Floats]:
    """N* of every trial and size, measured and predicted, (r, k) both.

    Raises ThinEvidence where a search did not end.
    """
    both = np.array([[outcome.values[size.key] for size in sizes] for outcome in outcomes])
    return ended(both[..., 0]), both[..., 1]


def _all_stages(size: Size) -> float:
    return float(sum(float(size.m) ** (level - size.L) for level in range(1, size.L + 1)))


CHECKS = (ThresholdExponents(),)
