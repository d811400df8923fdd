"""The outcome of a trial as JSON text that reads back exactly: no pickles, no lost digits.

What JSON has no word for becomes an object with one key that starts with "!": tuples, infinities
and NaN, integers beyond 2^53, numpy arrays and scalars (bytes in base64), mappings with other keys
than strings.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.strict_json import items, members, one_of, parse
from layerproof.verify.checks.base import Outcome

PLAIN = "None, booleans, numbers, strings, lists, tuples, mappings and numpy arrays of these"
"""What the values of an outcome may hold."""

DEEPEST = 64
"""Lists and objects inside one another in the JSON of an outcome."""

_LARGEST_EXACT = 2**53
_MOST_DIGITS = 2**20
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
    """The outcome that `encode` was given. Raises InputError for what it cannot have written.

    >>> decode(encode(Outcome({"found": (1, float("inf"))}))).values
    {'found': (1, inf)}
    """
    found = members("outcome", parse("outcome", text, deepest=DEEPEST), ("values", "premises"))
    values, premises = _restored(found["values"]), _restored(found["premises"])
    for name, value in (("values", values), ("premises", premises)):
        if not isinstance(value, dict):
            raise InputError(f"outcome: {name}", value, "an object")
    for name, reason in premises.items():
        if not isinstance(name, str) or not isinstance(reason, str):
            raise InputError(f"outcome: premises: {name}", reason, "a text")
    return Outcome(values, premises)


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


def _restored(found: Any) -> Any:
    """The value that :func:`_plain` was given. Raises InputError for what it does not write."""
    if isinstance(found, list):
        return [_restored(item) for item in found]
    if isinstance(found, int) and abs(found) > _LARGEST_EXACT:
        raise InputError("a number of the outcome", found, "a text of hexadecimal digits")
    if not isinstance(found, dict):
        return found
    tag = next(iter(found), "")
    if not tag.startswith("!"):
        return {key: _restored(item) for key, item in found.items()}
    if len(found) == 1 and tag in _READERS:
        try:
            return _READERS[tag](found[tag])
        except InputError:
            raise
        except (TypeError, ValueError, binascii.Error) as error:
            raise InputError(f"{tag} of the outcome", found[tag], f"its value ({error})") from error
    raise InputError("a key of the outcome", tag, ", ".join(_READERS))


def _read_int(digits: Any) -> int:
    if not isinstance(digits, str) or len(digits) > _MOST_DIGITS:
        raise ValueError(f"at most {_MOST_DIGITS} hexadecimal digits")
    return int(digits, 16)


def _read_float(name: Any) -> float:
    return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[one_of("!float", name, _FLOATS)]


def _read_mapping(pairs: Any) -> dict[Any, Any]:
    return {_restored(key): _restored(item) for key, item in pairs}


def _read_array(parts: Any) -> np.ndarray:
    written, shape, body = parts
    if not re.fullmatch(rf"[<>|=][{_DTYPES}][0-9]{{1,9}}", str(written)):
        raise ValueError(f"{written!r} is no dtype")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError(f"{shape} is no shape")
    dtype, data = np.dtype(written), base64.b64decode(body, validate=True)
    if len(data) != dtype.itemsize * math.prod(shape):
        raise ValueError(f"{len(data)} bytes are no array of shape {shape}")
    # A copy, because an array over bytes cannot be written to, unlike the one that was measured.
    return np.frombuffer(data, dtype=dtype).reshape(shape).copy()


_FLOATS = ("inf", "-inf", "nan")

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "!tuple": lambda found: tuple(_restored(items("!tuple", found, most=len(found)))),
    "!int": _read_int,
    "!float": _read_float,
    "!mapping": _read_mapping,
    "!array": _read_array,
    "!scalar": lambda parts: _read_array(parts)[()],
}
