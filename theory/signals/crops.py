"""Patches as values: a signal that is a whole tuple of tokens, numbered as the grammar lists them.

Tokens come as arrays of NumPy or of torch, and tables have to be of the tokens' own kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar

MOST_ENTRIES = 2**26
"""Entries of a table of patch against patch: half a gibibyte of doubles."""


def check_pairs_fit(grammar: Grammar, level: int, signal: str) -> None:
    """Raise InputError where a table of the pairs of level-`level` patches would be too large."""
    patches = len(grammar.patches(level).patch)
    if patches**2 > MOST_ENTRIES:
        most = int(MOST_ENTRIES**0.5)
        raise InputError("signal", signal, f"one with fewer values: level {level} has {patches}"
                         f" patches, and pairs are told of {most} at most")  # fmt: skip


def patch_number(grammar: Grammar, level: int, tokens: Any) -> Any:
    """The place of each patch in ``grammar.patches(level)``, (b,), of tokens (b, s).

    Token by token down the tree of the patches' beginnings, so that no table is larger than
    |P_l| V. Patches that the grammar does not have give any number.

    >>> grammar = Grammar((2, 2), [[[[0, 1]], [[1, 1], [0, 0]]]])
    >>> patch_number(grammar, 1, np.array([[1, 1], [0, 0], [0, 1]])).tolist()
    [2, 0, 1]
    """
    tables = grammar.once(("patch numbers", level), lambda: _next_beginnings(grammar, level))
    number = 0 * tokens[:, 0]
    for place, table in enumerate(tables):
        number = array_like(table, tokens)[number, tokens[:, place]]
    return number


def array_like(table: np.ndarray, values: Any) -> Any:
    """The table as an array of the kind of `values`: torch's on their device, or NumPy's."""
    made = getattr(values, "new_tensor", None)
    return table if made is None else made(table)


def _next_beginnings(grammar: Grammar, level: int) -> list[np.ndarray]:
    """For every place in a patch: [beginning before it, token] → the beginning up to it."""
    patch = grammar.patches(level).patch
    tables, before = [], np.zeros(len(patch), dtype=np.int64)
    for place in range(grammar.branching):
        # Patches are sorted, so beginnings of one length are numbered in the patches' order.
        _, after = np.unique(patch[:, : place + 1], axis=0, return_inverse=True)
        after = after.reshape(-1)
        table = np.zeros((before.max() + 1, grammar.vocabularies[level]), dtype=np.int64)
        table[before, patch[:, place]] = after
        tables.append(table)
        before = after
    return tables
