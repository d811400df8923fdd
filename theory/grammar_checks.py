"""Checks on what a user may write into a grammar; each failure names the field and its value."""

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from layerproof.theory.errors import InputError, is_whole, whole_number
from layerproof.theory.sizes import LARGEST_VOCABULARY

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Array = TypeVar("Array", Integers, Floats, Booleans)

# How far from 1 a list of probabilities may add up to: room for numbers that were float32 once.
SUM_TOLERANCE = 1e-6
# And how far decimals that were rounded by hand do: more than that is told where a file is read.
SILENT_TOLERANCE = 1e-9


def check_vocabularies(value: object) -> tuple[int, ...]:
    """Return (V_0, ..., V_L) as ints. Raises InputError unless these are two or more sizes."""
    sizes = _items("vocabularies", value, "a list of sizes, labels first, leaves last")
    if len(sizes) < 2:
        raise InputError("vocabularies", value, "at least 2 sizes, one per level from 0 to L")
    return tuple(
        whole_number(f"vocabularies[{level}]", size, minimum=1, maximum=LARGEST_VOCABULARY)
        for level, size in enumerate(sizes)
    )


def check_rules(value: object, vocabularies: tuple[int, ...]) -> tuple[tuple[Integers, ...], ...]:
    """Return the rules as read-only (m, s) arrays, indexed [level][symbol].

    Raises InputError where the lists do not fit the vocabularies, a symbol has no rule, patches
    differ in length, a token is out of range, or a symbol lists one patch twice.
    """
    levels = len(vocabularies) - 1
    rows = _items("rules", value, f"a list of {levels} levels, one less than vocabularies", levels)
    branching: int | None = None
    checked = []
    for level, symbols in enumerate(rows):
        count = vocabularies[level]
        field = f"rules[{level}]"
        wanted = f"a list of {count} symbols, as vocabularies[{level}] says"
        arrays = []
        for symbol, patches in enumerate(_items(field, symbols, wanted, count)):
            array = _patches(f"{field}[{symbol}]", patches, vocabularies[level + 1], branching)
            branching = int(array.shape[1])
            arrays.append(array)
        checked.append(tuple(arrays))
    return tuple(checked)


def check_probabilities(
    value: object, rules: tuple[tuple[Integers, ...], ...]
) -> tuple[tuple[Floats, ...], ...]:
    """Return the rule probabilities as read-only (m,) arrays, indexed [level][symbol].

    Raises InputError where the lists do not fit the rules, an entry is not a number from 0 to 1,
    or those of one symbol do not sum to 1.
    """
    wanted = f"a list of {len(rules)} levels, like rules"
    checked = []
    for level, symbols in enumerate(_items("probabilities", value, wanted, len(rules))):
        field = f"probabilities[{level}]"
        count = len(rules[level])
        wanted = f"a list of {count} symbols, like rules[{level}]"
        checked.append(
            tuple(
                _distribution(
                    f"{field}[{symbol}]", row, len(rules[level][symbol]), "one number per rule"
                )
                for symbol, row in enumerate(_items(field, symbols, wanted, count))
            )
        )
    return tuple(checked)


def rounded_sums(
    probabilities: tuple[tuple[Floats, ...], ...] | None, label_prior: object
) -> dict[str, float]:
    """The laws, by name, whose numbers sum to 1 no better than SILENT_TOLERANCE, and their sums.

    They are divided by it wherever they are used.
    """
    rows = {
        f"probabilities[{level}][{symbol}]": row
        for level, symbols in enumerate(probabilities or ())
        for symbol, row in enumerate(symbols)
    }
    if label_prior is not None:
        rows["label_prior"] = np.asarray(label_prior, dtype=np.float64)
    sums = {name: math.fsum(row) for name, row in rows.items()}
    return {name: total for name, total in sums.items() if abs(total - 1.0) > SILENT_TOLERANCE}


def check_label_prior(value: object, classes: int) -> Floats:
    """Return the label's law as a read-only (V_0,) array, normalised; uniform where None is given.

    Raises InputError unless it has one number from 0 to 1 per label, and they sum to 1.
    """
    uniform: Floats = read_only(np.full(classes, 1.0 / classes))
    if value is None:
        return uniform
    prior = _distribution("label_prior", value, classes, "one number per label")
    if is_constant(prior):
        return uniform
    total = math.fsum(prior)
    # A sum within rounding of 1 is left alone, so that normalising twice changes no bit.
    if abs(total - 1.0) <= classes * np.finfo(np.float64).eps:
        return prior
    divided = prior / total
    # Numbers that differ only by what the division rounds off are one number from here on.
    return uniform if is_constant(divided) else read_only(divided)


