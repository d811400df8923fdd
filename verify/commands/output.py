"""What the commands print: one JSON document, or text that fits a terminal of 80 columns."""

import sys
from typing import Any

from rich.console import Console
from rich.table import Table


def standard_output() -> Console:
    """A console on standard output, for results."""
    return Console(highlight=False, soft_wrap=False)


def standard_error() -> Console:
    """A console on standard error, for progress and refusals."""
    return Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """Print `document` on standard output: one JSON document and nothing else."""
    from verify.jsonable import dumps

    print_text(dumps(document))


def print_text(text: str) -> None:
    """Print `text` on standard output as it is, without wrapping or colour."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def columns(*headings: str, title: str | None = None) -> Table:
    """An empty table: the first column to the left, numbers to the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right")
    return table


def figures(value: Any, digits: int = 4) -> str:
    """A number for people: `digits` significant figures, ∞ for infinity, a dash for nothing.

    Integers of any size come as ints or, beyond 2^53, as strings.

    >>> figures(0.123456), figures("inf"), figures(None), figures("123456789012345678901")
    ('0.1235', '∞', '–', '1.235e+20')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and abs(value) < 10**7:
        return f"{value:,}"
    text = str(value)
    if text in ("inf", "-inf", "Infinity"):
        return text.replace("inf", "∞").replace("Infinity", "∞")
    if text.lstrip("-").isdigit() and len(text) > 15:
        return _long_integer(text, digits)
    return f"{float(value):.{digits}g}"


def interval(bounds: Any, digits: int = 3) -> str:
    """An interval for people, or a dash.

    >>> interval([0.98123, 1.0])
    '[0.981, 1]'
    """
    if not bounds:
        return "–"
    return f"[{figures(bounds[0], digits)}, {figures(bounds[1], digits)}]"


def _long_integer(text: str, digits: int) -> str:
    """Scientific notation of a decimal integer too long for a float; truncated, not rounded up."""
    sign, number = ("-", text[1:]) if text.startswith("-") else ("", text)
    leading = round(int(number[: digits + 1]) / 10)
    exponent = len(number) - 1
    if leading >= 10**digits:
        leading, exponent = leading // 10, exponent + 1
    mantissa = str(leading)
    return f"{sign}{mantissa[0]}.{mantissa[1:]}e+{exponent}"
