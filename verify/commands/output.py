"""What the commands print: one JSON document, or text that fits a terminal of 80 columns."""

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table

from theory.printable import printable


class SafeConsole(Console):
    """A console on which text shows what it holds and steers nothing, wherever it came from."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The segments of `renderable`, each text :func:`printable`; rich's own codes stay."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable(segment.text, lines=True), segment.style)


def standard_output() -> Console:
    """A console on standard output, for results."""
    return SafeConsole(highlight=False, emoji=False)


def standard_error() -> Console:
    """A console on standard error, for progress and refusals."""
    return SafeConsole(stderr=True, highlight=False, emoji=False)


def print_json(document: Any) -> None:
    """Print `document` on standard output: one JSON document and nothing else."""
    from verify.jsonable import to_json

    print_text(to_json(document, indent=2))


def print_text(text: str) -> None:
    """Print `text` on standard output, :func:`printable`, without wrapping or colour."""
    shown = printable(text, lines=True)
    sys.stdout.write(shown if shown.endswith("\n") else shown + "\n")


def columns(*headings: str) -> Table:
    """An empty table: the first column to the left, numbers to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right")
    return table
