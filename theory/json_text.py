"""JSON from files that anyone may have changed: its limits are checked before anything reads it."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from layerproof.theory.errors import InputError
from layerproof.theory.files import read_text
from layerproof.theory.printable import printable

MOST_BYTES = 32 * 2**20
"""Of a file. The largest that the package writes, with pictures for every row, has some 2 MiB."""

DEEPEST = 32
"""Objects and lists inside one another. A picture of results.json, the deepest, is in 8."""

LONGEST_NUMBER = 20
"""Digits of a whole number; from 2^53 on, the interface writes whole numbers as text."""

LONGEST_TEXT, LONGEST_KEY = 100_000, 1000
"""Characters of a text, and of a name in an object."""

_LOOKED_INTO = (str, list, dict)


def read_json_file(path: str | Path, field: str) -> Any:
    """The JSON in a file, as :func:`read_json` gives it.

    Raises InputError, naming `field` and the file, also where it cannot be read or is larger than
    MOST_BYTES.
    """
    refuse_large(path, field)
    return read_json(read_text(path, field), str(path), field)


def refuse_large(path: str | Path, field: str) -> None:
    """Raise InputError, naming `field`, where the file is larger than MOST_BYTES."""
    size = 0
    with suppress(OSError, ValueError):  # reading it says why better
        size = Path(path).stat().st_size
    if size > MOST_BYTES:
        allowed = f"a file of at most {MOST_BYTES // 2**20} MiB; it has {size // 2**20}"
        raise InputError(field, str(path), allowed)


def read_json(text: str, name: str, field: str) -> Any:
    """The value of a JSON text, in plain dicts, lists, texts, finite numbers, booleans and None.

    `name` is that of the file and `field` that of the argument. Texts are :func:`printable`, with
    their lines. Raises InputError, saying where, for what is no JSON (NaN and numbers beyond a
    double among it), for a key that stands twice, and for what is beyond the limits above.
    """
    try:
        found = json.loads(
            text,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_repeats,
        )
    except RecursionError as error:
        raise InputError(field, name, f"a file in JSON ({_too_deep()})") from error
    except ValueError as error:
        raise InputError(field, name, f"a file in JSON ({error})") from error
    return _Walk(name)(found, "", 1)


def _too_deep() -> str:
    return f"at most {DEEPEST} objects and lists inside one another"


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > LONGEST_NUMBER:
        shown = f"{text[:12]}..."
        raise ValueError(
            f"the number {shown} has more than {LONGEST_NUMBER} digits, which only text may have"
        )
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:40]} is beyond a double; infinity is written 'inf'")
    return value


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:40]!r} stands twice in an object")
    return found


class _Walk:
    """Copies a value, its texts printable, as long as it is inside the limits."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, value: Any, place: str, depth: int) -> Any:
        if isinstance(value, str):
            return self._text(value, place)
        if not isinstance(value, dict | list):
            return value
        if depth > DEEPEST:
            raise self._refused(place, value, _too_deep())
        if isinstance(value, list):
            return [
                self(item, f"{place}[{i}]", depth + 1) if isinstance(item, _LOOKED_INTO) else item
                for i, item in enumerate(value)
            ]
        found = {}
        for key, item in value.items():
            name = self._key(key, place)
            found[name] = self(item, f"{place}.{name}" if place else name, depth + 1)
        return found

    def _text(self, text: str, place: str) -> str:
        if len(text) > LONGEST_TEXT:
            raise self._refused(place, text, f"a text of at most {LONGEST_TEXT} characters")
        return printable(text, lines=True)

    def _key(self, key: str, place: str) -> str:
        if len(key) > LONGEST_KEY:
            allowed = f"names of at most {LONGEST_KEY} characters"
            raise self._refused(f"a name in {place or 'the object'}", key, allowed)
        return printable(key)

    def _refused(self, place: str, value: Any, allowed: str) -> InputError:
        return InputError(f"{shortened_place(place) or 'the value'} in {self.name}", value, allowed)


def shortened_place(place: str) -> str:
    """A place such as results[3].interval, cut where it is too long for a sentence.

    >>> shortened_place("a" + ".a" * 100)
    'a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a. ... .a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a'
    """
    return re.sub(r"^(.{40}).{10,}(.{40})$", r"\1 ... \2", place, flags=re.DOTALL)
