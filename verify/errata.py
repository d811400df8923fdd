"""The errata table: what is printed, what fails, by how much, the repair, what to run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from theory.statements import Statement, catalogue
from verify.formatting import ERRATUM_COLUMNS

Row = Mapping[str, Any]

SUITE = "paper"
"""The suite that expects every verdict of the table."""


def errata(statements: Iterable[Statement] | None = None) -> list[dict[str, Any]]:
    """One row for every statement with an erratum, in the order of the proof; of all, unless given.

    Each carries the commands that reproduce it: a search for the counterexample, where there is
    one for the statement, and its check.
    """
    chosen = catalogue().numbered() if statements is None else statements
    return [_row(statement) for statement in chosen if statement.erratum is not None]


def errata_of(identifiers: Iterable[str]) -> list[dict[str, Any]]:
    """The rows of the statements with these ids."""
    wanted = set(identifiers)
    return errata(statement for statement in catalogue().numbered() if statement.id in wanted)


def to_markdown(rows: Sequence[Row]) -> str:
    """The table in markdown, for the README."""
    headings = ("statement", *ERRATUM_COLUMNS.values(), "see it")
    lines = [_line(headings), _line("---" for _ in headings)]
    return "\n".join([*lines, *(_line(_cells(row)) for row in rows)]) + "\n"


def _row(statement: Statement) -> dict[str, Any]:
    assert statement.erratum is not None  # the caller has looked
    return {
        "id": statement.id,
        "title": statement.title,
        "source": statement.source,
        **statement.erratum.to_dict(),
        "reproduce": reproduction(statement.id),
    }


def reproduction(identifier: str) -> list[str]:
    """The commands that show what fails in the printed form of a statement.

    A search is among them where it finds a counterexample, not where the erratum is about the
    statement's use.
    """
    from verify.refutation import SEARCHES

    check = f"layerproof verify {SUITE} --only {identifier}"
    search = SEARCHES.get(identifier)
    if search is None or not search.expects_violation("printed"):
        return [check]
    return [f"layerproof refute {identifier}", check]


def _cells(row: Row) -> list[str]:
    name = f"{row['source']}<br>`{row['id']}`"
    texts = [re.sub(r"([*_<>])", r"\\\1", row[name]) for name in ERRATUM_COLUMNS]
    commands = "<br>".join(f"`{command}`" for command in row["reproduce"])
    return [name, *texts, commands]


def _line(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"
