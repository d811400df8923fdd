"""How the threshold of the layerwise learner grows with m, L and V: exponents and their verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from theory.randomness import generator
from theory.statements.threshold_exponent import STATEMENT as EXPONENT
from verify.charts import Axis, Chart, Picture, Series
from verify.checks.base import Check, InstanceParameters, Outcome, Parameters, Row, Trial
from verify.checks.scaling_runs import learnable, threshold
from verify.claims import Claim, Equality
from verify.statistics import ThinEvidence, log_exponent_interval, mean_interval, slope

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


class ExponentParameters(Parameters):
    """All L with all m at one V; and all V at one L and m."""

    V: int = Field(16, ge=2)
    s: int = Field(2, ge=2)
    levels: tuple[int, ...] = Field((2, 3, 4), min_length=1)
    rules: tuple[int, ...] = Field((3, 4, 5, 6, 7), min_length=2)
    vocabularies: tuple[int, ...] = Field((16, 24, 32, 48, 64), min_length=2)
    at_L: int = Field(3, ge=2, description="L of the sizes that differ in V")
    at_m: int = Field(4, ge=2, description="m of the sizes that differ in V")
    largest: int = Field(25_000, ge=1, description="sizes with n m^L above this are left out")
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
    stages above have X n m^l, so that all together have N (1 − m^(−L))/(1 − 1/m).
    """

    id = "threshold-exponent"
    statement = EXPONENT.id
    quantity = "exponent of N*"
    forms = ("printed", "repaired")
    parameters = ExponentParameters
    needs_torch = True

    def rows(self, parameters: ExponentParameters) -> Sequence[Row]:
        """Of m at each L, of m^L at each m, of V, and of the predicted threshold over all sizes."""
        grid = parameters.grid
        depths = {m: sum(size.m == m for size in grid) for m in parameters.rules}
        widths = {L: sum(size.L == L for size in grid) for L in parameters.levels}
        return [
            {"of": "prediction"},
            {"of": "prediction", "N": "of all stages"},
            *({"of": "m", "L": L} for L, number in widths.items() if number > 1),
            *({"of": "m^L", "m": m} for m, number in depths.items() if number > 1),
            {"of": "V"},
        ]

    def trial(self, parameters: ExponentParameters, trial: Trial) -> Outcome:
        """The threshold of one grammar of every size."""
        values: dict[str, float] = {}
        for size in dict.fromkeys((*parameters.grid, *parameters.wide)):
            instance = InstanceParameters(V=size.V, m=size.m, s=parameters.s, L=size.L)
            grammar, premises = learnable(instance, trial)
            if any(premises.values()):
                return Outcome({}, premises)
            found = threshold(grammar, trial, parameters.strings, size.key)
            values[size.key] = found.threshold * size.V * size.m**size.L
        return Outcome(values, premises)

    def claim(
        self,
        parameters: ExponentParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Claim:
        """The mean slope against that of the formula."""
        sizes = _sizes(parameters, row)
        found = _thresholds(outcomes, sizes)
        if "N" in row:
            found = found * [_all_stages(size) for size in sizes]
        predicted = np.array([self._predicted(size, form) for size in sizes])
        x = {
            "m": [size.m for size in sizes],
            "m^L": [size.m**size.L for size in sizes],
            "V": [size.V for size in sizes],
            "prediction": predicted,
        }[row["of"]]
        interval = log_exponent_interval(x, found, 0.95, generator(0, "bootstrap"))
        return Equality(interval, slope(x, predicted), parameters.margin, trials=len(found))

    def pictures(
        self,
        parameters: ExponentParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Sequence[Picture]:
        """Beside the exponent over all sizes: thresholds against their prediction."""
        if row != {"of": "prediction"}:
            return ()
        sizes = parameters.grid
        found = _thresholds(outcomes, sizes)
        predicted = np.array([self._predicted(size, form) for size in sizes])
        factor = math.exp(float(np.mean(np.log(found) - np.log(predicted))))
        name = {"printed": "n m^L", "repaired": "N_×"}[form]
        measured = [
            _series(L, predicted, found, [i for i, size in enumerate(sizes) if size.L == L])
            for L in parameters.levels
        ]
        ends = [float(predicted.min()), float(predicted.max())]
        line = Series(
            f"{factor:.2f} {name}", ends, [factor * end for end in ends], role="predicted"
        )
        return (
            Chart(
                f"Smallest sufficient N against {name}",
                f"Every size would lie on the line if N* were a constant multiple of {name}.",
                Axis(f"{name} (samples)", "log"),
                Axis("N* (samples of the leaf stage)", "log"),
                [*measured, line],
            ),
        )

    def _predicted(self, size: Size, form: str) -> float:
        values = {"n": size.V, "V": size.V, "m": size.m, "L": size.L, "l": size.L}
        return self.formula(form, "threshold")(**values)


def _sizes(parameters: ExponentParameters, row: Row) -> tuple[Size, ...]:
    if row["of"] == "V":
        return parameters.wide
    return tuple(
        size
        for size in parameters.grid
        if row.get("L", size.L) == size.L and row.get("m", size.m) == size.m
    )


def _thresholds(outcomes: Sequence[Outcome], sizes: Sequence[Size]) -> Floats:
    """N* of every trial and size, (r, k). Raises ThinEvidence where a search did not end."""
    found = np.array([[outcome.values[size.key] for size in sizes] for outcome in outcomes])
    lost = int((~np.isfinite(found) | (found <= 0.0)).sum())
    if lost:
        reason = f"{lost} of {found.size} thresholds lie beyond the sizes that were tried"
        raise ThinEvidence(reason, trials=len(found))
    return found


def _all_stages(size: Size) -> float:
    return float(sum(float(size.m) ** (level - size.L) for level in range(1, size.L + 1)))


def _series(L: int, predicted: Floats, found: Floats, columns: list[int]) -> Series:
    means = [mean_interval(np.log(found[:, column]), 0.95) for column in columns]
    return Series(
        f"L = {L}",
        [float(predicted[column]) for column in columns],
        [math.exp(mean.estimate) for mean in means],
        [math.exp(mean.low) for mean in means],
        [math.exp(mean.high) for mean in means],
    )


CHECKS = (ThresholdExponents(),)
