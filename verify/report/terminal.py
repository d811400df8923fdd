"""The report of a run on a terminal, rendered from its results document alone.

First a table with one row per statement, source by source; then what is not as expected; then,
where all of it fits in MOST_LINES or is asked for, every row, worst first in each statement, and
below everything that is not `holds` the reason. Fits 80 columns and uses up to 120.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.text import Text

from layerproof.theory.formatting import ERRATUM_COLUMNS, figures
from layerproof.theory.statements import catalogue
from layerproof.verify.report.by_statement import by_statement
from layerproof.verify.report.diagnosis import unexplained
from layerproof.verify.report.diagnosis_text import diagnosis_lines
from layerproof.verify.report.rows import badness, closing_line
from layerproof.verify.report.schemas.results import ControlRecord, Document, ErratumRecord, Row
from layerproof.verify.report.terminal_tables import (
    INDENT,
    Lines,
    command_lines,
    every_row,
    joined,
    summary,
    surprises,
    wrapped,
)
from layerproof.verify.verdicts.flow import break_sentences
from layerproof.verify.verdicts.words import WORDS

WIDEST = 120
MOST_LINES = 59
"""Of a report that was not asked for everything; one more line says where the results are."""
MOST_SURPRISES = 12
"""Lines on what is not as expected, and on what broke, in a report that has no room for all."""
NUMBER = re.compile(r"[\d.]+(e[+-]?\d+)?|inf")


def render(document: Document, console: Console, *, verbose: bool = False) -> None:
    """Print the report of a results document (schema layerproof/results/1).

    `verbose`: every row and the errata too, however many lines that takes.
    """
    print_lines(lines(document, min(console.width, WIDEST), verbose=verbose), console)


def print_lines(found: Lines, console: Console) -> None:
    """Print lines as they are: they were wrapped already."""
    for line in found:
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def lines(document: Document, width: int, *, verbose: bool = False) -> Lines:
    """The lines of the report, none wider than `width` where names allow."""
    rows = unexplained(document, document.results)  # of a user's grammar a block tells the others
    statements = by_statement(rows)
    start, end = _start(document, width), _end(document, width)
    unexpected = surprises(rows, width, None if verbose else MOST_SURPRISES)
    faults = _faults(document.controls, width)
    room = MOST_LINES - len(start) - len(end) - len(faults)
    table = summary(statements, width, None if verbose else room - 4 - len(unexpected))
    details = {
        "every row": lambda: every_row(statements, width),
        "what would have been seen": lambda: _power(rows, width),
        "the control matrix": lambda: _matrix(document.controls, width),
        "the errata": lambda: _errata(document.errata, width),
    }
    chosen, left = _fitting(details, None if verbose else room - len(table) - 4)
    if verbose or "every row" in left:
        table += unexpected
    table += [line for block in chosen for line in block]
    more = wrapped(f"-v prints {joined(left)}; report.html has all of it.", width) if left else []
    blank = [Text()] if table or faults else []
    return [*start, *table, *faults, *blank, *end, *more]


def _fitting(
    details: dict[str, Callable[[], Lines]], room: int | None
) -> tuple[list[Lines], list[str]]:
    """Of the details those that fit into the room, in order, and the names of the others."""
    chosen, left = list[Lines](), list[str]()
    for name, made in details.items():
        block = made()
        if not block:
            continue
        if room is None or len(block) <= room:
            chosen.append(block)
            room = None if room is None else room - len(block)
        else:
            left.append(name)
    return chosen, left


def _start(document: Document, width: int) -> Lines:
    """What fails on a user's own grammar; else the suite, its question and how many verdicts."""
    if document.diagnosis is not None:
        return [*diagnosis_lines(document, width), Text()]
    found = [Text(f"layerproof verify {document.suite}", style="bold")]
    found += wrapped(document.question, width)
    line = Text()
    for word, look in WORDS.items():
        count = document.counts[word]
        part = Text(f"{count} {word}", style=look.style if count else "dim")
        if line and len(line) + len(part) + 3 > width:  # a number stays with its word
            found.append(line + Text(","))
            line = Text()
        line = line + Text(", ") + part if line else part
    return [*found, line, Text()]


def _end(document: Document, width: int) -> Lines:
    """Where arguments break, whether all is as expected, and how sure it is."""
    told = break_sentences(document.first_breaks, catalogue())
    sentences = [*told, closing_line(document), str(document.provenance.get("reference", ""))]
    return [line for sentence in sentences for line in wrapped(sentence, width)]


def _power(rows: Sequence[Row], width: int) -> Lines:
    """What would have been seen, with what probability; certain detection goes without saying."""
    seen: dict[str, list[str]] = defaultdict(list)
    for row in sorted(rows, key=badness):
        if row.power and row.power.probability < 1:
            chance = figures(row.power.probability, 3)
            check = f"{row.check} ({row.form}), with probability {chance}"
            seen[check].append(row.power.deviation)
    if not seen:
        return []
    found = [Text(), Text("What would have been seen", style="bold")]
    for check, deviations in seen.items():
        found += wrapped(f"{check}: {_together(deviations)}", width, INDENT)
    return found


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


def _faults(controls: Sequence[ControlRecord], width: int) -> Lines:
    """The controls that some check missed, or that turned one without a reason to."""
    found = list[Text]()
    for control in controls:
        if control.faults:
            turned = ", ".join(control.turned) or "nothing"
            faults = f"{control.control}: {', '.join(control.faults)}"
            found += wrapped(faults, width, style="bold red")
            found += wrapped(f"turned {turned}", width, INDENT)
    return [Text(), Text("Negative controls", style="bold"), *found] if found else []


def _matrix(controls: Sequence[ControlRecord], width: int) -> Lines:
    """Control × check: what turned as it must, what followed, what stayed, what went wrong."""
    if not controls:
        return []
    checks = controls[0].checks
    names = max(len(control.control) for control in controls)
    numbers = [str(number) for number in range(1, len(checks) + 1)]
    found = [Text(), Text("Controls and the checks that they turn", style="bold")]
    found.append(Text(" " * names + "".join(f"{number:>3}" for number in numbers)))
    for control in controls:
        marks = "".join(f"{_mark(control, check):>3}" for check in checks)
        found.append(Text(control.control.ljust(names) + marks))
    legend = ", ".join(f"{number} {check}" for number, check in zip(numbers, checks, strict=True))
    signs = "T turned as it must, t followed, · stayed, ! missed, ? strayed."
    return [*found, *wrapped(f"{signs} {legend}.", width)]


def _mark(control: ControlRecord, check: str) -> str:
    if check in control.missed:
        return "!"
    if check in control.strayed:
        return "?"
    if check in control.turned:
        return "T" if check in control.should_turn else "t"
    return "·"


def _errata(errata: Sequence[ErratumRecord], width: int) -> Lines:
    """What is printed and fails, statement by statement, with the line that shows it."""
    found = [Text(), Text("Errata", style="bold")] if errata else []
    for row in errata:
        found += wrapped(f"{row.id}  {row.title}", width, style="bold")
        for name, heading in ERRATUM_COLUMNS.items():
            found += wrapped(f"{heading}: {getattr(row, name)}", width, INDENT)
        for command in row.reproduce:
            found += [Text(INDENT + part) for part in command_lines(command, width - len(INDENT))]
    return found
