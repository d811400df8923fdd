"""Strings of tokens in files of users: NumPy arrays, or text with one string a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerproof.theory.array_files import NPY, read_arrays
from layerproof.theory.errors import InputError, listed
from layerproof.theory.files import MOST_PIPED, read_bytes
from layerproof.theory.grammar_checks import Integers

FIELD = "STRINGS"
MASKED = "?"
UNSEEN = -1
"""How a masked token is held, and written in arrays."""

ARRAY = "an array of whole numbers, one string a row"
TEXT = (
    "text with one string a line, its tokens whole numbers (? for a masked one) separated by spaces"
    " or commas; or .npy or .npz"
)
MOST_DIGITS = 18
ZIP = b"PK"


def read_strings(path: str | Path) -> Integers:
    """The strings in a file, (N, d), −1 where a token is masked; "-" is standard input.

    What the file is is told by its content: an array of NumPy (.npy), an archive that holds one
    (.npz; the one called `strings` where it holds several), or text: one string a line, tokens
    separated by spaces or commas, `?` for a masked one; empty lines and what follows a # are
    skipped. Nothing in a file is executed.

    Raises InputError, naming the line or the row, where it holds no strings of one length.
    """
    data = read_bytes(path, FIELD, most=MOST_PIPED)
    if data.startswith((NPY, ZIP)):
        return _checked(_only(_arrays(data, str(path)), str(path)), str(path))
    return _of_text(data, str(path))


def _arrays(data: bytes, path: str) -> dict[str, NDArray[Any]]:
    try:
        return read_arrays(data, MOST_PIPED)
    except Exception as error:  # NumPy's readers raise many kinds, of which none has a common base
        raise InputError(FIELD, path, f"{ARRAY}, in a file of NumPy that can be read") from error


def _only(arrays: dict[str, NDArray[Any]], path: str) -> NDArray[Any]:
    """The only array, or the one called strings."""
    if len(arrays) != 1 and "strings" not in arrays:
        allowed = f"an archive of one array, or of one called strings (it has {listed(arrays)})"
        raise InputError(FIELD, path, allowed)
    return arrays.get("strings", next(iter(arrays.values())))


def _checked(found: NDArray[Any], path: str) -> Integers:
    if found.dtype.kind not in "iu" or found.ndim not in (1, 2):
        raise InputError(FIELD, f"{found.dtype} of shape {found.shape} in {path}", ARRAY)
    rows = np.atleast_2d(found)
    if not rows.size:
        raise InputError(FIELD, f"empty in {path}", ARRAY)
    outside = (rows < UNSEEN) | (rows >= 10**MOST_DIGITS)
    if outside.any():
        row, place = np.argwhere(outside)[0].tolist()
        name = f"token {place} of string {row} in {path}"
        allowed = f"a whole number below 10^{MOST_DIGITS}, or {UNSEEN} for a masked one"
        raise InputError(name, int(rows[row, place]), allowed)
    return rows.astype(np.int64)


def _of_text(data: bytes, path: str) -> Integers:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(FIELD, path, TEXT) from error
    rows = list(_rows(text, path))
    if not rows:
        raise InputError(FIELD, f"empty in {path}", TEXT)
    return np.array(rows, dtype=np.int64)


def _rows(text: str, path: str) -> Iterator[list[int]]:
    width = 0
    for number, line in enumerate(text.splitlines(), 1):
        words = re.split(r"[\s,;]+", line.partition("#")[0].strip(" \t,;"))
        if words == [""]:
            continue
        row = [_token(word, number, path) for word in words]
        if width and len(row) != width:
            allowed = f"{width}, as in the lines before"
            raise InputError(f"the number of tokens in line {number} of {path}", len(row), allowed)
        width = len(row)
        yield row


def _token(word: str, line: int, path: str) -> int:
    if word == MASKED:
        return UNSEEN
    if word.isascii() and word.isdigit() and len(word) <= MOST_DIGITS:
        return int(word)
    allowed = f"a whole number of at most {MOST_DIGITS} digits, or {MASKED} for a masked one"
    raise InputError(f"a token in line {line} of {path}", word, allowed)
