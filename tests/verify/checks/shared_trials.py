"""Slips that are looked at after the trials: the right check and its wrong twins share them."""

from __future__ import annotations

from functools import cache
from types import MethodType
from typing import Any

from layerproof.theory.jsonable import to_json
from layerproof.verify.checks.base import Check, Outcome, Parameters, Trial
from layerproof.verify.testing import Slip, is_caught
from layerproof.verify.verdicts.verdict import Result


def caught(slip: Slip, *, in_trials: bool) -> bool:
    """As `slip.caught()`, but a trial runs once for all slips that do not act `in_trials`."""
    wrong = slip.wrong if in_trials else _replaying(slip.wrong, slip)
    return is_caught(_right(slip), slip.rows(wrong))


def _right(slip: Slip) -> list[Result]:
    """The rows of the check as it stands: one run for all slips on one instance."""
    key = (type(slip.check), slip.form, to_json(dict(slip.parameters)), slip.trials)
    if key not in _RIGHT:
        _RIGHT[key] = slip.rows(_replaying(type(slip.check)(), slip))
    return _RIGHT[key]


_RIGHT: dict[tuple[Any, ...], list[Result]] = {}


def _replaying(check: Check[Any], slip: Slip) -> Check[Any]:
    """The check with the outcomes of the right one, premises included: no formula is in them."""
    kept = _outcomes(check.id, slip.form, to_json(dict(slip.parameters)))

    def measure(_: Check[Any], parameters: Parameters, trial: Trial) -> Outcome:
        if trial.index not in kept:
            kept[trial.index] = slip.check.measure(parameters, trial)
        return kept[trial.index]

    check.measure = MethodType(measure, check)  # type: ignore[method-assign]
    return check


@cache
def _outcomes(check: str, form: str, parameters: str) -> dict[int, Outcome]:
    return {}
