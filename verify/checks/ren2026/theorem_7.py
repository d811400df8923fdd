"""Theorem 7: whether the trained learner learns the grammar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.randomness import derive_seed
from layerproof.theory.schedule import multiple_samples, practical
from layerproof.theory.statements.ren2026.theorem_7 import STATEMENT as THEOREM_7
from layerproof.theory.thresholds import success_error
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Outcomes,
    Row,
    Trial,
)
from layerproof.verify.checks.costs import training_seconds
from layerproof.verify.checks.practical_schedule import PRACTICAL_SCHEDULE, too_small
from layerproof.verify.verdicts.claims import Claim, Frequency

if TYPE_CHECKING:
    pass


ONE_LABEL = "there is one label, so that every answer is right"
"""Why nothing can fail that a learner of the label does."""


class LearningParameters(InstanceParameters):
    """Training at a practical schedule, and what counts as success."""

    multiple: float = Field(32.0, gt=0, description="N^(l) / (n m^l)")
    features: int | None = Field(
        None, ge=1, description="random features M; exact kernel if absent"
    )
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability allowed")
    strings: int = Field(2000, ge=1, description="fresh test strings a trial")


class LearnerError(TypedDict):
    """The test error of one learner, and that of a guess."""

    error: float
    limit: float


class LearnsGrammar(Check[LearningParameters]):
    """Theorem 7's conclusion at a practical schedule: test error below a tenth of chance.

    That the schedule is large enough for the grammar is a premise, whatever a control then takes
    away from it (:mod:`layerproof.verify.checks.practical_schedule`).
    """

    id = "theorem-7"
    statement = THEOREM_7.id
    needs_theorem_7 = True
    turned_by = (
        "ambiguous-rules",
        "dead-symbol",
        "identical-parents",
        "uncorrelated-rules",
        "too-few-samples",
    )
    quantity = "P[error ≥ chance/10]"
    parameters = LearningParameters
    needs_torch = True

    def trial_seconds(self, parameters: LearningParameters) -> float:
        """Training, in proportion to the multiple."""
        return training_seconds(parameters.extent) * max(1.0, parameters.multiple / 32.0)

    def trial(self, parameters: LearningParameters, trial: Trial) -> Outcome[LearnerError]:
        """Train one learner on a fresh instance and test it on fresh strings."""
        grammar = trial.grammar(parameters)
        premises = {PRACTICAL_SCHEDULE: too_small(grammar, parameters.multiple)}
        if any(premises.values()):
            return Outcome.without(premises)
        samples = multiple_samples(grammar, parameters.multiple * trial.control.samples)
        error = _test_error(grammar, samples, parameters, trial)
        return Outcome({"error": error, "limit": success_error(grammar)}, premises)

    def claim(
        self, parameters: LearningParameters, row: Row, outcomes: Outcomes[LearnerError], form: str
    ) -> Claim:
        """How often the error stays above a tenth of chance."""
        return failures_to_learn(outcomes, parameters.delta)


def failures_to_learn(outcomes: Outcomes[LearnerError], delta: float, **more: float) -> Frequency:
    """How often "error" stays above "limit" (C24's criterion), against `delta`.

    With one label the limit is 0 and no guess is wrong. `more` stands beside the errors in the
    evidence.
    """
    errors = np.array([outcome.values["error"] for outcome in outcomes])
    limits = np.array([outcome.values["limit"] for outcome in outcomes])
    return Frequency(
        failures=int(((errors >= limits) & (limits > 0.0)).sum()),
        trials=len(errors),
        delta=delta,
        cannot_fail="" if limits.any() else ONE_LABEL,
        worst={"mean_error": float(errors.mean()), "worst_error": float(errors.max()), **more},
    )


def _test_error(
    grammar: Grammar, samples: Sequence[int], parameters: LearningParameters, trial: Trial
) -> float:
    from layerproof.layerwise.training import train
    from layerproof.verify.measure.invariance import accuracy

    schedule = practical(grammar, samples_per_level=samples, features=parameters.features)
    training = train(grammar, schedule, seed=trial.derive("train"), device=trial.device)
    seed = derive_seed(trial.derive("test"), "strings")
    return 1.0 - accuracy(training.learner, grammar, strings=parameters.strings, seed=seed).estimate


CHECKS = (LearnsGrammar(),)
