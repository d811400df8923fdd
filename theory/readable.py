"""How results show themselves: as text in a terminal, and as a table in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from textwrap import fill

from layerproof.theory.printable import printable

WIDTH = 80
"""Columns of text: those of a terminal that nobody widened."""


@dataclass(frozen=True)
class SheetTable:
    """Headings, and rows of as many texts."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Sheet:
    """What a result shows of itself: a title, facts by name, tables, and notes below them.

    >>> print(Sheet("A grammar", {"levels": "2"}, notes=("It is small.",)).text())
    A grammar
    levels  2
    <BLANKLINE>
    It is small.
    """

    title: str
    facts: Mapping[str, str] = field(default_factory=dict)
    tables: Sequence[SheetTable] = ()
    notes: Sequence[str] = ()

    def text(self) -> str:
        """Lines of at most 80 columns, but for tables that need more."""
        indent = max(map(len, self.facts), default=0) + 2
        facts = [
            _filled(name.ljust(indent) + value, " " * indent) for name, value in self.facts.items()
        ]
        head = "\n".join([_filled(self.title), *facts])
        tables = [_aligned(table) for table in self.tables]
        return "\n\n".join([head, *tables, *map(_filled, self.notes)])

    def html(self) -> str:
        """One element, with nothing in it but text and tables: every text is escaped."""
        facts = [_row([name], "th") + _row([value]) for name, value in self.facts.items()]
        parts = [f"<p><strong>{_safe(self.title)}</strong></p>"]
        parts += [_table("", facts)] if facts else []
        for table in self.tables:
            head = f"<thead><tr>{_row(table.head, 'th')}</tr></thead>"
            parts.append(_table(head, map(_row, table.rows)))
        parts += [f"<p>{_safe(note)}</p>" for note in self.notes]
        return f'<div class="layerproof">{"".join(parts)}</div>'


class Readable:
    """Something that has a :class:`Sheet`: `print` and notebooks show it."""

    def sheet(self) -> Sheet:
        """What it shows of itself."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.sheet().text()

    def _repr_html_(self) -> str:
        return self.sheet().html()


def _filled(text: str, indent: str = "") -> str:
    return fill(printable(text), WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _aligned(table: SheetTable) -> str:
    """The first column to the left, and the others, which are numbers, to the right."""
    lines = [[printable(cell) for cell in line] for line in (table.head, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _table(head: str, rows: Iterable[str]) -> str:
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table>{head}<tbody>{body}</tbody></table>"


def _row(cells: Iterable[str], tag: str = "td") -> str:
    return "".join(f"<{tag}>{_safe(cell)}</{tag}>" for cell in cells)


def _safe(text: str) -> str:
    return escape(printable(text))
