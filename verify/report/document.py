"""results.json: the one record from which every report is rendered."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from layerproof.theory.assumptions import assumptions
from layerproof.theory.extensions import plugin_versions
from layerproof.theory.jsonable import to_json
from layerproof.theory.statements import catalogue
from layerproof.verify.checks.grammar_file import GrammarFile
from layerproof.verify.report.errata import errata_of
from layerproof.verify.report.schemas.results import SCHEMA, Document, checked
from layerproof.verify.run.runner import Plan
from layerproof.verify.verdicts.diagnosis import Diagnosis, diagnose, stopped_by
from layerproof.verify.verdicts.flow import first_breaks
from layerproof.verify.verdicts.verdict import Result, Verdict
from layerproof.verify.verdicts.words import WORDS

NOTHING_RAN = 5
"""The exit code of a run without a verdict."""


def document(
    chosen: Plan,
    results: Sequence[Result],
    *,
    controls: Sequence[Mapping[str, Any]] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The results document of design: counts of every verdict word, then the rows in plan order."""
    counts = Counter(str(result.judgement.verdict) for result in results)
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "suite": chosen.suite.name,
        "question": chosen.suite.question,
        "seed": chosen.seed,
        "counts": {str(verdict): counts[str(verdict)] for verdict in Verdict},
        "error_rate": chosen.suite.error_rate,
        "first_breaks": {
            form: first_breaks(results, catalogue(), form) for form in ("printed", "repaired")
        },
        "results": [result.to_dict() for result in results],
    }
    if chosen.grammar is not None:
        found["diagnosis"] = _diagnosis(chosen, chosen.grammar, results).to_dict()
    if chosen.suite.errata:
        found["errata"] = [
            row.model_dump() for row in errata_of(result.statement for result in results)
        ]
    if controls is not None:
        found["controls"] = list(controls)
    return found | {"provenance": environment() | dict(provenance or {})}


def _diagnosis(chosen: Plan, file: GrammarFile, results: Sequence[Result]) -> Diagnosis:
    """Which assumptions hold on the grammar of the run, and what was left out."""
    report = assumptions(file.grammar)
    return diagnose(
        str(file), report, catalogue(), stopped=stopped_by(results), left_out=chosen.left_out
    )


def environment() -> dict[str, Any]:
    """What ran where: versions, platform, time."""
    packages = ("layerproof", "torch", "numpy", "scipy", "sympy")
    versions = {"python": platform.python_version()} | {p: version(p) for p in packages}
    return {
        "versions": versions | plugin_versions(),
        "platform": platform.platform(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def as_read(found: Mapping[str, Any]) -> Document:
    """The document that reports are made of: `found` as its file gives it back.

    Raises InputError where it holds what no file of results may.
    """
    return checked(json.loads(to_json(dict(found))), "results.json")


def exit_code(found: Document, *, strict: bool = False) -> int:
    """The exit code of a results document.

    0 every verdict is the one expected; 1 an unexpected `violated`, or an expected one that did not
    come, or a control that turned nothing; 3 a check crashed; 5 nothing ran; 6 a verdict was
    required and there was none. What a word does stands in :data:`WORDS`.

    Of a user's own grammar nothing is expected: 0 where every row was decided, 6 where one was not,
    and 1, with `strict`, where an assumption does not hold.
    """
    rows = found.results
    if any(row.verdict is Verdict.ERROR for row in rows):
        return WORDS[Verdict.ERROR].exit_code
    if all(row.verdict is Verdict.NOT_RUN for row in rows):
        return NOTHING_RAN
    if strict and found.diagnosis is not None and not found.diagnosis.covered:
        return WORDS[Verdict.VIOLATED].exit_code
    words = {word for row in rows if row.surprise for word in (row.verdict, row.expected)}
    words |= {row.verdict for row in rows if row.expected is None and row.verdict in UNDECIDED}
    codes = {WORDS[word].exit_code for word in words if word is not None}
    codes |= {WORDS[Verdict.VIOLATED].exit_code for control in found.controls if control.faults}
    return min(codes, default=0)


UNDECIDED = (Verdict.INCONCLUSIVE, Verdict.NOT_RUN)
"""What is no answer where nothing is expected."""