def is_constant(row: Floats) -> bool:
    """Return whether all entries of an array are equal."""
    return bool((row == row[0]).all())


def _distribution(field: str, value: object, size: int, what: str) -> Floats:
    """Return a probability vector as a read-only (size,) array, as it was given.

    Raises InputError unless it has `size` numbers from 0 to 1 that sum to 1 within SUM_TOLERANCE.
    """
    entries = _items(field, value, f"{what}: {size} numbers from 0 to 1", size)
    for index, entry in enumerate(entries):
        if not _is_probability(entry):
            raise InputError(f"{field}[{index}]", entry, "a number from 0 to 1")
    array = np.array(entries, dtype=np.float64)
    total = math.fsum(array)
    if abs(total - 1.0) > SUM_TOLERANCE:
        raise InputError(f"the sum of {field}", total, f"1, within {SUM_TOLERANCE:g}")
    return read_only(array)


def read_only(array: Array) -> Array:
    """Return the same array, protected from writing."""
    array.setflags(write=False)
    return array


def _is_probability(entry: object) -> bool:
    if isinstance(entry, bool | np.bool_):
        return False
    # A comparison with NaN is false, so NaN is refused here too.
    return isinstance(entry, int | float | np.integer | np.floating) and bool(0 <= entry <= 1)


def _items(field: str, value: object, allowed: str, length: int | None = None) -> Sequence[Any]:
    """Return the entries of a list; InputError where it is none or has another length."""
    if not isinstance(value, list | tuple | np.ndarray):
        raise InputError(field, value, allowed)
    entries: Sequence[Any] = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(entries, list | tuple):  # an array without axes
        raise InputError(field, value, allowed)
    if length is not None and len(entries) != length:
        raise InputError(f"the length of {field}", len(entries), allowed)
    return entries


def _patches(field: str, value: object, vocabulary: int, branching: int | None) -> Integers:
    """Return one symbol's patches as a read-only (m, s) array; `branching` None: the first ever."""
    at_once = _as_integers(value)
    if at_once is not None and _is_good(at_once, vocabulary, branching):
        return read_only(at_once)
    rows = _items(field, value, "a list of patches, at least one")
    if len(rows) == 0:
        raise InputError(field, rows, "a list of patches, at least one")
    for index, row in enumerate(rows):
        branching = _check_patch(f"{field}[{index}]", row, vocabulary, branching)
    _check_distinct(field, rows)
    array = np.array(rows, dtype=np.int64)
    return read_only(array)


def _as_integers(value: object) -> Integers | None:
    """Return a table of integers as a new array; None where it is none, or has larger numbers."""
    if isinstance(value, np.ndarray):
        fits = value.ndim == 2 and value.dtype.kind in "iu"
        return np.array(value, dtype=np.int64) if fits else None
    if not isinstance(value, list) or not all(type(row) is list for row in value):
        return None
    kinds = set(map(type, chain.from_iterable(value)))
    if kinds != {int} or len(set(map(len, value))) != 1:
        return None
    try:
        return np.array(value, dtype=np.int64)
    except OverflowError:
        return None


def _is_good(array: Integers, vocabulary: int, branching: int | None) -> bool:
    """Whether an array of patches passes all that is asked of its entries one by one, at once."""
    count, width = array.shape
    if not count or width < 2 or (branching is not None and width != branching):
        return False
    if int(array.min()) < 0 or int(array.max()) >= vocabulary:
        return False
    rows = np.ascontiguousarray(array).view(np.dtype((np.void, array.itemsize * width)))
    return bool(len(set(rows.ravel().tolist())) == count)


def _check_patch(field: str, patch: object, vocabulary: int, branching: int | None) -> int:
    """Check one patch and return its length."""
    tokens = _items(field, patch, "a list of tokens")
    if branching is None and len(tokens) < 2:
        raise InputError(field, patch, "a patch of at least 2 tokens")
    if branching is not None and len(tokens) != branching:
        raise InputError(field, patch, f"a patch of {branching} tokens, like rules[0][0][0]")
    for child, token in enumerate(tokens):
        if not (is_whole(token) and 0 <= token < vocabulary):
            allowed = f"a whole number from 0 to {vocabulary - 1}"
            raise InputError(f"{field}[{child}]", token, allowed)
    return len(tokens)


def _check_distinct(field: str, rows: Sequence[Any]) -> None:
    seen: set[tuple[int, ...]] = set()
    for index, row in enumerate(rows):
        patch = tuple(int(token) for token in row)
        if patch in seen:
            allowed = "patches that differ within a symbol: list it once and give it a probability"
            raise InputError(f"{field}[{index}]", list(patch), allowed)
        seen.add(patch)
