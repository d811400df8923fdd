"""Strings of tokens in files of users: NumPy arrays, or text with one string a line."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from layerproof.theory.errors import InputError
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

_NPY, _ZIP = b"\x93NUMPY", b"PK"


def read_strings(path: str | Path) -> Integers:
    """The strings in a file, (N, d), −1 where a token is masked; "-" is standard input.

    What the file is is told by its content: an array of NumPy (.npy), an archive that holds one
    (.npz; the one called `strings` where it holds several), or text: one string a line, tokens
    separated by spaces or commas, `?` for a masked one; empty lines and what follows a # are
    skipped. Nothing in a file is executed.

    Raises InputError, naming the line or the row, where it holds no strings of one length.
    """
    data = read_bytes(path, FIELD, most=MOST_PIPED)
    if data.startswith(_NPY):
        return _checked(_array(io.BytesIO(data), len(data), str(path)), str(path))
    if data.startswith(_ZIP):
        return _checked(_of_archive(data, str(path)), str(path))
    return _of_text(data, str(path))


def _of_archive(data: bytes, path: str) -> np.ndarray:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            arrays = [name for name in sizes if name.endswith(".npy")]
            name = "strings.npy" if "strings.npy" in arrays else arrays[0]
            if len(arrays) > 1 and name != "strings.npy":
                names = ", ".join(name.removesuffix(".npy") for name in arrays)
                allowed = f"an archive of one array, or of one called strings (it has {names})"
                raise InputError(FIELD, path, allowed)
            if sizes[name] > MOST_PIPED:
                raise InputError(FIELD, path, f"arrays of at most {MOST_PIPED} bytes")
            with archive.open(name) as member:
                return _array(member, sizes[name], path)
    except (zipfile.BadZipFile, IndexError, NotImplementedError, RuntimeError, EOFError) as error:
        raise InputError(FIELD, path, f"{ARRAY}, in an archive that can be read") from error


def _array(source: IO[bytes], size: int, path: str) -> np.ndarray:
    """The array that starts here; its header is believed only where the bytes are there."""
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(source)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = header(source)
    except ValueError as error:
        raise InputError(FIELD, path, f"{ARRAY}, in NumPy's format") from error
    if dtype.kind not in "iu" or len(shape) not in (1, 2) or min(shape) < 0:
        raise InputError(FIELD, f"{dtype} of shape {shape} in {path}", ARRAY)
    count = math.prod(shape)
    if count * dtype.itemsize > size:
        raise InputError(FIELD, path, f"the {count} numbers that its header tells of")
    data = source.read(count * dtype.itemsize)
    if len(data) < count * dtype.itemsize:
        raise InputError(FIELD, path, f"the {count} numbers that its header tells of")
    flat = np.frombuffer(data, dtype, count)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _checked(found: np.ndarray, path: str) -> Integers:
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
