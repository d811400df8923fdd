"""Slips that are looked at after the trials: the right check and its wrong twins share them."""

from __future__ import annotations

from functools import cache
from types import MethodType
from typing import Any

from layerproof.theory.jsonable import to_json
from layerproof.verify.checks.base import Check, Outcome, Parameters, Trial
from layerproof.verify.testing import Slip, is_caught


def caught(slip: Slip, *, in_trials: bool) -> bool:
    """As `slip.caught()`, but a trial runs once for all slips that do not act `in_trials`."""
    right = _replaying(type(slip.check)(), slip)
    wrong = slip.wrong if in_trials else _replaying(slip.wrong, slip)
    return is_caught(slip.rows(right), slip.rows(wrong))


def _replaying(check: Check[Any], slip: Slip) -> Check[Any]:
    kept = _outcomes(check.id, slip.form, to_json(dict(slip.parameters)))

    def trial(_: Check[Any], parameters: Parameters, trial: Trial) -> Outcome:
        if trial.index not in kept:
            kept[trial.index] = slip.check.trial(parameters, trial)
        return kept[trial.index]

    check.trial = MethodType(trial, check)  # type: ignore[method-assign]
    return check


@cache
def _outcomes(check: str, form: str, parameters: str) -> dict[int, Outcome]:
    return {}
