"""Which level limits a grammar whose levels are all trained on equally little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import mean_square_separation, patch_law
from layerproof.theory.statements.derived.bottleneck import STATEMENT as BOTTLENECK
from layerproof.theory.thresholds import (
    AMPLE,
    FORMULAS,
    InstanceThreshold,
    stage_sizes,
    success_error,
)
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.derived.instance_threshold import Floats
from layerproof.verify.checks.edges import synonyms, two_labels
from layerproof.verify.checks.premises import LEARNABLE, Answers, Given
from layerproof.verify.checks.threshold_runs import learnable, threshold
from layerproof.verify.verdicts.charts import Matrix, Picture
from layerproof.verify.verdicts.claims import Claim, Frequency


class BottleneckParameters(InstanceParameters):
    """One level short of samples at a time."""

    ample: float = Field(AMPLE, gt=0, description="X of the levels that are not short")
    strings: int = Field(1000, ge=100, description="test strings of each training")
    delta: float = Field(0.1, gt=0, lt=1, description="share of grammars that may disagree")


class LevelThresholds(TypedDict):
    """The threshold of every level: measured, and as each form predicts it."""

    measured: list[float]
    repaired: list[float]
    printed: list[float]


class Bottleneck(Check[BottleneckParameters]):
    """Which level needs the largest X while all others have plenty: observed and predicted."""

    id = "bottleneck"
    statement = BOTTLENECK.id
    turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents")
    quantity = "P[bottleneck is another level]"
    forms = ("printed", "repaired")
    parameters = BottleneckParameters
    needs_torch = True
    forms_share_trials = True
    answers: ClassVar[Answers] = {
        **LEARNABLE,
        "derived.bottleneck/samples": Given("one level at X, all others ample"),
    }

    def trial(self, parameters: BottleneckParameters, trial: Trial) -> Outcome[LevelThresholds]:
        """The own threshold of every level of one grammar, and the level that is predicted."""
        grammar, premises = learnable(parameters, trial)
        premises |= two_labels(grammar) | synonyms(grammar)
        if any(premises.values()):
            return Outcome.without(premises)
        levels = range(1, grammar.levels + 1)
        formulas = {name: self.formula("repaired", name) for name in FORMULAS}
        found = InstanceThreshold(grammar, formulas)
        error, crossover = success_error(grammar), self.formula("printed", "crossover")
        values: LevelThresholds = {
            "measured": [_own(grammar, parameters, level, trial) for level in levels],
            "repaired": [found.multiple(error, level, ample=parameters.ample) for level in levels],
            "printed": [
                _crossover(grammar, level, crossover) / size
                for level, size in zip(levels, stage_sizes(grammar), strict=True)
            ],
        }
        return Outcome(values, premises)

    def claim(
        self,
        parameters: BottleneckParameters,
        row: Row,
        outcomes: Outcomes[LevelThresholds],
        form: str,
    ) -> Claim:
        """How often the two name different levels."""
        measured, predicted = _own_tables(outcomes, form)
        apart = measured.argmax(axis=1) != predicted.argmax(axis=1)
        return Frequency(
            failures=int(apart.sum()),
            trials=len(apart),
            delta=parameters.delta,
            worst={
                "median own X, measured": np.median(measured, axis=0).tolist(),
                "median own X, predicted": np.median(predicted, axis=0).tolist(),
            },
        )

    def pictures(
        self,
        parameters: BottleneckParameters,
        row: Row,
        outcomes: Outcomes[LevelThresholds],
        form: str,
    ) -> Sequence[Picture]:
        """How often each level was the bottleneck, and was predicted to be."""
        measured, predicted = _own_tables(outcomes, form)
        levels = measured.shape[1]
        table = np.zeros((levels, levels))
        np.add.at(table, (predicted.argmax(axis=1), measured.argmax(axis=1)), 1.0 / len(measured))
        names = [f"level {level}" for level in range(1, levels + 1)]
        return (
            Matrix(
                "The level that limits the learner",
                "Share of grammars; all of it on the diagonal if the prediction is right.",
                "predicted",
                "observed",
                names,
                names,
                table.tolist(),
            ),
        )


def _crossover(grammar: Grammar, level: int, formula: Formula) -> float:
    law = patch_law(grammar, level)
    first = law.can_come_first
    norms = (law.posterior[first] ** 2).sum(axis=1)
    values: dict[str, Any] = {
        "patches": float((1.0 / law.probability[first]).mean()),
        "square_norm": float(norms.mean()),
        "square_separation": mean_square_separation(law),
    }
    return float(on_arrays(formula, **values))


def _own(grammar: Grammar, parameters: BottleneckParameters, level: int, trial: Trial) -> float:
    """The X of one level at which the learner succeeds while the others have plenty."""

    def given(X: float) -> list[float]:
        return [X if other == level else parameters.ample for other in range(1, grammar.levels + 1)]

    return threshold(grammar, trial, parameters.strings, "own", level, given=given).threshold


def _own_tables(outcomes: Outcomes[LevelThresholds], form: str) -> tuple[Floats, Floats]:
    measured = np.array([outcome.values["measured"] for outcome in outcomes])
    predicted = np.array(
        [
            found["printed"] if form == "printed" else found["repaired"]
            for found in (outcome.values for outcome in outcomes)
        ]
    )
    return measured, predicted


CHECKS = (Bottleneck(),)
