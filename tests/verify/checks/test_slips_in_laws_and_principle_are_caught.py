"""A check of the derived laws, C24, Principle 2 or Appendix C sees a wrong formula."""

from functools import cache
from types import MethodType
from typing import Any

import pytest

from layerproof.theory.jsonable import to_json
from layerproof.verify.checks.base import Check, Outcome, Parameters, Trial
from layerproof.verify.run.runner import evaluate
from layerproof.verify.testing import Perturbation
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.checks.perturbations_laws_and_principle import PERTURBATIONS

IN_TRIALS = {
    ("crossover", "crossover"),
    ("crossover", "crossing"),
    ("sensitivity-curve", "crossover"),
    ("c24-threshold", "threshold"),
    ("appendix-c-samples", "samples"),
}
"""Formulas that say how many samples a trial draws; all others are looked at afterwards."""


class _Replay:
    """The outcomes of a check's trials and its verdicts, kept for the claims of its wrong twins."""

    def __init__(self, check: Check[Any]) -> None:
        self.check = check
        self.outcomes: dict[int, Outcome] = {}
        self.verdicts: list[Verdict] = []

    def trial(self, _: Check[Any], parameters: Parameters, trial: Trial) -> Outcome:
        if trial.index not in self.outcomes:
            self.outcomes[trial.index] = self.check.trial(parameters, trial)
        return self.outcomes[trial.index]

    def of(self, check: Check[Any]) -> Check[Any]:
        check.trial = MethodType(self.trial, check)  # type: ignore[method-assign]
        return check


@cache
def _replay(check: Check[Any], form: str, parameters: str, trials: int) -> _Replay:
    return _Replay(check)


def _verdicts(check: Check[Any], slip: Perturbation) -> list[Verdict]:
    rows = evaluate(check, slip.parameters, form=slip.form, trials=slip.trials)
    return [row.judgement.verdict for row in rows]


def _caught(slip: Perturbation) -> bool:
    """As `slip.caught()`, but the trials that both have in common run once."""
    replay = _replay(slip.check, slip.form, to_json(dict(slip.parameters)), slip.trials)
    wrong = slip.check.perturbed(slip.form, slip.formula, slip.change)
    if (slip.check.id, slip.formula) not in IN_TRIALS:
        wrong = replay.of(wrong)
    replay.verdicts = replay.verdicts or _verdicts(replay.of(type(slip.check)()), slip)
    pairs = zip(replay.verdicts, _verdicts(wrong, slip), strict=True)
    return any(a is Verdict.HOLDS and b is not Verdict.HOLDS for a, b in pairs)


@pytest.mark.parametrize("slip", PERTURBATIONS, ids=lambda slip: slip.id)
def test_a_slip_is_caught_where_the_formula_is_not_loose(slip: Perturbation) -> None:
    assert _caught(slip) == (not slip.loose)


def test_every_law_has_a_slip_that_is_caught() -> None:
    caught = {slip.check.statement for slip in PERTURBATIONS if not slip.loose}
    assert caught == {
        "derived.mean-square-separation",
        "derived.mean-square-norm",
        "derived.noise",
        "derived.crossover",
        "derived.sensitivity-curve",
        "derived.joint-law",
        "C24.signal",
        "C24.noise",
        "C24.threshold",
        "R26.definition-4",
        "R26.principle-2-iii",
        "R26.appendix-c",
    }
