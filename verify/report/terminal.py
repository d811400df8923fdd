"""The report of a run on a terminal, rendered from its results document alone.

First a table with one row per statement, source by source; then what is not as expected; then,
where all of it fits in MOST_LINES or is asked for, every row, worst first in each statement, and
below everything that is not `holds` the reason. Fits 80 columns and uses up to 120.
"""

import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.text import Text

from layerproof.theory.formatting import ERRATUM_COLUMNS, counted, figures
from layerproof.theory.statements import catalogue
from layerproof.verify.report.by_statement import StatementRows, by_statement, outcome
from layerproof.verify.report.rows import (
    badness,
    closing_line,
    labels,
    measured,
    measured_interval,
    prediction,
    remarks,
)
from layerproof.verify.report.schemas.results import ControlRecord, Document, ErratumRecord, Row
from layerproof.verify.verdicts.flow import break_sentences
from layerproof.verify.verdicts.words import WORDS

WIDEST = 120
MOST_LINES = 59
"""Of a report that was not asked for everything; one more line says where the results are."""
MOST_SURPRISES = 12
"""Lines on what is not as expected, and on what broke, in a report that has no room for all."""
FORMS = ("printed", "repaired")
SUMMARY = ("statement", *FORMS, "rows", "worst: found, predicted")
HEADINGS = ("verdict", "form", "what", "predicted", "measured", "interval")
WHAT = 2
"""The column of a row that wraps."""
SHORTEST_OUTCOME, LEAST_WHAT = 12, 12
INDENT = "    "
JOINTS = re.compile(r"(?<=[.\-_=])(?=[^\W\d])")
"""Where a name may be broken: after these, before a letter."""
NUMBER = re.compile(r"[\d.]+(e[+-]?\d+)?|inf")

Lines = list[Text]


def render(document: Document, console: Console, *, verbose: bool = False) -> None:
    """Print the report of a results document (schema layerproof/results/1).

    `verbose`: every row and the errata too, however many lines that takes.
    """
    for line in lines(document, min(console.width, WIDEST), verbose=verbose):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def lines(document: Document, width: int, *, verbose: bool = False) -> Lines:
    """The lines of the report, none wider than `width` where names allow."""
    statements = by_statement(document.results)
    start, end = _head(document, width), _end(document, width)
    room = MOST_LINES - len(start) - len(end)
    table = _summary(statements, width, None if verbose else room - 4)
    surprises = _surprises(document.results, width, None if verbose else MOST_SURPRISES)
    details = {
        "every row": lambda: _rows(statements, width),
        "what would have been seen": lambda: _power(document.results, width),
        "the control matrix": lambda: _matrix(document.controls, width),
        "the errata": lambda: _errata(document.errata, width),
    }
    chosen, left = _fitting(details, None if verbose else room - len(table) - 4)
    if verbose or "every row" in left:
        table += surprises
    table += [line for block in chosen for line in block]
    faults = _faults(document.controls, width)
    more = _wrapped(f"-v prints {_and(left)}; report.html has all of it.", width) if left else []
    return [*start, *table, *faults, Text(), *end, *more]


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


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _head(document: Document, width: int) -> Lines:
    found = [Text(f"layerproof verify {document.suite}", style="bold")]
    found += _wrapped(document.question, width)
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
    return [line for sentence in sentences for line in _wrapped(sentence, width)]


def _summary(statements: Sequence[StatementRows], width: int, room: int | None) -> Lines:
    """One row per statement; where there is no room for all, those that hold in one sentence."""
    plain = [found for found in statements if found.plain]
    found = _summary_table(statements, width)
    for folded in range(2, len(plain) + 1):
        if room is None or len(found) <= room:
            break
        names = [entry.id for entry in plain[-folded:]]
        shown = [entry for entry in statements if entry.id not in names]
        sentence = f"Every row holds, as expected, of {_and(names)}."
        found = [*_summary_table(shown, width), *_wrapped(sentence, width)]
    return found


def _summary_table(statements: Sequence[StatementRows], width: int) -> Lines:
    if not statements:
        return []
    cells = list(map(_summary_cells, statements))
    widths = [max(map(len, column)) for column in zip(SUMMARY, *cells, strict=True)]
    left = width - sum(widths[:-1]) - len(widths) + 1
    widths[-1] = max(min(widths[-1], left), SHORTEST_OUTCOME)
    widths[0] = max(widths[0] + min(left - widths[-1], 0), LEAST_WHAT)
    found = [line for texts in (SUMMARY, *cells) for line in _summary_line(texts, widths)]
    found[0].stylize("bold")
    return found


def _summary_cells(found: StatementRows) -> tuple[str, ...]:
    worst = found.worst
    words = [found.forms[form].word if form in found.forms else "" for form in FORMS]
    return found.id, *words, figures(len(found.rows)), f"{measured(worst)}, {prediction(worst)}"


