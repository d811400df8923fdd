"""Numbers for people: the digits that mean something, infinity as ∞, nothing as a dash."""

import re
from typing import Any

LARGEST_PLAIN = 10**7
"""Whole numbers below this are written out."""

WHOLE = re.compile(r"-?[0-9]{1,100000}")
"""A whole number as text."""

ERRATUM_COLUMNS = {
    "printed": "printed",
    "fails": "what fails",
    "by": "by how much",
    "repair": "repair",
    "consequence": "consequence",
}
"""The fields of an erratum, and the heading of each."""


def figures(value: Any, digits: int = 4) -> str:
    """A number with `digits` significant figures.

    Takes what results hold: floats, integers of any size, integers beyond 2^53 as strings, "inf",
    booleans, and None for a number that is not there. Other text stays as it is.

    >>> figures(0.123456), figures("inf"), figures(None), figures(12345), figures(2.5e-7)
    ('0.1235', '∞', '–', '12,345', '2.5e-7')
    >>> figures("123456789012345678901"), figures(10**4000), figures("8*4^7")
    ('1.235e20', '1e4000', '8*4^7')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in ("inf", "-inf"):
        return str(value).replace("inf", "∞")
    if isinstance(value, int) or (isinstance(value, str) and WHOLE.fullmatch(value)):
        return _integer(value, digits)
    return value if isinstance(value, str) else _compact(f"{float(value):.{digits}g}")


def counted(number: int, word: str) -> str:
    """A number of things: "1 row", "2 rows".

    >>> counted(1, "row"), counted(12345, "row")
    ('1 row', '12,345 rows')
    """
    return f"{figures(number)} {word}{'s' * (number != 1)}"


def duration(seconds: float) -> str:
    """A duration to the precision that an estimate deserves.

    >>> duration(41.7), duration(200), duration(8000)
    ('42 s', '3 min', '2 h 13 min')
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def interval(bounds: Any, digits: int = 3) -> str:
    """An interval as ``[low, high]``, or a dash.

    >>> interval([0.98123, 1.0]), interval(None)
    ('[0.981, 1]', '–')
    """
    if not bounds:
        return "–"
    return f"[{figures(bounds[0], digits)}, {figures(bounds[1], digits)}]"


def _integer(value: int | str, digits: int) -> str:
    from decimal import Decimal

    number = Decimal(value)  # unlike str(int), without a limit on the number of digits
    if abs(number) < LARGEST_PLAIN:
        return f"{int(number):,}"
    mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def _compact(text: str) -> str:
    """Without the padding of the exponent: 1e-07 is 1e-7; infinity is ∞."""
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return text.replace("inf", "∞")
