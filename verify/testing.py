"""For the tests of a check: it must hold with power, and turn where what it claims is broken.

A check that cannot say anything but `holds` is no check. :func:`demand_negative_control` (a world
that is broken) and :func:`demand_caught` (a formula that is wrong) refuse it, with the sentence
that says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from layerproof.theory.errors import unknown_name
from layerproof.verify.checks.base import Check
from layerproof.verify.checks.controls import CONTROLS, NO_CONTROL, Control
from layerproof.verify.run.control_matrix import TURNED
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.judge import POWER
from layerproof.verify.verdicts.verdict import Result, Verdict

Change = Callable[[sp.Expr], sp.Expr]


@dataclass(frozen=True)
class Slip:
    """A mistake in a formula of a check's statement, with the instance that should show it.

    `formula` is its name in the statement's `form`; `change` makes the wrong expression of the
    right one, and `label` says in a word what it does. `parameters` and `trials` are those of the
    instance, the check's own unless given. `loose` is empty where the check must turn, else why and
    by how much the bound is loose.

    >>> from layerproof.verify.checks import CHECKS
    >>> slip = Slip(CHECKS["lemma-21"], "next ball", lambda e: 2 * e, label="factor 2")
    >>> slip.id, slip.caught()
    ('lemma-21/printed/next ball/factor 2', True)
    """

    check: Check[Any]
    formula: str
    change: Change
    form: str = "printed"
    label: str = "slip"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    trials: int | None = None
    loose: str = ""

    @property
    def id(self) -> str:
        """The check, the formula and what is done to it."""
        return f"{self.check.id}/{self.form}/{self.formula}/{self.label}"

    @property
    def wrong(self) -> Check[Any]:
        """The check with the slip in its formula."""
        return self.check.perturbed(self.form, self.formula, self.change)

    def rows(self, check: Check[Any], *, seed: int = 0, error_rate: float = 0.01) -> list[Result]:
        """The verdicts of `check`, this slip's own or its wrong twin, on the slip's instance."""
        trials = self.check.trials if self.trials is None else self.trials
        return evaluate(
            check,
            self.parameters,
            form=self.form,
            trials=trials,
            seed=seed,
            error_rate=error_rate,
        )

    def caught(self, seed: int = 0) -> bool:
        """Whether some row that holds as it stands is violated with the slip.

        Raises AssertionError as :func:`is_caught` does.
        """
        return is_caught(self.rows(self.check, seed=seed), self.rows(self.wrong, seed=seed))


def is_caught(before: Sequence[Result], after: Sequence[Result]) -> bool:
    """Whether some row that holds `before` is violated `after`.

    Raises AssertionError where a row crashes, or where none is violated and one no longer holds:
    neither is an answer.
    """
    _demand_answers([*before, *after], "the slip")
    holds = Verdict.HOLDS
    pairs = zip(before, after, strict=True)
    moved = [b for a, b in pairs if a.judgement.verdict is holds is not b.judgement.verdict]
    if any(row.judgement.verdict is Verdict.VIOLATED for row in moved):
        return True
    if moved:
        raise AssertionError(f"{moved[0].id} is undecided under the slip: {_words(moved[0])}")
    return False


def control(identifier: str) -> Control:
    """The control with this id. Raises InputError where there is none."""
    if identifier not in CONTROLS:
        raise unknown_name("control", identifier, CONTROLS)
    return CONTROLS[identifier]


def demand_caught(
    slip: Slip, *, seed: int = 0, error_rate: float = 0.01, power: float = POWER
) -> list[Result]:
    """Assert that a check holds as it stands, and that it is violated with a slip in its formula.

    As it stands, every row must say `holds`, and say of a deviation that it would have been seen
    with probability `power` or more. With the slip, a row must say `violated`.

    Gives the rows with the slip. Raises AssertionError, saying what is missing.
    """
    fixed: dict[str, Any] = {"seed": seed, "error_rate": error_rate}
    for row in slip.rows(slip.check, **fixed):
        _demand_power(row, power)
    after = slip.rows(slip.wrong, **fixed)
    return _demand_turn(after, f"a slip in {slip.formula!r}", (Verdict.VIOLATED,))


def demand_negative_control(
    check: Check[Any],
    parameters: Mapping[str, Any],
    broken: Control | str,
    *,
    form: str = "printed",
    trials: int | None = None,
    seed: int = 0,
    error_rate: float = 0.01,
    power: float = POWER,
) -> list[Result]:
    """Assert that a check holds as it stands, and that it turns where the world is `broken`.

    `broken` is a :class:`layerproof.verify.checks.controls.Control`, or the id of one that is
    known. As it stands, the check must hold as in :func:`demand_caught`; under the control a row
    must say `violated`, or `not-applicable`, since a control may break a premise. `inconclusive` is
    no answer, and a crash is none either. `trials` is the check's own number unless given.

    Gives the rows under the control. Raises AssertionError, saying what is missing.
    """
    world = control(broken) if isinstance(broken, str) else broken
    if world == NO_CONTROL:
        raise AssertionError("this control breaks nothing")
    budget = check.trials if trials is None else trials
    fixed: dict[str, Any] = {"form": form, "trials": budget, "seed": seed, "error_rate": error_rate}
    for row in evaluate(check, parameters, **fixed):
        _demand_power(row, power)
    own = {k: v for k, v in world.parameters.items() if k in check.parameters.model_fields}
    after = evaluate(check, {**parameters, **own}, **fixed, control=world)
    return _demand_turn(after, f"the control {world.id!r}", TURNED)


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
    _demand_answers(rows, broken)
    if not any(row.judgement.verdict in turned for row in rows):
        said = "; ".join(f"{row.id} says {_words(row)}" for row in rows)
        raise AssertionError(f"nothing turns under {broken}: {said}")
    return rows


def _demand_answers(rows: Sequence[Result], broken: str) -> None:
    for row in rows:
        if row.judgement.verdict in (Verdict.ERROR, Verdict.NOT_RUN):
            raise AssertionError(f"{row.id} does not run under {broken}: {_words(row)}")


def _words(row: Result) -> str:
    reason = row.judgement.reason
    return f"{row.judgement.verdict}{f' ({reason})' if reason else ''}"


def slips(
    check: Check[Any],
    form: str,
    formula: str,
    parameters: Mapping[str, Any],
    changes: Mapping[str, Change],
    *,
    trials: int = 1,
    loose: str = "",
) -> list[Slip]:
    """Several changes of one formula on one instance, each under its label."""
    return [
        Slip(check, formula, change, form, label, parameters, trials, loose)
        for label, change in changes.items()
    ]
