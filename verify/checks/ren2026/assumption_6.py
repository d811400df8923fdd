"""Assumption 6, measured exactly on instances: κ and K_ρ, level by level and as a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from layerproof.theory.assumptions import assumptions
from layerproof.theory.statements.ren2026.assumption_6 import (
    ASSUMPTION_6,
    ASSUMPTION_6A,
    ASSUMPTION_6B,
)
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.edges import least_positive
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.verdicts.claims import Claim, Inequality, Nothing


class _LevelByLevel(Check[InstanceParameters]):
    parameters = InstanceParameters
    alike_on_one_grammar = True

    def rows(self, parameters: InstanceParameters) -> Sequence[Row]:
        """One row a level."""
        return [{"level": level} for level in range(1, parameters.depth + 1)]

    def trial(self, parameters: InstanceParameters, trial: Trial) -> Outcome:
        """The assumptions of one instance."""
        report = assumptions(trial.grammar(parameters))
        return Outcome({"levels": [asdict(level) for level in report.levels]})


class NonDegeneracy(_LevelByLevel):
    """1/κ > 0: the rarest first patch of every level has positive probability."""

    id = "assumption-6a"
    statement = ASSUMPTION_6A.id
    turned_by = ("dead-symbol",)
    quantity = "1/κ"

    def claim(
        self, parameters: InstanceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The largest κ over the instances examined, as 1/κ against 0."""
        return largest_kappa([_level(outcome, row) for outcome in outcomes])


class NontrivialSignal(_LevelByLevel):
    """K_ρ > 0: no two non-synonyms of a level share their label posterior."""

    id = "assumption-6b"
    statement = ASSUMPTION_6B.id
    turned_by = ("identical-parents", "uncorrelated-rules")
    quantity = "K_ρ"

    def claim(
        self, parameters: InstanceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The least K_ρ (ρ where rule counts differ) over the instances examined, against 0."""
        return least_signal([_level(outcome, row) for outcome in outcomes])


def largest_kappa(levels: Sequence[dict[str, Any]]) -> Claim:
    """Whether 1/κ > 0 at all of these levels of instances.

    Patches that come first too rarely for a double leave it open, unless one never does.
    """
    worst = max(levels, key=lambda level: (level["kappa"], not level["too_rare"]))
    if worst["too_rare"]:
        patch = tuple(worst["never_first"])
        reason = f"patch {patch} comes first so rarely that κ is larger than a double holds"
        return Nothing(reason, premise_failed=False)
    evidence = {"kappa": worst["kappa"], "never_first": worst["never_first"]}
    return Inequality(
        1.0 / worst["kappa"],
        ">",
        0.0,
        examined=len(levels),
        cannot_fail="a level has one patch only" if worst["patches"] == 1 else "",
        worst=_known(evidence),
    )


def least_signal(levels: Sequence[dict[str, Any]]) -> Claim:
    """Whether K_ρ > 0 (ρ where rule counts differ) at all of these levels of instances."""
    worst = min((level for level in levels if not level["unknown"]), key=_signal, default=None)
    unknown = next((level["unknown"] for level in levels if level["unknown"]), "")
    least = math.inf if worst is None else _signal(worst)
    evidence = {} if worst is None else {"rho": worst["rho"], "closest": worst["closest"]}
    return least_positive(least, len(levels), unknown, _known(evidence))


def _level(outcome: Outcome, row: Row) -> dict[str, Any]:
    level: dict[str, Any] = outcome.values["levels"][row["level"] - 1]
    return level


def _signal(level: dict[str, Any]) -> float:
    value = level["rho"] if level["K_rho"] is None else level["K_rho"]
    return float(value)


def _known(evidence: dict[str, Any]) -> dict[str, Any]:
    return {
        name: "inf" if value == math.inf else value
        for name, value in evidence.items()
        if value is not None
    }


class Assumption6(Check[InstanceParameters]):
    """Assumption 6 with one κ and one K_ρ for all levels: both 1/κ > 0 and K_ρ > 0."""

    id = "assumption-6"
    statement = ASSUMPTION_6.id
    alike_on_one_grammar = True
    turned_by = ("dead-symbol", "identical-parents")
    quantity = "1/κ, K_ρ over all levels"
    parameters = InstanceParameters
    answers: ClassVar[Answers] = {
        "R26.assumption-6a": Given("one of the two parts that are judged"),
        "R26.assumption-6b": Given("one of the two parts that are judged"),
    }

    def rows(self, parameters: InstanceParameters) -> Sequence[Row]:
        """One row for each constant."""
        return [{"constant": "1/kappa"}, {"constant": "K_rho"}]

    def trial(self, parameters: InstanceParameters, trial: Trial) -> Outcome:
        """Both constants of one instance, level by level."""
        report = assumptions(trial.grammar(parameters))
        return Outcome({"levels": [asdict(level) for level in report.levels]})

    def claim(
        self, parameters: InstanceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The least constant over all levels of the instances examined, against 0.

        K_ρ is at most √(2m), since ‖q − q'‖ = √2 at level 1.
        """
        levels = [level for outcome in outcomes for level in outcome.values["levels"]]
        return (largest_kappa if row["constant"] == "1/kappa" else least_signal)(levels)


CHECKS = (NonDegeneracy(), NontrivialSignal(), Assumption6())
