"""What a run says first of a user's own grammar: which assumption fails on it, why, what follows.

A report of :func:`layerproof.theory.assumptions.assumptions` becomes one finding for each numbered
statement; every report renders the same findings, from the results file alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from layerproof.theory.assumptions import AssumptionReport
from layerproof.theory.causes import Cause
from layerproof.theory.formatting import figures
from layerproof.theory.statements.base import Catalogue
from layerproof.verify.verdicts.verdict import Result, Verdict

SIGNAL = "R26.principle-2"
"""Of the signal that is learned from; told of only where it is not the label."""

SIGNAL_TITLE = "The signal is clean"


@dataclass(frozen=True)
class Finding:
    """One statement on one grammar: whether it holds, what is to blame, and what then says nothing.

    `measured` is what was found of it, in words. `stops` are the ids of the statements that do not
    apply where it fails.
    """

    statement: str
    title: str
    verdict: Verdict
    measured: str
    causes: tuple[Cause, ...]
    stops: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON of the finding."""
        return {
            "statement": self.statement,
            "title": self.title,
            "verdict": str(self.verdict),
            "measured": self.measured,
            "causes": [cause.to_dict() for cause in self.causes],
            "stops": list(self.stops),
        }


@dataclass(frozen=True)
class LeftOut:
    """A check that a run of a grammar left out: of which statement, why, and what runs it."""

    check: str
    statement: str
    reason: str
    command: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON of what was left out."""
        return {
            "check": self.check,
            "statement": self.statement,
            "reason": self.reason,
            "command": self.command,
        }


@dataclass(frozen=True)
class Diagnosis:
    """The findings on one grammar, and what was left out. `covered`: whether Theorem 7 applies."""

    grammar: str
    covered: bool
    findings: tuple[Finding, ...]
    left_out: tuple[LeftOut, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON of the diagnosis, as it stands in results.json."""
        return {
            "grammar": self.grammar,
            "covered": self.covered,
            "findings": [finding.to_dict() for finding in self.findings],
            "left_out": [one.to_dict() for one in self.left_out],
        }


def diagnose(
    grammar: str,
    report: AssumptionReport,
    catalogue: Catalogue,
    *,
    stopped: Mapping[str, Sequence[str]] | None = None,
    left_out: Iterable[LeftOut] = (),
) -> Diagnosis:
    """The findings of a report on the grammar called `grammar`.

    What a statement stops where it fails are those of the catalogue that need it, and those that a
    run found not to apply: `stopped`, by premise.
    """
    findings = []
    for name, causes in report.causes.items():
        if name == SIGNAL and not causes:
            continue
        known = catalogue[name].title if name in catalogue else SIGNAL_TITLE
        needing = [one.id for one in catalogue if name in one.premises]
        stops = dict.fromkeys((*needing, *(stopped or {}).get(name, ())))
        findings.append(
            Finding(
                statement=name,
                title=known,
                verdict=_verdict(causes),
                measured=_measured(name, report),
                causes=causes,
                stops=_theorems_first(stops, catalogue) if causes else (),
            )
        )
    return Diagnosis(grammar, report.holds, tuple(findings), tuple(left_out))


def _verdict(causes: Sequence[Cause]) -> Verdict:
    if not causes:
        return Verdict.HOLDS
    return Verdict.VIOLATED if any(cause.decided for cause in causes) else Verdict.INCONCLUSIVE


def _measured(name: str, report: AssumptionReport) -> str:
    if name == "R26.assumption-6a":
        return f"kappa = {figures(_number(report.kappa))}"
    if name == "R26.assumption-6b":
        if report.K_rho is None:
            least = min(part.rho for part in report.levels)
            return f"rho = {figures(_number(least))}; K_rho needs one number m of rules"
        return f"K_rho = {figures(_number(report.K_rho))}"
    return ""


def _number(value: float) -> float | str:
    return "inf" if value == math.inf else value


def _theorems_first(names: Iterable[str], catalogue: Catalogue) -> tuple[str, ...]:
    """Those ids: theorems, then what else is printed by source, then what is derived."""
    places = {one.id: place for place, one in enumerate(catalogue.numbered())}

    def rank(name: str) -> tuple[bool, int]:
        return catalogue[name].kind != "theorem", places.get(name, len(places))

    return tuple(sorted(names, key=rank))


def stopped_by(results: Sequence[Result]) -> dict[str, list[str]]:
    """For each premise that fails, the statements of the results that do not apply, each once."""
    found: dict[str, list[str]] = {}
    for result in results:
        if result.judgement.verdict is not Verdict.NOT_APPLICABLE:
            continue
        for premise in result.premises:
            names = found.setdefault(premise.id, [])
            if premise.verdict is Verdict.VIOLATED and result.statement not in names:
                names.append(result.statement)
    return found
