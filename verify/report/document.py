"""results.json: the one record from which every report is rendered."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from layerproof.theory.extensions import plugin_versions
from layerproof.theory.statements import catalogue
from layerproof.verify.report.errata import errata_of
from layerproof.verify.report.schemas.results import SCHEMA
from layerproof.verify.run.runner import Plan
from layerproof.verify.verdicts.flow import first_breaks
from layerproof.verify.verdicts.verdict import Result, Verdict


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
    if chosen.suite.errata:
        found["errata"] = errata_of(result.statement for result in results)
    if controls is not None:
        found["controls"] = list(controls)
    return found | {"provenance": environment() | dict(provenance or {})}


def environment() -> dict[str, Any]:
    """What ran where: versions, platform, time."""
    packages = ("layerproof", "torch", "numpy", "scipy", "sympy")
    versions = {"python": platform.python_version()} | {p: version(p) for p in packages}
    return {
        "versions": versions | plugin_versions(),
        "platform": platform.platform(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def exit_code(found: Mapping[str, Any]) -> int:
    """The exit code of a results document.

    0 every verdict is the one expected; 1 an unexpected `violated`, or an expected one that did not
    come, or a control that turned nothing; 3 a check crashed; 5 nothing ran; 6 a verdict was
    required and there was none.
    """
    rows = found["results"]
    if any(row["verdict"] == Verdict.ERROR for row in rows):
        return 3
    if all(row["verdict"] == Verdict.NOT_RUN for row in rows):
        return 5
    surprises = [row for row in rows if row["verdict"] != row["expected"]]
    if any(Verdict.VIOLATED in (row["verdict"], row["expected"]) for row in surprises):
        return 1
    if any(control["missed"] or control["strayed"] for control in found.get("controls", ())):
        return 1
    return 6 if surprises else 0
