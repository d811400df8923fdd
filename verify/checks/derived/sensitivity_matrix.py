"""C24's synonymic sensitivity of the trained learner, at all levels and all layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, TypedDict

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import crossover_samples, patch_law
from layerproof.theory.schedule import multiple_samples, practical
from layerproof.theory.statements.derived.sensitivity_matrix import STATEMENT
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Outcomes,
    Row,
    Trial,
)
from layerproof.verify.checks.edges import non_synonyms
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.statistics import Interval, mean_interval
from layerproof.verify.verdicts.charts import Matrix, Picture
from layerproof.verify.verdicts.claims import Equality

CLEAN_MULTIPLE = 1024.0
"""N/(n m^l) of the stages below the one under test, so that what they add can be neglected."""

TOP_MULTIPLE = 16.0
"""N/(n m) of the stage of level 1: a patch is then missing with probability e^(-16)."""


class MatrixParameters(InstanceParameters):
    """Each stage by itself, trained on `ratio` times its instance's own crossover size."""

    ratio: float = Field(4.0, gt=0, description="N / N_× of the stage")
    strings: int = Field(500, ge=2, description="strings a trial measures on")
    margin: float = Field(0.1, gt=0, description="relative margin of the equivalence test")
    zero_margin: float = Field(
        0.005, gt=0, description="absolute margin where less than that is predicted"
    )


class Columns(TypedDict):
    """By stage, the column that was measured and its samples; and the grammar of the trial."""

    measured: dict[str, list[float]]
    samples: dict[str, int]
    grammar: str


class SensitivityMatrix(Check[MatrixParameters]):
    """S[l, k] of the stage of level k for exchanges at level l, every entry a row.

    Predictions are each instance's own; the interval is for the mean over trials of the difference.
    At level 1 N_× is 0, since the label is a function of the patch; that stage gets enough samples
    to see every patch.
    """

    id = "invariance-matrix"
    statement = STATEMENT.id
    turned_by = (
        "ambiguous-rules",
        "dead-symbol",
        "identical-parents",
        "uncorrelated-rules",
        "too-few-samples",
    )
    quantity = "S[l, k]"
    parameters = MatrixParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        "derived.sensitivity-matrix/laws": Given("each trial predicts from its own grammar")
    }

    def rows(self, parameters: MatrixParameters) -> Sequence[Row]:
        """One row for every level and stage."""
        levels = range(1, parameters.depth + 1)
        return [{"level": level, "stage": stage} for stage in levels for level in levels]

    def trial(self, parameters: MatrixParameters, trial: Trial) -> Outcome[Columns]:
        """Train every stage on clean stages below, and measure its column."""
        grammar = trial.grammar(parameters)
        levels = range(1, grammar.levels + 1)
        premises = non_synonyms(patch_law(grammar, level) for level in levels)
        if any(premises.values()):
            return Outcome.without(premises)
        measured, samples = {}, {}
        for stage in levels:
            crossover = crossover_samples(patch_law(grammar, stage))
            samples[str(stage)] = _samples(grammar, stage, parameters.ratio * crossover)
            measured[str(stage)] = _column(grammar, stage, samples[str(stage)], parameters, trial)
        found: Columns = {"measured": measured, "samples": samples, "grammar": grammar.to_json()}
        return Outcome(found)

    def claim(
        self, parameters: MatrixParameters, row: Row, outcomes: Outcomes[Columns], form: str
    ) -> Equality:
        """The mean of one entry against the mean of its predictions."""
        measured = _entries(_measured(outcomes, str(row["stage"])), row)
        predicted = _entries(self._predicted(outcomes, row["stage"], form), row)
        centre = float(predicted.mean())
        zero = centre < parameters.zero_margin
        return Equality(
            _paired(measured, predicted, 0.95),
            centre,
            parameters.zero_margin if zero else parameters.margin,
            trials=len(outcomes),
            absolute=zero,
        )

    def pictures(
        self, parameters: MatrixParameters, row: Row, outcomes: Outcomes[Columns], form: str
    ) -> Sequence[Picture]:
        """The whole matrix, layers down and levels across, beside its first row."""
        rows = self.rows(parameters)
        if row != rows[0]:
            return ()
        stages = range(parameters.depth, 0, -1)
        measured = [_measured(outcomes, str(stage)) for stage in stages]
        predicted = [self._predicted(outcomes, stage, form) for stage in stages]
        intervals = [
            [_paired(m[:, l], p[:, l], 0.95) for l in range(parameters.depth)]
            for m, p in zip(measured, predicted, strict=True)
        ]
        return (
            Matrix(
                title=f"Sensitivity to synonyms, layer by level, at N = {parameters.ratio:g} N_×",
                caption="A stage does not see synonyms of the levels below its own (S = 0);"
                " those of its own level it sees only by the noise of its samples, and those above"
                " as much as its tokens depend on them.",
                row_label="layer",
                column_label="synonyms exchanged at level",
                rows=[f"stage {stage}" for stage in stages],
                columns=[str(l + 1) for l in range(parameters.depth)],
                values=[[cell.estimate for cell in line] for line in intervals],
                low=[[cell.low for cell in line] for line in intervals],
                high=[[cell.high for cell in line] for line in intervals],
                predicted=[p.mean(axis=0).tolist() for p in predicted],
            ),
        )

    def _predicted(self, outcomes: Outcomes[Columns], stage: int, form: str) -> NDArray[np.float64]:
        """(trials, L), from the grammar of every trial; the noise is a formula to be perturbed."""
        from layerproof.verify.measure.invariance.expected import stage_sensitivity

        noise = self.formula(form, "noise")
        return np.array(
            [
                stage_sensitivity(
                    Grammar.from_json(outcome.values["grammar"]),
                    stage,
                    outcome.values["samples"][str(stage)],
                    noise,
                )
                for outcome in outcomes
            ]
        )


def _samples(grammar: Grammar, stage: int, wanted: float) -> int:
    return math.ceil(wanted) if wanted else multiple_samples(grammar, TOP_MULTIPLE)[stage - 1]


def _column(
    grammar: Grammar, stage: int, samples: int, parameters: MatrixParameters, trial: Trial
) -> list[float]:
    """S[l, stage], l = 1, …, L, of one learner; 0 where the layer is constant."""
    from layerproof.layerwise.training import train
    from layerproof.verify.measure.invariance import layer_modules, matrix

    per_level = multiple_samples(grammar, CLEAN_MULTIPLE)
    per_level[stage - 1] = max(1, math.ceil(samples * trial.control.samples))
    schedule = practical(grammar, samples_per_level=per_level).down_from(stage)
    seed = trial.derive("train", stage)
    learner = train(grammar, schedule, seed=seed, device=trial.device).learner
    model, names = layer_modules(learner)
    found = matrix(
        model, grammar, names[-1:], samples=parameters.strings, encode="tokens",
        seed=trial.derive("measure", stage),
    )  # fmt: skip
    return [value or 0.0 for (value,) in found.values]


def _measured(outcomes: Outcomes[Columns], stage: str) -> NDArray[np.float64]:
    return np.array([outcome.values["measured"][stage] for outcome in outcomes])


def _entries(table: NDArray[np.float64], row: Row) -> NDArray[np.float64]:
    return np.asarray(table[:, row["level"] - 1])


def _paired(
    measured: NDArray[np.float64], predicted: NDArray[np.float64], confidence: float
) -> Interval:
    """For the mean of what was measured, given the instances: only the differences are noise."""
    return mean_interval(measured - predicted + predicted.mean(), confidence)


CHECKS = (SensitivityMatrix(),)
