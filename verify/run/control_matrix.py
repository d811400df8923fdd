"""Control × check: every negative control against a plan, and what turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

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
    to turn and did not, `strayed` those that turned and had no reason to.
    """
    with executor(workers) as pool:
        plain = run_on(pool, chosen, store=store)
        found = []
        for done, control in enumerate(CONTROLS, start=1):
            broken = run_on(pool, broken_plan(chosen, control), store=store)
            found.append(_control_row(control, plain, broken))
            if progress is not None:
                progress(done, len(CONTROLS))
    return found


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
    control: Control, plain: Sequence[Result], broken: Sequence[Result]
) -> dict[str, Any]:
    here = {row.id.split("/")[0] for row in plain}
    turned = {
        after.id.split("/")[0]
        for before, after in zip(plain, broken, strict=True)
        if before.judgement.verdict is Verdict.HOLDS and after.judgement.verdict in TURNED
    }
    should = here.intersection(control.should_turn)
    return {
        "control": control.id,
        "title": control.title,
        "premise": control.premise,
        "checks": sorted(here),
        "should_turn": sorted(should),
        "turned": sorted(turned),
        "missed": sorted(should - turned),
        "strayed": sorted(turned - should - set(control.may_turn)),
    }
