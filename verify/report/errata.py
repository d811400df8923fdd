"""The errata table: what is printed, what fails, by how much, the repair, what to run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from layerproof.theory.formatting import ERRATUM_COLUMNS
from layerproof.theory.statements import Statement, catalogue
from layerproof.verify.report.schemas.results import ErratumRecord
from layerproof.verify.run.suite import load_suite
from layerproof.verify.run.suite_files import SUITES
from layerproof.verify.verdicts.verdict import Verdict

FIRST = "paper"
"""The suite that is named where it will do."""


def errata(statements: Iterable[Statement] | None = None) -> list[ErratumRecord]:
    """One row for every statement with an erratum, in the order of the proof; of all, unless given.

    Each carries the commands that reproduce it: a search for the counterexample, where there is
    one for the statement, and its check.
    """
    chosen = catalogue().numbered() if statements is None else statements
    return [_row(statement) for statement in chosen if statement.erratum is not None]


def errata_of(identifiers: Iterable[str]) -> list[ErratumRecord]:
    """The rows of the statements with these ids."""
    wanted = set(identifiers)
    return errata(statement for statement in catalogue().numbered() if statement.id in wanted)


def of_papers(rows: Sequence[ErratumRecord]) -> list[ErratumRecord]:
    """The rows about what a paper prints; the printed form of the others is a first guess."""
    return [row for row in rows if catalogue().source_of(row.id).is_paper]


def to_markdown(rows: Sequence[ErratumRecord]) -> str:
    """The table in markdown, as the manual has it."""
    headings = ("statement", *ERRATUM_COLUMNS.values(), "see it")
    lines = [_line(headings), _line("---" for _ in headings)]
    return "\n".join([*lines, *(_line(_cells(row)) for row in rows)]) + "\n"


def _row(statement: Statement) -> ErratumRecord:
    assert statement.erratum is not None  # the caller has looked
    return ErratumRecord(
        id=statement.id,
        title=statement.title,
        source=statement.source,
        reproduce=reproduction(statement.id),
        **statement.erratum.to_dict(),
    )


def reproduction(identifier: str) -> list[str]:
    """The commands that show what fails in the printed form of a statement.

    A search is among them where it finds a counterexample, not where the erratum is about the
    statement's use.
    """
    from layerproof.verify.searches import SEARCHES

    suite = _suites().get(identifier, "")
    check = " ".join(filter(None, ("layerproof verify", suite, f"--only {identifier}")))
    search = SEARCHES.get(identifier)
    if search is None or not search.expects_violation("printed"):
        return [check]
    return [f"layerproof refute {identifier}", check]


@cache
def _suites() -> Mapping[str, str]:
    """For each statement, a suite that expects its printed form to fail, or else that tests it."""
    order = sorted(SUITES, key=lambda name: name != FIRST)
    entries = [
        (name, entry)
        for name in order
        for entry in load_suite(name).entries
        if entry.form == "printed"
    ]
    failing, tested = dict[str, str](), dict[str, str]()
    for name, entry in entries:
        tested.setdefault(entry.check.statement, name)
        rows = entry.check.rows(entry.parameters)
        if any(entry.expectation(row) == Verdict.VIOLATED for row in rows):
            failing.setdefault(entry.check.statement, name)
    return tested | failing


def _cells(row: ErratumRecord) -> list[str]:
    name = f"{row.source}<br>`{row.id}`"
    texts = [escaped(getattr(row, name)) for name in ERRATUM_COLUMNS]
    commands = "<br>".join(f"`{command}`" for command in row.reproduce)
    return [name, *texts, commands]


def escaped(text: str) -> str:
    """Text with the letters of the paper, such as * and |, as markdown shows them in a table."""
    return re.sub(r"([*_<>|])", r"\\\1", text.replace("\n", " "))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
