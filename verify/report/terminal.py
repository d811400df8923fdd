"""The report of a run on a terminal, rendered from its results document alone.

Worst verdict first, one line per result, and below everything that is not `holds` the reason.
Fits 80 columns and uses up to 120.
"""

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from layerproof.theory.formatting import ERRATUM_COLUMNS, figures
from layerproof.theory.statements import catalogue
from layerproof.verify.report.diagnosis import unexplained
from layerproof.verify.report.diagnosis_text import print_diagnosis
from layerproof.verify.report.rows import (
    badness,
    closing_line,
    labels,
    measured_interval,
    prediction,
    remarks,
)
from layerproof.verify.report.schemas.results import ControlRecord, Document, ErratumRecord, Row
from layerproof.verify.verdicts.flow import break_sentences
from layerproof.verify.verdicts.words import WORDS

WIDEST = 120
HEADINGS = ("verdict", "statement", "form", "predicted", "measured", "interval")
INDENT = "    "
JOINTS = re.compile(r"(?<=[.\-_=])(?=[^\W\d])")
"""Where a name may be broken: after these, before a letter."""
NUMBER = re.compile(r"[\d.]+(e[+-]?\d+)?|inf")


def render(document: Document, console: Console) -> None:
    """Print the report of a results document (schema layerproof/results/1)."""
    width = min(console.width, WIDEST)
    rows = sorted(document.results, key=badness)
    if document.diagnosis is None:
        _print_counts(document, console, width)
    else:  # a user's own grammar: what fails on it comes first
        print_diagnosis(document, console, width)
        rows = unexplained(document, rows)
    console.print()
    if rows:
        _print_table(rows, console, width)
    _print_power(rows, console, width)
    if document.controls:
        _print_controls(document.controls, console, width)
    if document.errata:
        _print_errata(document.errata, console, width)
    console.print()
    for told in break_sentences(document.first_breaks, catalogue()):
        _print_wrapped(console, told, width)
    _print_wrapped(console, closing_line(document), width)
    _print_wrapped(console, document.provenance.get("reference", ""), width)


def _print_counts(document: Document, console: Console, width: int) -> None:
    console.print(Text(f"layerproof verify {document.suite}", style="bold"))
    _print_wrapped(console, document.question, width)
    line = Text()
    for word, look in WORDS.items():
        count = document.counts[word]
        part = Text(f"{count} {word}", style=look.style if count else "dim")
        if line and len(line) + len(part) + 3 > width:  # a number stays with its word
            console.print(line + Text(","), no_wrap=True)
            line = Text()
        line = line + Text(", ") + part if line else part
    console.print(line, no_wrap=True)


def _print_table(rows: Sequence[Row], console: Console, width: int) -> None:
    cells = [_cells(row, label) for row, label in zip(rows, labels(rows), strict=True)]
    widths = _widths(cells, width)
    console.print(Text(_line(HEADINGS, widths), style="bold"), no_wrap=True)
    for row, texts in zip(rows, cells, strict=True):
        _print_row(row, texts, widths, console, width)


def _cells(row: Row, label: str) -> tuple[str, ...]:
    return (
        row.verdict + "!" * row.surprise,
        label,
        row.form,
        prediction(row),
        figures(row.measured, 3),
        measured_interval(row),
    )


