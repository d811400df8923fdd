"""What the commands print: one JSON document, or text that fits a terminal of 80 columns."""

import sys
from typing import Any

from rich.console import Console
from rich.table import Table


def standard_output() -> Console:
    """A console on standard output, for results."""
    return Console(highlight=False, emoji=False)


def standard_error() -> Console:
    """A console on standard error, for progress and refusals."""
    return Console(stderr=True, highlight=False, emoji=False)


def print_json(document: Any) -> None:
    """Print `document` on standard output: one JSON document and nothing else."""
    from verify.jsonable import to_json

    print_text(to_json(document, indent=2))


def print_text(text: str) -> None:
    """Print `text` on standard output as it is, without wrapping or colour."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def columns(*headings: str) -> Table:
    """An empty table: the first column to the left, numbers to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right")
    return table
