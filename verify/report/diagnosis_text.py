"""The diagnosis of a grammar on a terminal."""

from __future__ import annotations

import textwrap

from rich.text import Text

from layerproof.verify.report.diagnosis import headline, left_out, told
from layerproof.verify.report.schemas.diagnosis import DiagnosisRecord
from layerproof.verify.report.schemas.results import Document
from layerproof.verify.report.terminal_tables import Lines
from layerproof.verify.verdicts.words import WORDS

INDENT = "    "


def diagnosis_lines(document: Document, width: int) -> Lines:
    """What fails on the grammar of a run, and what was left out; nothing without a diagnosis."""
    if document.diagnosis is None:
        return []
    lines = [*_lines(headline(document.diagnosis), width, style="bold"), Text()]
    lines += finding_lines(document.diagnosis, width)
    said = left_out(document)
    lines += [Text()] if said else []
    return lines + [line for sentence in said for line in _lines(sentence, width, rest="  ")]


def finding_lines(found: DiagnosisRecord, width: int) -> Lines:
    """Every finding, those that fail first: what is to blame, what follows, what to change."""
    lines: Lines = []
    for one in told(found):
        look = WORDS[one.verdict]
        lines += _lines(f"{look.sign} {one.head}", width, rest="  ", style=look.style)
        for label, text in one.lines:
            lines += _lines(f"{label}: {text}", width, first=INDENT, rest=INDENT + "  ")
    return lines


def _lines(text: str, width: int, *, first: str = "", rest: str = "", style: str = "") -> Lines:
    found = textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    return [Text(line, style=style) for line in found]
