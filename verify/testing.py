"""For the tests of a check: it must hold with power, and turn where what it claims is broken.

A check that cannot say anything but `holds` is no check. :func:`demand_negative_control` refuses
it, with the sentence that says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from layerproof.theory.errors import InputError
from layerproof.verify.checks.base import Check
from layerproof.verify.checks.controls import CONTROLS, NO_CONTROL, Control
from layerproof.verify.run.control_matrix import TURNED
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.judge import POWER
from layerproof.verify.verdicts.verdict import Result, Verdict


@dataclass(frozen=True)
class Slip:
    """A formula of the statement with a mistake in it, such as ``Slip("count", lambda e: 2 * e)``.

    `formula` is its name in the statement's form, `change` makes the wrong expression of the right
    one.
    """

    formula: str
    change: Callable[[sp.Expr], sp.Expr]


def control(identifier: str) -> Control:
    """The package's control with this id. Raises InputError where there is none."""
    for known in CONTROLS:
        if known.id == identifier:
            return known
    allowed = f"one of {', '.join(known.id for known in CONTROLS)}"
    raise InputError("control", identifier, allowed)


def demand_negative_control(
    check: Check[Any],
    parameters: Mapping[str, Any],
    broken: Slip | Control | str,
    *,
    form: str = "printed",
    trials: int | None = None,
    seed: int = 0,
    error_rate: float = 0.01,
    power: float = POWER,
) -> list[Result]:
    """Assert that a check holds as it stands, and that it turns where something is `broken`.

    `broken` is a :class:`Slip` in a formula, a :class:`layerproof.verify.checks.controls.Control`,
    or the id of one of the package's. As it stands, every row must say `holds`, and say of a
    deviation that it would have been seen with probability `power` or more. With the slip, a row
    must say `violated`; under the control `violated` or `not-applicable`, since a control may break
    a premise. `inconclusive` is no answer, and a crash is none either. `trials` is the check's own
    number unless given.

    Gives the rows with the break. Raises AssertionError, saying what is missing.
    """
    budget = check.trials if trials is None else trials
    fixed: dict[str, Any] = {"form": form, "trials": budget, "seed": seed, "error_rate": error_rate}
    for row in evaluate(check, parameters, **fixed):
        _demand_power(row, power)
    if isinstance(broken, Slip):
        wrong = check.perturbed(form, broken.formula, broken.change)
        rows = evaluate(wrong, parameters, **fixed)
        return _demand_turn(rows, f"a slip in {broken.formula!r}", (Verdict.VIOLATED,))
    world = control(broken) if isinstance(broken, str) else broken
    if world == NO_CONTROL:
        raise AssertionError("this control breaks nothing")
    own = {k: v for k, v in world.parameters.items() if k in check.parameters.model_fields}
    rows = evaluate(check, {**parameters, **own}, **fixed, control=world)
    return _demand_turn(rows, f"the control {world.id!r}", TURNED)


def _demand_power(row: Result, least: float) -> None:
    found = row.judgement
    if found.verdict is not Verdict.HOLDS:
        raise AssertionError(f"{row.id} does not hold as it stands: {_words(row)}")
    if found.power is not None and not found.power.probability >= least:
        raise AssertionError(
            f"{row.id} holds with too little power: it would have seen {found.power.deviation}"
            f" with probability {found.power.probability:g}, {least:g} is asked for"
        )


def _demand_turn(rows: list[Result], broken: str, turned: tuple[Verdict, ...]) -> list[Result]:
    for row in rows:
        if row.judgement.verdict in (Verdict.ERROR, Verdict.NOT_RUN):
            raise AssertionError(f"{row.id} does not run under {broken}: {_words(row)}")
    if not any(row.judgement.verdict in turned for row in rows):
        said = "; ".join(f"{row.id} says {_words(row)}" for row in rows)
        raise AssertionError(f"nothing turns under {broken}: {said}")
    return rows


def _words(row: Result) -> str:
    reason = row.judgement.reason
    return f"{row.judgement.verdict}{f' ({reason})' if reason else ''}"


Change = Callable[[sp.Expr], sp.Expr]


@dataclass(frozen=True)
class Perturbation:
    """One formula of one form, changed; the instance and the budget that should show it.

    `loose` is empty where the check must turn, else why and by how much the bound is loose.
    """

    check: Check[Any]
    form: str
    formula: str
    label: str
    change: Change
    parameters: Mapping[str, Any] = field(default_factory=dict)
    trials: int = 1
    loose: str = ""

    @property
    def id(self) -> str:
        """The check, the formula and what is done to it."""
        return f"{self.check.id}/{self.form}/{self.formula}/{self.label}"

    def caught(self, seed: int = 0) -> bool:
        """Whether some row that holds as it stands no longer does under the change."""
        wrong = self.check.perturbed(self.form, self.formula, self.change)
        verdicts = [
            [
                row.judgement.verdict
                for row in evaluate(
                    check, self.parameters, form=self.form, trials=self.trials, seed=seed
                )
            ]
            for check in (self.check, wrong)
        ]
        return any(
            before is Verdict.HOLDS and after is not Verdict.HOLDS
            for before, after in zip(*verdicts, strict=True)
        )


def slips(
    check: Check[Any],
    form: str,
    formula: str,
    parameters: Mapping[str, Any],
    changes: Mapping[str, Change],
    *,
    trials: int = 1,
    loose: str = "",
) -> list[Perturbation]:
    """Several changes of one formula on one instance, each under its label."""
    return [
        Perturbation(check, form, formula, label, change, parameters, trials, loose)
        for label, change in changes.items()
    ]
