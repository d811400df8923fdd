"""One canonical JSON text for every result: no NaN, no lost digits, the same bytes every time."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np

from layerproof.theory.printable import is_seen

LARGEST_EXACT = 2**53
"""Beyond it a reader that keeps numbers as doubles, as JavaScript does, would round."""


def to_json(value: object, *, indent: int | None = None) -> str:
    """`value` as JSON text with sorted keys, so that equal values give equal bytes.

    Infinity is the string "inf" (or "-inf"); integers beyond 2^53 are strings of their digits.
    Floats are written with the fewest digits that read back the same. Characters that cannot be
    seen are escaped, so that the text can be shown on a terminal and written in UTF-8.

    Raises as `jsonable` does.

    >>> to_json({"kappa": float("inf"), "p_max": 2**60, "interval": (0.5, 1)})
    '{"interval": [0.5, 1], "kappa": "inf", "p_max": "1152921504606846976"}'
    """
    plain = jsonable(value)
    text = json.dumps(plain, indent=indent, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def _escaped(line: str) -> str:
    """JSON whose unseen characters, which stand inside texts alone, are written as escapes."""
    return "".join(c if is_seen(c) else json.dumps(c)[1:-1] for c in line)


def jsonable(value: object, path: str = "value") -> Any:
    """`value` as plain dicts, lists, strings, numbers, booleans and None.

    Takes numpy scalars and arrays, tensors (anything with `tolist`), dataclasses and objects with
    `to_dict`, enumerations (their value) and paths. Integer keys become strings.

    Raises ValueError for a NaN, which means that a measurement failed and must not be passed on as
    if it were a result, and TypeError for anything else. Both name where: "value.levels[2]".
    """
    match value:
        case Enum():
            return jsonable(value.value, path)
        case None | bool() | str():
            return str(value) if isinstance(value, str) else value
        case int():
            return int(value) if abs(value) <= LARGEST_EXACT else str(int(value))
        case float():
            return _number(float(value), path)
        case Mapping():
            return _members(value, path)
        case list() | tuple():
            return [jsonable(item, f"{path}[{i}]") for i, item in enumerate(value)]
        case PurePath():
            return value.as_posix()
    return _converted(value, path)


def _number(value: float, path: str) -> float | str:
    if math.isnan(value):
        raise ValueError(f"{path} is NaN, which is not a result")
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value + 0.0  # -0.0 becomes 0.0


def _members(value: Mapping[Any, object], path: str) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(key, bool) or not isinstance(key, (str, int, np.integer)):
            raise TypeError(f"{path} has the key {key!r}; a string or an integer expected")
        name = str(key.value if isinstance(key, Enum) else key)
        if name in members:
            raise TypeError(f"{path} has two keys that are written {name!r}")
        members[name] = jsonable(item, f"{path}.{name}")
    return members


def _converted(value: object, path: str) -> Any:
    if hasattr(value, "to_dict"):
        return jsonable(value.to_dict(), path)
    if is_dataclass(value) and not isinstance(value, type):
        shown = (f for f in fields(value) if f.repr)
        return _members({f.name: getattr(value, f.name) for f in shown}, path)
    if isinstance(value, np.longdouble):  # it has no plain twin: its tolist is itself
        return _number(float(value), path)
    if hasattr(value, "tolist"):
        return jsonable(value.tolist(), path)
    raise TypeError(f"{path} is a {type(value).__name__}, which has no JSON form")
