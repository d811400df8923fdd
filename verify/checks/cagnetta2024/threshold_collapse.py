"""Data collapse: curves of all sizes on one, when N is measured in the right unit.

The score is horizontal: how far apart, in log N, the curves of different sizes reach one height.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.theory.predictions import CROSSOVER
from layerproof.theory.statements.cagnetta2024.threshold_exponent import STATEMENT as EXPONENT
from layerproof.theory.thresholds import chance
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.cagnetta2024.threshold_exponent import Size
from layerproof.verify.checks.derived.sensitivity_curve import seen_pairs
from layerproof.verify.checks.premises import LEARNABLE, Answers, Given
from layerproof.verify.checks.threshold_runs import learnable, test_error, trained
from layerproof.verify.statistics import ThinEvidence, jackknife_interval
from layerproof.verify.statistics.thresholds import isotonic_threshold
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Claim, Equality

Floats = NDArray[np.float64]

HEIGHTS = {"error": (0.7, 0.5, 0.3, 0.2, 0.1), "sensitivity": (0.45, 0.3, 0.2)}
"""Where curves are compared: error in units of chance, synonym sensitivity of the leaf stage."""


class CollapseParameters(Parameters):
    """All L with all m and V, and N in units of the crossover."""

    vocabularies: tuple[int, ...] = Field((16, 32), min_length=1)
    rules: tuple[int, ...] = Field((3, 4, 6), min_length=1)
    levels: tuple[int, ...] = Field((2, 3), min_length=1)
    s: int = Field(2, ge=2)
    ratios: tuple[float, ...] = Field(
        (0.35, 0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0, 5.66, 8.0), description="N / N_×, rising"
    )
    strings: int = Field(1000, ge=100, description="test strings of each training")
    tolerance: float = Field(0.2, gt=0, description="spread of log N that counts as one curve")

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Every combination."""
        return tuple(
            Size(V, m, L) for V in self.vocabularies for m in self.rules for L in self.levels
        )


