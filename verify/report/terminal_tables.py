"""The tables of the terminal's report: statements, what is not as expected, and every row."""

import re
import textwrap
from collections.abc import Sequence

from rich.text import Text

from layerproof.theory.formatting import counted, figures
from layerproof.verify.report.by_statement import StatementRows, outcome
from layerproof.verify.report.rows import (
    badness,
    labels,
    measured,
    measured_interval,
    prediction,
    remarks,
)
from layerproof.verify.report.schemas.results import Row
from layerproof.verify.verdicts.words import WORDS

FORMS = ("printed", "repaired")
SUMMARY = ("statement", *FORMS, "rows", "worst: found, predicted")
HEADINGS = ("verdict", "form", "what", "predicted", "measured", "interval")
WHAT = 2
"""The column of a row that wraps."""
SHORTEST_OUTCOME, LEAST_WHAT = 12, 12
INDENT = "    "
JOINTS = re.compile(r"(?<=[.\-_=])(?=[^\W\d])")
"""Where a name may be broken: after these, before a letter."""

Lines = list[Text]


def summary(statements: Sequence[StatementRows], width: int, room: int | None) -> Lines:
    """One row per statement; where there is no room for all, those that hold in one sentence.

    `room`: the most lines, None for as many as there are.
    """
    found = _summary_table(statements, width)
    if room is None or len(found) <= room:
        return found
    plain = [entry.id for entry in statements if entry.plain]
    for folded in range(min(len(found) - room, len(plain)), len(plain) + 1):
        names = plain[len(plain) - folded :]
        away = set(names)
        kept = [entry for entry in statements if entry.id not in away]
        sentence = f"Every row holds, as expected, of {joined(names)}." if names else ""
        found = [*_summary_table(kept, width), *wrapped(sentence, width)]
        if len(found) <= room:
            return found
    left = counted(len(found) - room + 1, "line")
    return [*found[: room - 1], Text(f"… and {left} more")]


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


def surprises(rows: Sequence[Row], width: int, most: int | None) -> Lines:
    """Every row whose verdict is not the one that is expected, worst first."""
    found = sorted((row for row in rows if row.surprise), key=badness)
    if not found:
        return []
    shown = list[Text]()
    for count, row in enumerate(found):
        block = _surprise(row, width)
        if most is not None and count and len(shown) + len(block) > most:
            shown += wrapped(f"… and {counted(len(found) - count, 'row')} more", width, INDENT)
            break
        shown += block
    return [Text(), Text("Not as expected", style="bold"), *shown]


def _surprise(row: Row, width: int) -> Lines:
    (label,) = labels([row])
    about = ", ".join(filter(None, (label, f"as {row.form}", outcome(row))))
    first, *more = wrapped(f"{row.verdict}! {about}", width)
    first.stylize(WORDS[row.verdict].style, 0, len(row.verdict) + 1)
    return [first, *more, *_below(row, width)]


def every_row(statements: Sequence[StatementRows], width: int) -> Lines:
    """Every row, in groups of one statement on one instance."""
    groups = [(entry, group) for entry in statements for group in entry.groups]
    if not groups:
        return []
    cells = {id(group): list(map(_cells, group.rows, group.labels)) for _, group in groups}
    widths = _widths([texts for found in cells.values() for texts in found], width)
    found = [Text(), Text(_line(HEADINGS, widths), style="bold")]
    for entry, group in groups:
        first, *more = wrapped(f"{entry.id}  {group.heading}", width)
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
    found = [line for remark in remarks(row) for line in wrapped(remark, width, INDENT)]
    if row.surprise:
        again = command_lines(f"again: {row.reproduce}", width - len(INDENT))
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


def command_lines(command: str, width: int) -> list[str]:
    """A command on lines that a shell joins again when they are pasted."""
    *firsts, last = textwrap.wrap(
        command, width - 2, break_on_hyphens=False, break_long_words=False
    )
    return [*(f"{part} \\" for part in firsts), last]


def joined(names: Sequence[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def wrapped(text: str, width: int, indent: str = "", style: str = "") -> Lines:
    """A paragraph on lines of that width; all but the first of an indented one stand further in."""
    told = textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + ("  " if indent else ""),
        break_on_hyphens=False,  # ids and options stay whole
    )
    return [Text(line, style=style) for line in told]
