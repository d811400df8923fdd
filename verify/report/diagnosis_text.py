"""The diagnosis of a grammar on a terminal."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.text import Text

from layerproof.verify.report.diagnosis import headline, left_out, told
from layerproof.verify.report.schemas.diagnosis import DiagnosisRecord
from layerproof.verify.report.schemas.results import Document
from layerproof.verify.verdicts.words import WORDS

INDENT = "    "


def print_diagnosis(document: Document, console: Console, width: int) -> None:
    """What fails on the grammar of a run, and what was left out; nothing without a diagnosis."""
    if document.diagnosis is None:
        return
    _print(console, headline(document.diagnosis), width, style="bold")
    console.print()
    print_findings(document.diagnosis, console, width)
    said = left_out(document)
    if said:
        console.print()
    for sentence in said:
        _print(console, sentence, width, rest="  ")


def print_findings(found: DiagnosisRecord, console: Console, width: int) -> None:
    """Every finding, those that fail first: what is to blame, what follows, what to change."""
    for one in told(found):
        sign = WORDS[one.verdict].sign
        _print(console, f"{sign} {one.head}", width, rest="  ", style=WORDS[one.verdict].style)
        for label, text in one.lines:
            _print(console, f"{label}: {text}", width, first=INDENT, rest=INDENT + "  ")


def _print(
    console: Console, text: str, width: int, *, first: str = "", rest: str = "", style: str = ""
) -> None:
    for line in textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ):
        console.print(Text(line, style=style), no_wrap=True, overflow="ignore", crop=False)