class Collapse(Check[CollapseParameters]):
    """The variance over sizes of the log N at which their mean curves reach one height.

    Averaged over heights, with the jackknife's correction for the sampling error inside each curve,
    which would add to it. The claim is that it is 0 within tolerance².
    The printed unit is n m^L, the repaired one N_×.
    """

    id = "threshold-collapse"
    statement = EXPONENT.id
    turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents")
    quantity = "variance of log N between sizes"
    forms = ("printed", "repaired")
    parameters = CollapseParameters
    needs_torch = True
    forms_share_trials = True
    answers: ClassVar[Answers] = {
        **LEARNABLE,
        "ensemble.uniform-first-token": Given("its default ensemble, at every size"),
        "C24.threshold-exponent/learner": Given("the layerwise one, and no other"),
    }

    def rows(self, parameters: CollapseParameters) -> Sequence[Row]:
        """Synonym sensitivity of the leaf stage, and error, of all sizes and of those of each L."""
        of_L = ({"curve": "error", "L": L} for L in parameters.levels)
        return [{"curve": "sensitivity"}, {"curve": "error"}, *of_L]

    def trial(self, parameters: CollapseParameters, trial: Trial) -> Outcome:
        """One grammar of every size, one training at every N."""
        values: dict[str, Any] = {}
        for size in parameters.sizes:
            grammar, premises = learnable(size.instance(parameters.s), trial)
            if any(premises.values()):
                return Outcome.without(premises)
            values[size.key] = [
                _point(grammar, _multiple(size, ratio), trial, parameters.strings, f"{ratio:g}")
                for ratio in parameters.ratios
            ]
        return Outcome(values, premises)

    def claim(
        self, parameters: CollapseParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The spread between sizes against 0."""
        if len(outcomes) < 3:
            raise ThinEvidence("a jackknife needs three trials", trials=len(outcomes), needed=3)
        chosen = _chosen(parameters, row)
        found = _array(chosen, outcomes)
        units = self._units(chosen.sizes, form)
        spread = _spread(chosen, row["curve"], found, units)
        rest = [
            _spread(chosen, row["curve"], np.delete(found, i, axis=0), units)
            for i in range(len(found))
        ]
        corrected = len(found) * spread - (len(found) - 1) * float(np.mean(rest))
        interval = jackknife_interval(corrected, rest, 0.95, positive=False)
        return Equality(interval, 0.0, parameters.tolerance**2, trials=len(found), absolute=True)

    def pictures(
        self, parameters: CollapseParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """All curves over N, and over N in the form's unit."""
        if "L" in row:
            return ()
        found = _array(parameters, outcomes)
        unit = {"printed": "N/(n m^L)", "repaired": "N/N_×"}[form]
        ones = [1.0] * len(parameters.sizes)
        units = self._units(parameters.sizes, form)
        name = {"error": "test error / chance", "sensitivity": "synonym sensitivity"}[row["curve"]]
        return [
            Chart(
                f"{name.capitalize()} against {label}",
                caption,
                Axis(label, "log"),
                Axis(name),
                _lines(parameters, row["curve"], found, scales),
            )
            for label, scales, caption in (
                ("N (samples of the leaf stage)", ones, "One curve for each size, far apart."),
                (unit, units, f"The same curves: on one another if {unit} is all that counts."),
            )
        ]

    def _units(self, sizes: Sequence[Size], form: str) -> list[float]:
        """What N is divided by, for every size: n m^L or N_×."""
        formula = self.formula(form, "threshold" if form == "printed" else "crossover")
        return [formula(**size.values) for size in sizes]


def _chosen(parameters: CollapseParameters, row: Row) -> CollapseParameters:
    """The parameters of the sizes that a row is about."""
    levels = (row["L"],) if "L" in row else parameters.levels
    return parameters.model_copy(update={"levels": levels})


def _multiple(size: Size, ratio: float) -> float:
    """X where N^(L) = X n m^L is the given number of crossovers."""
    crossover = CROSSOVER(V=size.V, n=size.V, m=size.m, l=size.L)
    return ratio * crossover / float(size.V * size.m**size.L)


def _point(
    grammar: Grammar, multiple: float, trial: Trial, strings: int, name: str
) -> tuple[float, float, float]:
    """Test error in units of chance; mean square distance of synonyms and of others at level L."""
    path = (grammar.digest, name)
    learner = trained(grammar, [multiple] * grammar.levels, trial, *path)
    error = test_error(learner, grammar, strings, trial, *path)
    law = patch_law(grammar, grammar.levels)
    pairs = seen_pairs(learner, law, trial.derive("measure"))
    return (error / chance(grammar), *pairs)


def _array(parameters: CollapseParameters, outcomes: Sequence[Outcome]) -> Floats:
    """(trials, sizes, ratios, 3)."""
    return np.array(
        [[outcome.values[size.key] for size in parameters.sizes] for outcome in outcomes]
    )


def _curves(curve: str, found: Floats) -> Floats:
    """The mean curve of every size, (sizes, ratios)."""
    mean = found.mean(axis=0)
    return np.asarray(mean[..., 0] if curve == "error" else mean[..., 1] / mean[..., 2])


def _spread(
    parameters: CollapseParameters, curve: str, found: Floats, units: Sequence[float]
) -> float:
    """The variance over sizes of log(N/unit) at one height, averaged over the heights."""
    places = []
    for size, values, unit in zip(parameters.sizes, _curves(curve, found), units, strict=True):
        sizes = _samples(parameters, size)
        places.append([isotonic_threshold(sizes, values, h) / unit for h in HEIGHTS[curve]])
    at = np.array(places)
    usable = np.isfinite(at).all(axis=0) & (at > 0.0).all(axis=0)
    if not usable.any():
        raise ThinEvidence("no height is reached by the curves of all sizes", trials=len(found))
    return float(np.log(at[:, usable]).var(axis=0, ddof=1).mean())


def _samples(parameters: CollapseParameters, size: Size) -> list[float]:
    base = size.V * size.m**size.L
    return [_multiple(size, ratio) * base for ratio in parameters.ratios]


def _lines(
    parameters: CollapseParameters, curve: str, found: Floats, units: Sequence[float]
) -> list[Series]:
    return [
        Series(
            f"V = {size.V}, m = {size.m}, L = {size.L}",
            [count / unit for count in _samples(parameters, size)],
            [float(value) for value in values],
            group=f"L = {size.L}",
        )
        for size, values, unit in zip(parameters.sizes, _curves(curve, found), units, strict=True)
    ]


CHECKS = (Collapse(),)
