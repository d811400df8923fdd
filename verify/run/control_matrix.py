"""Control × check: every negative control against a plan, and what turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from layerproof.theory.errors import InputError
from layerproof.verify.checks.base import Check
from layerproof.verify.checks.controls import CONTROLS, Control
from layerproof.verify.checks.grammar_file import GrammarFile
from layerproof.verify.run.executors import executor
from layerproof.verify.run.runner import Plan, run_on
from layerproof.verify.run.store import TrialStore
from layerproof.verify.run.suite import Entry
from layerproof.verify.run.sweep import Progress
from layerproof.verify.verdicts.verdict import Result, Verdict

TURNED = (Verdict.VIOLATED, Verdict.NOT_APPLICABLE)
"""What a check says that noticed. `inconclusive` is no answer, and a crash is none either."""


def run_controls(
    chosen: Plan,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    store: TrialStore | None = None,
) -> list[dict[str, Any]]:
    """Break one premise at a time and run the plan again: which checks turned, which should have.

    A check turns where one of its rows said `holds` and says `violated`, or `not-applicable` since
    a control may break a premise. `missed` are those that had
    to turn and did not, `strayed` those that turned and had no reason to. A control that turns no
    check of the plan is left out.
    """
    checks = _checks(chosen)
    controls = [one for name, one in CONTROLS.items() if any(name in c.turned_by for c in checks)]
    with executor(workers) as pool:
        plain = run_on(pool, chosen, store=store)
        found = []
        for done, control in enumerate(controls, start=1):
            broken = run_on(pool, broken_plan(chosen, control), store=store)
            found.append(_control_row(control, checks, plain, broken))
            if progress is not None:
                progress(done, len(controls))
    return found


def demand_controls(chosen: Plan) -> Plan:
    """The plan, where some control turns each of its checks; else InputError that names the others.

    A check that no control turns would stand in the matrix as if it had noticed everything.
    """
    if blind := [check.id for check in _checks(chosen) if not check.turned_by]:
        allowed = f"checks that a control turns (turned_by) in the suite {chosen.source}"
        raise InputError("--controls", ", ".join(blind), allowed)
    return chosen


def _checks(chosen: Plan) -> list[Check[Any]]:
    return list({entry.check.id: entry.check for entry in chosen.suite.entries}.values())


def broken_plan(chosen: Plan, control: Control) -> Plan:
    """The plan with a control's premise broken, on the control's own instance where it has one."""
    entries = tuple(_on_instance(entry, control) for entry in chosen.suite.entries)
    return replace(chosen, suite=replace(chosen.suite, entries=entries), control=control)


def _on_instance(entry: Entry, control: Control) -> Entry:
    known = type(entry.parameters).model_fields
    # The grammar of a file goes on as it was read.
    read = {name: value for name, value in entry.parameters if isinstance(value, GrammarFile)}
    settings = entry.settings | read | {k: v for k, v in control.parameters.items() if k in known}
    return replace(entry, parameters=entry.check.parameters.validated(settings))


def _control_row(
    control: Control,
    checks: Sequence[Check[Any]],
    plain: Sequence[Result],
    broken: Sequence[Result],
) -> dict[str, Any]:
    turned = {
        after.id.split("/")[0]
        for before, after in zip(plain, broken, strict=True)
        if before.judgement.verdict is Verdict.HOLDS and after.judgement.verdict in TURNED
    }
    should = {check.id for check in checks if control.id in check.turned_by}
    may = {check.id for check in checks if control.id in check.may_be_turned_by}
    return {
        "control": control.id,
        "title": control.title,
        "premise": control.premise,
        "checks": sorted(check.id for check in checks),
        "should_turn": sorted(should),
        "turned": sorted(turned),
        "missed": sorted(should - turned),
        "strayed": sorted(turned - should - may),
    }
