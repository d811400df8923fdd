"""Distinct patches, drawn without listing all there are."""

from __future__ import annotations

import math
from typing import NoReturn

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar_checks import Integers
from layerproof.theory.sizes import Sizes


def exceeds(count: int, base: int, exponent: int) -> bool:
    """Return whether count > base**exponent, without computing a power of many digits."""
    if base > 1 and exponent >= count.bit_length():
        return False
    return bool(count > base**exponent)


def refuse_rules(sizes: Sizes, parents: int) -> NoReturn:
    """Raise InputError: the parents of a level share V^s distinct patches."""
    most = sizes.vocabulary**sizes.branching // parents
    allowed = f"at most V^s/n = {most}, since n = {parents} symbols share V^s distinct patches"
    raise InputError("rules", sizes.rules, allowed)


def distinct_tuples(
    rng: np.random.Generator, groups: int, count: int, vocabulary: int, width: int
) -> Integers:
    """Draw `count` distinct tuples of {0..V-1}^width for each group: rows (group, *tuple).

    The first `count` distinct values of an iid uniform sequence are a uniform sample without
    replacement; so repeats are dropped and redrawn, and the V^width tuples are never listed (their
    number may exceed 64 bits). Where all must be collected this costs a factor log(count).
    """
    rows = np.empty((0, width + 1), dtype=np.int64)
    lacking = np.arange(groups)
    while len(lacking):
        fresh = np.empty((len(lacking) * count, width + 1), dtype=np.int64)
        fresh[:, 0] = np.repeat(lacking, count)
        fresh[:, 1:] = rng.integers(vocabulary, size=(len(fresh), width))
        rows = np.concatenate([rows, fresh])
        rows = rows[np.sort(_first_of_each(rows, vocabulary))]
        lacking = np.flatnonzero(np.bincount(rows[:, 0], minlength=groups) < count)
    return rows[_rank_within_group(rows[:, 0]) < count]


def _first_of_each(rows: Integers, vocabulary: int) -> Integers:
    """Return the indices at which the distinct rows (group, *tokens) first appear."""
    groups, width = int(rows[:, 0].max()) + 1, rows.shape[1] - 1
    if width * math.log2(vocabulary) + math.log2(groups) < 62:  # one number a row: far quicker
        number = rows[:, 0]
        for token in rows[:, 1:].T:
            number = number * vocabulary + token
        return np.unique(number, return_index=True)[1]
    return np.unique(rows, axis=0, return_index=True)[1]


def _rank_within_group(group: Integers) -> Integers:
    """Return, for each entry, how many earlier entries have the same group."""
    order = np.argsort(group, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(group))])
    rank = np.empty_like(group)
    rank[order] = np.arange(len(group)) - starts[group[order]]
    return rank
