"""What a check must be that another package brings."""

from __future__ import annotations

from typing import Any

from layerproof.theory import groups
from layerproof.theory.errors import guessed
from layerproof.theory.extensions import fault_of_forms
from layerproof.theory.plugins import Kind
from layerproof.verify.checks.base import Check, Parameters
from layerproof.verify.checks.controls import CONTROLS


def _fault(check: Check[Any]) -> str:
    if not issubclass(check.parameters, Parameters):
        return f"a class of Parameters as parameters of the check {check.id!r}"
    if check.trials < 1:
        return f"at least one trial in the check {check.id!r}, not {check.trials}"
    for name in (*check.turned_by, *check.may_be_turned_by):
        if name not in CONTROLS:
            allowed = f"one of {', '.join(CONTROLS)} to turn the check {check.id!r}, not {name!r}"
            return guessed(allowed, name, CONTROLS)
    return fault_of_forms(check.statement, check.forms, f"the check {check.id!r}")


CHECK_KIND: Kind[Check[Any]] = Kind(
    groups.CHECKS, "CHECKS", Check, key=lambda check: check.id, fault=_fault
)
"""Checks, by their id."""
