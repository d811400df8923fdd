"""The block with which the report of a user's own grammar begins, for terminal and page alike.

Statement → fails or holds → who is to blame → what follows → what no longer applies → what to
change. Rows that it explains are not told again one by one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from layerproof.verify.report.schemas.diagnosis import CauseRecord, DiagnosisRecord, FindingRecord
from layerproof.verify.report.schemas.results import Document, Row
from layerproof.verify.verdicts.verdict import Verdict

SAYS = {Verdict.HOLDS: "holds", Verdict.VIOLATED: "FAILS", Verdict.INCONCLUSIVE: "is open"}
"""What a finding says of its statement."""

PREMISE_FAILS = "a premise fails: "
"""How the reason of a row begins where one does."""

NAMED = 4
"""Statements that are named where one stops many."""


@dataclass(frozen=True)
class Told:
    """One finding in words: a head line, and labelled lines below it."""

    verdict: Verdict
    head: str
    lines: tuple[tuple[str, str], ...] = ()


def headline(found: DiagnosisRecord) -> str:
    """Whether Theorem 7 applies to the grammar, in one sentence."""
    if found.covered:
        return f"R26.theorem-7 applies to {found.grammar}: all its assumptions hold."
    failing = [one.statement for one in found.findings if one.verdict is Verdict.VIOLATED]
    open_ones = [one.statement for one in found.findings if one.verdict is Verdict.INCONCLUSIVE]
    why = [f"{' and '.join(failing)} fail{'s' * (len(failing) == 1)}"] if failing else []
    why += [f"{' and '.join(open_ones)} cannot be told"] if open_ones else []
    return f"R26.theorem-7 does not apply to {found.grammar}: {', '.join(why)}."


def told(found: DiagnosisRecord) -> list[Told]:
    """Every finding, those that fail first."""
    order = sorted(found.findings, key=lambda one: one.verdict is Verdict.HOLDS)
    return [_told(one) for one in order]


def _told(finding: FindingRecord) -> Told:
    measured = f": {finding.measured}" if finding.measured else ""
    says = SAYS.get(finding.verdict, str(finding.verdict))
    head = f"{finding.statement} {says}, {finding.title}{measured}"
    lines = [line for cause in finding.causes for line in _of_cause(cause)]
    if finding.causes:
        lines.insert(-1, ("no longer applies", _some(finding.stops)))
    return Told(finding.verdict, head, tuple(lines))


def _of_cause(cause: CauseRecord) -> list[tuple[str, str]]:
    return [("culprit", cause.sentence), ("so", cause.so), ("change", cause.change)]


def _some(names: Sequence[str]) -> str:
    """The first few of many names, and how many more there are."""
    if not names:
        return "no statement that is known here"
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def not_measured(document: Document) -> Mapping[str, list[Row]]:
    """The rows to which a statement does not apply, by the cause that they share."""
    if document.diagnosis is None:
        return {}
    known = {one.statement for one in document.diagnosis.findings}
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in document.results:
        if row.verdict is Verdict.NOT_APPLICABLE:
            groups[_why(row, known)].append(row)
    return groups


def left_out(document: Document) -> list[str]:
    """One sentence for everything that was not measured: by a premise, by its kind, by its time."""
    found = document.diagnosis
    if found is None:
        return []
    return [
        f"Not measured, since {why}: {counted_names(rows)}."
        for why, rows in not_measured(document).items()
    ] + [
        f"Left out, as it takes long: {one.statement}, {one.reason}; run it by: {one.command}"
        for one in found.left_out
    ]


def _why(row: Row, findings: Collection[str]) -> str:
    """The cause that rows share: the first failing premise that the block tells of, or a reason."""
    failing = [premise.id for premise in row.premises if premise.verdict == Verdict.VIOLATED]
    known = [name for name in failing if name in findings]
    if known and row.reason.startswith(PREMISE_FAILS):
        return f"{known[0]} fails"
    return row.reason.removeprefix(PREMISE_FAILS).rstrip(".")


def counted_names(rows: Sequence[Row]) -> str:
    """The statements of rows, each once, with how many rows it has: "a (2 rows), b"."""
    counts = Counter(row.statement for row in rows)
    return ", ".join(
        name if count == 1 else f"{name} ({count} rows)" for name, count in counts.items()
    )


def unexplained(document: Document, rows: Sequence[Row]) -> list[Row]:
    """The rows that the block does not tell already."""
    if document.diagnosis is None:
        return list(rows)
    findings = {one.statement: one for one in document.diagnosis.findings}
    return [row for row in rows if not _is_told(row, findings.get(row.statement))]


def _is_told(row: Row, finding: FindingRecord | None) -> bool:
    if row.verdict is Verdict.NOT_APPLICABLE:
        return True
    if finding is None:
        return False
    alike = {Verdict.HOLDS, Verdict.VACUOUS}
    return row.verdict in alike or row.verdict is finding.verdict


def decided_line(document: Document) -> str:
    """How many verdicts there are, and whether any was left open."""
    rows = document.results
    counts = Counter(row.verdict for row in rows)
    words = ", ".join(f"{count} {word}" for word, count in sorted(counts.items(), key=_severity))
    open_ones = counts[Verdict.INCONCLUSIVE] + counts[Verdict.NOT_RUN] + counts[Verdict.ERROR]
    ending = f"{open_ones} of them left open." if open_ones else "Every one was decided."
    return f"{len(rows)} verdict{'s' * (len(rows) != 1)}: {words}. {ending}"


def _severity(entry: tuple[Verdict, int]) -> int:
    return entry[0].severity
