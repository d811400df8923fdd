"""`layerproof.report`: a page that shows itself, in a notebook and on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from layerproof.theory.readable import WIDTH, Readable, Sheet, SheetTable
from layerproof.theory.statements import catalogue
from layerproof.verify.report.by_statement import by_statement, outcome
from layerproof.verify.report.diagnosis import headline, left_out, told, unexplained
from layerproof.verify.report.document import as_read, document
from layerproof.verify.report.page import render_html
from layerproof.verify.report.reading import read_results
from layerproof.verify.report.rows import closing_line
from layerproof.verify.report.schemas.results import Document
from layerproof.verify.report.terminal import lines
from layerproof.verify.report.terminal_tables import FORMS
from layerproof.verify.run.runner import Plan
from layerproof.verify.verdicts.flow import break_sentences
from layerproof.verify.verdicts.verdict import Result
from layerproof.verify.verdicts.words import WORDS


class ReportPage(Readable, str):
    """The HTML of a page: a text, which is what a file gets that it is written to.

    `print` shows the report of the terminal instead, and a notebook its first table.
    """

    document: Document

    def __new__(cls, found: Document) -> Self:
        """The page of a results document."""
        page = super().__new__(cls, render_html(found))
        page.document = found
        return page

    def __getnewargs__(self) -> tuple[Document]:  # type: ignore[override]
        return (self.document,)

    def __str__(self) -> str:
        return "\n".join(line.plain for line in lines(self.document, WIDTH))

    def __repr__(self) -> str:
        return f"<the page of {_title(self.document)}: {len(self)} characters of HTML>"

    def sheet(self) -> Sheet:
        """One row a statement, below what fails on a user's own grammar, and what to make of it."""
        found = self.document
        rows = by_statement(unexplained(found, found.results))
        cells = [
            (
                entry.id,
                *(entry.forms[form].word if form in entry.forms else "" for form in FORMS),
                outcome(entry.worst),
            )
            for entry in rows
        ]
        counts = ", ".join(f"{found.counts[word]} {word}" for word in WORDS if found.counts[word])
        return Sheet(
            _title(found),
            {"verdicts": counts or "none"} | _findings(found),
            [SheetTable(("statement", *FORMS, "worst row"), cells)] if cells else [],
            [*break_sentences(found.first_breaks, catalogue()), closing_line(found)],
        )


def report(
    run: Document | Plan | str | Path, results: Sequence[Result] | None = None
) -> ReportPage:
    """The page of a run: one file, complete in itself, that needs no network.

    `run`: the folder of `layerproof verify -o`, the document that was read from it, or a plan with
    the `results` of running it. In a notebook the page shows one row a statement, `print` shows
    what the command prints, and `Path("report.html").write_text(page)` keeps all of it.

    Raises InputError where a folder holds no results of a run.

    >>> import layerproof
    >>> plan = layerproof.plan("quick", only=["R26.assumption-6a"])
    >>> page = layerproof.report(plan, layerproof.run(plan, workers=1))
    >>> page[:15]
    '<!DOCTYPE html>'
    """
    if isinstance(run, Plan):
        return ReportPage(as_read(document(run, results or [])))
    return ReportPage(run if isinstance(run, Document) else read_results(run))


def _title(found: Document) -> str:
    if found.diagnosis is not None:
        return headline(found.diagnosis)
    return f"layerproof verify {found.suite}"


def _findings(found: Document) -> dict[str, str]:
    """What fails on a user's own grammar, and what was not measured."""
    if found.diagnosis is None:
        return {"question": found.question} if found.question else {}
    said = {
        one.head: "; ".join(f"{name}: {text}" for name, text in one.lines)
        for one in told(found.diagnosis)
    }
    return said | {"left out": " ".join(left_out(found)) or "nothing"}