def _summary_line(texts: Sequence[str], widths: Sequence[int]) -> Lines:
    """One statement; the colours are those of its verdicts, and a name too long for it wraps."""
    name, *more = _Labels(widths[0], break_on_hyphens=False).wrap(texts[0]) or [""]
    line = Text(name.ljust(widths[0]))
    for text, size in zip(texts[1:3], widths[1:3], strict=True):
        look = WORDS.get(text.rstrip("!"))  # type: ignore[call-overload]
        line += Text(" ") + Text(text.ljust(size), style=look.style if look else "")
    worst = _cut(texts[4], widths[4])
    line += Text(f" {texts[3].rjust(widths[3])} {worst}".rstrip())
    line.rstrip()
    return [line, *map(Text, more)]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _surprises(rows: Sequence[Row], width: int, most: int | None) -> Lines:
    """Every row whose verdict is not the one that is expected, worst first."""
    found = sorted((row for row in rows if row.surprise), key=badness)
    if not found:
        return []
    shown = list[Text]()
    for count, row in enumerate(found):
        block = _surprise(row, width)
        if most is not None and count and len(shown) + len(block) > most:
            shown += _wrapped(f"… and {counted(len(found) - count, 'row')} more", width, INDENT)
            break
        shown += block
    return [Text(), Text("Not as expected", style="bold"), *shown]


def _surprise(row: Row, width: int) -> Lines:
    (label,) = labels([row])
    about = ", ".join(filter(None, (label, f"as {row.form}", outcome(row))))
    first, *more = _wrapped(f"{row.verdict}! {about}", width)
    first.stylize(WORDS[row.verdict].style, 0, len(row.verdict) + 1)
    return [first, *more, *_below(row, width)]


def _rows(statements: Sequence[StatementRows], width: int) -> Lines:
    """Every row, in groups of one statement on one instance."""
    groups = [(entry, group) for entry in statements for group in entry.groups]
    if not groups:
        return []
    cells = {id(group): list(map(_cells, group.rows, group.labels)) for _, group in groups}
    widths = _widths([texts for found in cells.values() for texts in found], width)
    found = [Text(), Text(_line(HEADINGS, widths), style="bold")]
    for entry, group in groups:
        first, *more = _wrapped(f"{entry.id}  {group.heading}", width)
        first.stylize("bold", 0, len(entry.id))
        found += [first, *more]
        said: list[str] = []
        for row, texts in zip(group.rows, cells[id(group)], strict=True):
            found += _row(row, texts, widths)
            now = remarks(row)
            found += [] if now == said and not row.surprise else _below(row, width)
            said = now
    return found


def _cells(row: Row, what: str) -> tuple[str, ...]:
    return (
        row.verdict + "!" * row.surprise,
        row.form,
        what,
        prediction(row),
        measured(row),
        measured_interval(row),
    )


def _widths(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Every column as wide as its texts; what was measured gets what is left, and wraps."""
    widths = [max(map(len, column)) for column in zip(HEADINGS, *cells, strict=True)]
    others = sum(widths) - widths[WHAT] + len(widths) - 1
    widths[WHAT] = min(widths[WHAT], max(width - others, LEAST_WHAT))
    return widths


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    left = [text.ljust(size) for text, size in zip(texts[:3], widths[:3], strict=True)]
    right = [text.rjust(size) for text, size in zip(texts[3:], widths[3:], strict=True)]
    return " ".join(left + right).rstrip()


def _row(row: Row, texts: Sequence[str], widths: Sequence[int]) -> Lines:
    first, *more = _Labels(widths[WHAT], break_on_hyphens=False).wrap(texts[WHAT]) or [""]
    line = Text(_line((*texts[:WHAT], first, *texts[WHAT + 1 :]), widths))
    line.stylize(WORDS[row.verdict].style, 0, widths[0])
    indent = " " * (sum(widths[:WHAT]) + WHAT)
    return [line, *(Text(indent + rest) for rest in more)]


def _below(row: Row, width: int) -> Lines:
    """Why a row is what it is and, where that is unexpected, how to see it again."""
    found = [line for remark in remarks(row) for line in _wrapped(remark, width, INDENT)]
    if row.surprise:
        again = _command_lines(f"again: {row.reproduce}", width - len(INDENT))
        found += [Text(INDENT + part) for part in again]
    return found


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
        found += _wrapped(f"{check}: {_together(deviations)}", width, INDENT)
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
            found += _wrapped(faults, width, style="bold red")
            found += _wrapped(f"turned {turned}", width, INDENT)
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
    return [*found, *_wrapped(f"{signs} {legend}.", width)]


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
        found += _wrapped(f"{row.id}  {row.title}", width, style="bold")
        for name, heading in ERRATUM_COLUMNS.items():
            found += _wrapped(f"{heading}: {getattr(row, name)}", width, INDENT)
        for command in row.reproduce:
            found += [Text(INDENT + part) for part in _command_lines(command, width - len(INDENT))]
    return found


def _wrapped(text: str, width: int, indent: str = "", style: str = "") -> Lines:
    told = textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + ("  " if indent else ""),
        break_on_hyphens=False,  # ids and options stay whole
    )
    return [Text(line, style=style) for line in told]