def _widths(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Every column as wide as its texts; the statement gets what is left, and wraps."""
    widths = [max(map(len, column)) for column in zip(HEADINGS, *cells, strict=True)]
    others = sum(widths) - widths[1] + len(widths) - 1
    widths[1] = min(widths[1], max(width - others, 12))
    return widths


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    left = [text.ljust(size) for text, size in zip(texts[:3], widths[:3], strict=True)]
    right = [text.rjust(size) for text, size in zip(texts[3:], widths[3:], strict=True)]
    return " ".join(left + right).rstrip()


def _print_row(
    row: Row, texts: Sequence[str], widths: Sequence[int], console: Console, width: int
) -> None:
    first, *more = _Labels(widths[1], break_on_hyphens=False).wrap(texts[1]) or [""]
    line = Text(_line((texts[0], first, *texts[2:]), widths))
    line.stylize(WORDS[row.verdict].style, 0, widths[0])
    console.print(line, no_wrap=True)
    for rest in more:
        console.print(Text(" " * (widths[0] + 1) + rest), no_wrap=True)
    for remark in remarks(row):
        _print_wrapped(console, remark, width, INDENT)
    if row.surprise:
        for part in _command_lines(f"again: {row.reproduce}", width - len(INDENT)):
            console.print(Text(INDENT + part), no_wrap=True)


class _Labels(textwrap.TextWrapper):
    """Breaks lines at spaces; a word too long for a line after a dot, a hyphen or the like."""

    def _split(self, text: str) -> list[str]:
        return [
            part
            for word in super()._split(text)
            for part in (JOINTS.split(word) if len(word) > self.width else [word])
        ]


def _command_lines(command: str, width: int) -> list[str]:
    """A command on lines that a shell joins again when they are pasted."""
    *firsts, last = textwrap.wrap(
        command, width - 2, break_on_hyphens=False, break_long_words=False
    )
    return [*(f"{part} \\" for part in firsts), last]


def _print_power(rows: Sequence[Row], console: Console, width: int) -> None:
    """What would have been seen, with what probability; certain detection goes without saying."""
    seen: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.power and row.power.probability < 1:
            chance = figures(row.power.probability, 3)
            check = f"{row.check} ({row.form}), with probability {chance}"
            seen[check].append(row.power.deviation)
    if seen:
        console.print(Text("\nWhat would have been seen", style="bold"))
    for check, deviations in seen.items():
        _print_wrapped(console, f"{check}: {_together(deviations)}", width, INDENT)


def _together(texts: Iterable[str]) -> str:
    """Distinct texts; of those that differ in the number at their end, the range.

    >>> _together(["a deviation of 0.1", "a rate of 0.5", "a deviation of 0.03", "nothing"])
    'a deviation of 0.03 to 0.1, a rate of 0.5, nothing'
    """
    ends: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        words, _, end = text.rpartition(" ")
        ends[words if NUMBER.fullmatch(end) else text].append(end)
    return ", ".join(_range(words, found) for words, found in ends.items())


def _range(words: str, ends: Sequence[str]) -> str:
    if not all(map(NUMBER.fullmatch, ends)):
        return words
    least, most = min(ends, key=float), max(ends, key=float)
    return f"{words} {least}" if least == most else f"{words} {least} to {most}"


def _print_controls(controls: Sequence[ControlRecord], console: Console, width: int) -> None:
    console.print(Text("\nNegative controls", style="bold"))
    _print_matrix(controls, console, width)
    for control in controls:
        if not control.faults:
            continue
        faults = ", ".join(control.faults)
        turned = ", ".join(control.turned) or "nothing"
        _print_wrapped(console, f"{control.control}: {faults}", width, style="bold red")
        _print_wrapped(console, f"turned {turned}", width, INDENT)


def _print_matrix(controls: Sequence[ControlRecord], console: Console, width: int) -> None:
    """Control × check: what turned as it must, what followed, what stayed, what went wrong."""
    checks = controls[0].checks
    names = max(len(control.control) for control in controls)
    numbers = [str(number) for number in range(1, len(checks) + 1)]
    console.print(Text(" " * names + "".join(f"{number:>3}" for number in numbers)), no_wrap=True)
    for control in controls:
        marks = "".join(f"{_mark(control, check):>3}" for check in checks)
        console.print(Text(control.control.ljust(names) + marks), no_wrap=True)
    legend = ", ".join(f"{number} {check}" for number, check in zip(numbers, checks, strict=True))
    _print_wrapped(
        console, f"T turned as it must, t followed, · stayed, ! missed, ? strayed. {legend}.", width
    )


def _mark(control: ControlRecord, check: str) -> str:
    if check in control.missed:
        return "!"
    if check in control.strayed:
        return "?"
    if check in control.turned:
        return "T" if check in control.should_turn else "t"
    return "·"


def _print_errata(errata: Sequence[ErratumRecord], console: Console, width: int) -> None:
    """What is printed and fails, statement by statement, with the line that shows it."""
    console.print(Text("\nErrata", style="bold"))
    for row in errata:
        _print_wrapped(console, f"{row.id}  {row.title}", width, style="bold")
        for name, heading in ERRATUM_COLUMNS.items():
            _print_wrapped(console, f"{heading}: {getattr(row, name)}", width, INDENT)
        for command in row.reproduce:
            for part in _command_lines(command, width - len(INDENT)):
                console.print(Text(INDENT + part), no_wrap=True)


def _print_wrapped(
    console: Console, text: str, width: int, indent: str = "", style: str = ""
) -> None:
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + ("  " if indent else ""),
        break_on_hyphens=False,  # ids and options stay whole
    )
    for line in lines:
        console.print(Text(line, style=style), no_wrap=True, overflow="ignore", crop=False)
