"""The outcome of a trial as JSON text that reads back exactly: no pickles, no lost digits.

What JSON has no word for becomes an object with one key that starts with "!": tuples, infinities
and NaN, integers beyond 2^53, numpy arrays and scalars (bytes in base64), mappings with other keys
than strings.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from verify.checks.base import Outcome

PLAIN = "None, booleans, numbers, strings, lists, tuples, mappings and numpy arrays of these"
"""What the values of an outcome may hold."""

_LARGEST_EXACT = 2**53
_DTYPES = "biufcSU"


def encode(outcome: Outcome) -> str:
    """`outcome` as JSON text. Raises TypeError, naming where, for a value of another type.

    >>> encode(Outcome({"found": (1, float("inf"))}))
    '{"values":{"found":{"!tuple":[1,{"!float":"inf"}]}},"premises":{}}'
    """
    plain = {
        "values": _plain(outcome.values, "values"),
        "premises": _plain(outcome.premises, "premises"),
    }
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def decode(text: str) -> Outcome:
    """The outcome that `encode` was given.

    >>> decode(encode(Outcome({"found": (1, float("inf"))}))).values
    {'found': (1, inf)}
    """
    found = json.loads(text, object_hook=_restored)
    return Outcome(found["values"], found["premises"])


def _plain(value: object, path: str) -> Any:
    # The exact type: of a subclass, only the base class would come back.
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if isinstance(value, int) and kind is int:
        return value if abs(value) <= _LARGEST_EXACT else {"!int": hex(value)}
    if isinstance(value, float) and kind is float:
        return value if math.isfinite(value) else {"!float": repr(value)}
    if kind is list:
        return _items(value, path)
    if kind is tuple:
        return {"!tuple": _items(value, path)}
    if isinstance(value, Mapping):
        return _mapping(value, path)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in _DTYPES:
        return _array(value)
    raise TypeError(f"{path} is a {kind.__name__}; allowed in the outcome of a trial: {PLAIN}")


def _items(values: Any, path: str) -> list[Any]:
    return [_plain(item, f"{path}[{i}]") for i, item in enumerate(values)]


def _mapping(value: Mapping[Any, object], path: str) -> dict[str, Any]:
    if all(type(key) is str and not key.startswith("!") for key in value):
        return {key: _plain(item, f"{path}.{key}") for key, item in value.items()}
    pairs = [
        [_plain(key, f"a key of {path}"), _plain(item, f"{path}[{key!r}]")]
        for key, item in value.items()
    ]
    return {"!mapping": pairs}


def _array(value: np.ndarray | np.generic) -> dict[str, Any]:
    name = "!array" if isinstance(value, np.ndarray) else "!scalar"
    body = base64.b64encode(value.tobytes()).decode("ascii")
    return {name: [value.dtype.str, list(value.shape), body]}


def _restored(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        (name,) = found
        if name in _READERS:
            return _READERS[name](found[name])
    return found


def _read_array(parts: list[Any]) -> np.ndarray:
    dtype, shape, body = parts
    # A copy, because an array over bytes cannot be written to, unlike the one that was measured.
    return np.frombuffer(base64.b64decode(body), dtype=np.dtype(dtype)).reshape(shape).copy()


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "!tuple": tuple,
    "!int": lambda digits: int(digits, 16),
    "!float": float,
    "!mapping": lambda pairs: {key: item for key, item in pairs},  # noqa: C416 -- pairs are lists
    "!array": _read_array,
    "!scalar": lambda parts: _read_array(parts)[()],
}
