"""Text of unknown origin made safe to show: nothing in it can steer a terminal or hide itself."""

from __future__ import annotations

import unicodedata

LINES = "\n\t"
"""What a text of several lines may hold besides what can be seen."""


def printable(text: str, *, lines: bool = False) -> str:
    r"""`text` with everything that cannot be seen written as Python would write it in quotes.

    So are control characters, among them those that begin a terminal's escape sequences, characters
    that turn the direction of writing or have no width, halves of surrogate pairs, and separators
    of lines. Line feeds and tabs stay with `lines`. Spaces of every width stay.

    >>> print(printable("\x1b[2Jκ ≤ 1\u202e"), printable("a\nb"))
    \x1b[2Jκ ≤ 1\u202e a\nb
    """
    if text.isprintable():
        return text
    kept = LINES if lines else ""
    return "".join(c if c in kept or is_seen(c) else _escaped(c) for c in text)


def is_seen(character: str) -> bool:
    """Whether a character can be seen, or is a space."""
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
