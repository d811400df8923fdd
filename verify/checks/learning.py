"""What the trained learner does: its synonym sensitivity, and whether it learns the grammar."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from theory.grammar import Grammar
from theory.population import crossover_samples, patch_law
from theory.predictions import CROSSOVER, SENSITIVITY
from theory.randomness import derive_seed
from theory.schedule import multiple_samples, practical
from theory.statements.theorem_7 import STATEMENT as THEOREM_7
from verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Row,
    Trial,
    theorem_premises,
)
from verify.claims import Claim, Equality, Frequency
from verify.statistics import ratio_interval

CLEAN_MULTIPLE = 1024.0
"""N/(n m^l) of the stages below the one under test, so that what they add can be neglected."""


class SensitivityParameters(InstanceParameters):
    """The curve S(N): one stage at a time, at N given in units of its crossover size."""

    ratios: tuple[float, ...] = Field((1.0, 4.0, 16.0), description="N / N_× of the stage")
    levels: tuple[int, ...] | None = Field(None, description="stages; all but level 1 by default")
    margin: float = Field(0.05, gt=0, description="relative margin of the equivalence test")

    @property
    def stages(self) -> tuple[int, ...]:
        """The levels under test. At level 1 the label is a function of the patch: S is 0."""
        return self.levels or tuple(range(2, self.depth + 1))


class SensitivityCurve(Check[SensitivityParameters]):
    """⟨‖h_μ − h_μ'‖²⟩ over synonyms and over non-synonyms, as a ratio of means over trials.

    On drawn grammars N_× is the ensemble's formula, and both means are over grammars too; on a file
    N_× is the instance's own.
    """

    id = "sensitivity-curve"
    statement = "derived.sensitivity-curve"
    quantity = "S(N)"
    parameters = SensitivityParameters
    needs_torch = True

    def rows(self, parameters: SensitivityParameters) -> Sequence[Row]:
        """One row for every stage and sample size."""
        return [
            {"level": level, "N_over_crossover": ratio}
            for level in parameters.stages
            for ratio in parameters.ratios
        ]

    def trial(self, parameters: SensitivityParameters, trial: Trial) -> Outcome:
        """Train up to every stage and measure both mean squares, at every sample size."""
        grammar = trial.grammar(parameters)
        return Outcome(
            {
                _key(row): _mean_squares(grammar, parameters, row, trial)
                for row in self.rows(parameters)
            },
            {"R26.definition-4": theorem_premises(grammar)["R26.definition-4"]},
        )

    def claim(
        self,
        parameters: SensitivityParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Equality:
        """The ratio of the means against 1/(1 + N/N_×)."""
        pairs = np.array([outcome.values[_key(row)] for outcome in outcomes])
        interval = ratio_interval(pairs[:, 0], pairs[:, 1], 0.95)
        predicted = self.formula(form, SENSITIVITY.title)(N=row["N_over_crossover"], crossover=1.0)
        return Equality(interval, predicted, parameters.margin, trials=len(pairs))


def _key(row: Row) -> str:
    return f"{row['level']}@{row['N_over_crossover']:g}"


def crossover_of(grammar: Grammar, parameters: InstanceParameters, level: int) -> float:
    """N_× of a stage: the instance's own where the grammar is given, else the ensemble's."""
    if parameters.grammar is not None:
        return crossover_samples(patch_law(grammar, level))
    n = parameters.classes or parameters.V
    return CROSSOVER(V=parameters.V, m=parameters.m, n=n, l=level)


def _mean_squares(
    grammar: Grammar, parameters: SensitivityParameters, row: Row, trial: Trial
) -> tuple[float, float]:
    from layerwise.training import train
    from verify.invariance import synonym_mean_squares

    level = row["level"]
    samples = multiple_samples(grammar, CLEAN_MULTIPLE)
    wanted = row["N_over_crossover"] * crossover_of(grammar, parameters, level)
    samples[level - 1] = max(1, math.ceil(wanted * trial.control.samples))
    training = train(
        grammar,
        practical(grammar, samples_per_level=samples),
        seed=trial.derive("train", _key(row)),
        device=trial.device,
        last_level=level,
    )
    return synonym_mean_squares(training.learner, grammar, level, seed=trial.derive("measure"))


class LearningParameters(InstanceParameters):
    """Training at a practical schedule, and what counts as success."""

    multiple: float = Field(32.0, gt=0, description="N^(l) / (n m^l)")
    features: int | None = Field(
        None, ge=1, description="random features M; exact kernel if absent"
    )
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability allowed")
    strings: int = Field(2000, ge=1, description="fresh test strings a trial")


class LearnsGrammar(Check[LearningParameters]):
    """Theorem 7's conclusion at a practical schedule: test error below a tenth of chance."""

    id = "theorem-7"
    statement = THEOREM_7.id
    quantity = "P[error ≥ chance/10]"
    parameters = LearningParameters
    needs_torch = True

    def trial(self, parameters: LearningParameters, trial: Trial) -> Outcome:
        """Train one learner on a fresh instance and test it on fresh strings."""
        grammar = trial.grammar(parameters)
        samples = multiple_samples(grammar, parameters.multiple * trial.control.samples)
        return Outcome(
            {"error": _test_error(grammar, samples, parameters, trial), "chance": chance(grammar)},
            theorem_premises(grammar),
        )

    def claim(
        self, parameters: LearningParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """How often the error stays above a tenth of chance."""
        errors = np.array([outcome.values["error"] for outcome in outcomes])
        limits = np.array([outcome.values["chance"] / 10 for outcome in outcomes])
        return Frequency(
            failures=int((errors >= limits).sum()),
            trials=len(errors),
            delta=parameters.delta,
            worst={"mean_error": float(errors.mean()), "worst_error": float(errors.max())},
        )


def chance(grammar: Grammar) -> float:
    """The error of the best constant guess."""
    return 1.0 - float(grammar.label_prior.max())


def _test_error(
    grammar: Grammar, samples: Sequence[int], parameters: LearningParameters, trial: Trial
) -> float:
    from layerwise.training import train
    from verify.invariance import accuracy

    schedule = practical(grammar, samples_per_level=samples, features=parameters.features)
    training = train(grammar, schedule, seed=trial.derive("train"), device=trial.device)
    seed = derive_seed(trial.derive("test"), "strings")
    return 1.0 - accuracy(training.learner, grammar, strings=parameters.strings, seed=seed).estimate


CHECKS = (SensitivityCurve(), LearnsGrammar())
