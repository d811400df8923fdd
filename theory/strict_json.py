"""Reading JSON that another program, or another person, wrote: nothing is used before it is known.

:func:`parse` makes plain values of a text, with limits on its length and depth; the others take one
value each and give it back where it has the type and the range that are allowed. All of them raise
InputError, which names the field, what was found and what is allowed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from layerproof.theory.errors import MISSING, InputError, unknown_name

LONGEST = 2**28
"""Characters of a document."""

DEEPEST = 32
"""Lists and objects inside one another."""

LONGEST_NAME = 200
"""Characters of a name."""


def parse(field: str, text: str, *, longest: int = LONGEST, deepest: int = DEEPEST) -> Any:
    """The value of a JSON document: None, bool, int, float, str, list or dict.

    Raises InputError where it is no JSON, is longer or nested deeper than allowed, has a key twice,
    or a number that is not finite.

    >>> parse("header", '{"levels": [1, 2]}')
    {'levels': [1, 2]}
    """
    if len(text) > longest:
        raise InputError(field, f"{len(text)} characters", f"JSON of at most {longest} characters")
    try:
        found = json.loads(
            text,
            object_pairs_hook=each_once("a key of the JSON"),
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except InputError:
        raise
    except RecursionError:
        raise _too_deep(field, text, deepest) from None
    except json.JSONDecodeError as error:
        raise InputError(field, text[:40], f"JSON ({error})") from error
    except ValueError:  # Python refuses to read integers of thousands of digits
        raise InputError(field, text[:40], "JSON with numbers of a readable length") from None
    _check_depth(field, text, found, deepest)
    return found


def each_once(field: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """A hook for :func:`json.loads` that refuses, under `field`, a key that stands twice."""

    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise InputError(field, name, "each key once")
            found[name] = value
        return found

    return hook


def members(
    field: str, value: object, names: Collection[str], optional: Collection[str] = ()
) -> Mapping[str, Any]:
    """An object with all of `names`, maybe some of `optional`, and nothing else."""
    if not isinstance(value, dict):
        raise InputError(field, value, f"an object with {', '.join(names)}")
    for name in names:
        if name not in value:
            raise InputError(f"{field}: {name}", MISSING, "a value")
    for name in value:
        if name not in names and name not in optional:
            raise unknown_name(f"a key of {field}", name, [*names, *optional])
    return value


def items(field: str, value: object, *, most: int) -> Sequence[Any]:
    """A list of at most `most` entries."""
    if not isinstance(value, list) or len(value) > most:
        raise InputError(field, value, f"a list of at most {most} entries")
    return value


def text(field: str, value: object) -> str:
    """A name: printable, and of a readable length."""
    if not isinstance(value, str) or len(value) > LONGEST_NAME or not value.isprintable():
        raise InputError(field, value, f"a text of at most {LONGEST_NAME} printable characters")
    return value


def one_of(field: str, value: object, allowed: Collection[str]) -> str:
    """One of the texts that are allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise unknown_name(field, value, allowed)
    return value


def number(field: str, value: object, *, above: float = -math.inf) -> float:
    """A finite number above `above`, as a float; True is none, and neither is "1"."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):  # an integer that no float holds
            found = float(value)
            if math.isfinite(found) and found > above:
                return found
    bound = "" if above == -math.inf else f" above {above:g}"
    raise InputError(field, value, f"a finite number{bound}")


def _finite(digits: str) -> float:
    found = float(digits)
    return found if math.isfinite(found) else _no_number(digits)


def _no_number(constant: str) -> float:
    raise InputError("a number of the JSON", constant, "a finite number")


def _check_depth(field: str, text: str, found: object, deepest: int) -> None:
    layer: list[Any] = [found]
    for _ in range(deepest + 1):
        inner = (i.values() if isinstance(i, dict) else i for i in layer if isinstance(i, _NESTED))
        layer = [item for group in inner for item in group if isinstance(item, _NESTED)]
        if not layer:
            return
    raise _too_deep(field, text, deepest)


_NESTED = (dict, list)


def _too_deep(field: str, text: str, deepest: int) -> InputError:
    return InputError(field, text[:40], f"JSON nested at most {deepest} deep")
