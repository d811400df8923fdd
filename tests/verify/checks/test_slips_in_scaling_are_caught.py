"""A check of one grammar's threshold, or of curves in a run, sees a wrong formula."""

from functools import cache
from types import MethodType
from typing import Any

import pytest

from layerproof.theory.jsonable import to_json
from layerproof.verify.checks.base import Check, Outcome, Parameters, Trial
from layerproof.verify.run.runner import evaluate
from layerproof.verify.testing import Perturbation
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.checks.perturbations_scaling import PERTURBATIONS

IN_CLAIMS = ("sensitivity-in-training",)
"""Checks whose perturbed formulas are looked at after the trials, which wrong twins then share."""


@cache
def _outcomes(check: str, parameters: str) -> dict[int, Outcome]:
    return {}


@cache
def _before(check: str, form: str, parameters: str, trials: int) -> list[Verdict]:
    """What the check says as it stands, for all its slips; empty until the first of them."""
    return []


def _verdicts(check: Check[Any], slip: Perturbation) -> list[Verdict]:
    if check.id in IN_CLAIMS:
        kept, measure = _outcomes(check.id, to_json(dict(slip.parameters))), check.trial

        def trial(_: Check[Any], parameters: Parameters, trial: Trial) -> Outcome:
            if trial.index not in kept:
                kept[trial.index] = measure(parameters, trial)
            return kept[trial.index]

        check.trial = MethodType(trial, check)  # type: ignore[method-assign]
    rows = evaluate(check, slip.parameters, form=slip.form, trials=slip.trials)
    return [row.judgement.verdict for row in rows]


@pytest.mark.parametrize("slip", PERTURBATIONS, ids=lambda slip: slip.id)
def test_a_slip_is_caught_where_the_formula_is_not_loose(slip: Perturbation) -> None:
    before = _before(slip.check.id, slip.form, to_json(dict(slip.parameters)), slip.trials)
    before[:] = before or _verdicts(type(slip.check)(), slip)
    after = _verdicts(slip.check.perturbed(slip.form, slip.formula, slip.change), slip)
    assert Verdict.ERROR not in before
    caught = any(
        a is Verdict.HOLDS and b is not Verdict.HOLDS for a, b in zip(before, after, strict=True)
    )
    assert caught == (not slip.loose)
    if not slip.loose:
        assert Verdict.HOLDS in before
