"""Distinct rows of integer matrices, in lexicographic order.

A leaf string of w tokens has up to V^w values, which no machine integer holds for long strings.
The columns are therefore folded into one code a few at a time, and the code is replaced by its rank
among the codes present before it could overflow. Ranks keep the order, so the result is sorted
lexicographically, whatever the order in which the rows came.
"""

from __future__ import annotations

import torch
from torch import Tensor

_LARGEST_CODE = 2**62
TICKED_CODES = 4
"""A list of all possible codes is kept where it has at most this many entries a row."""


def distinct_rows(rows: Tensor, bound: int) -> tuple[Tensor, Tensor]:
    """The distinct rows, sorted lexicographically, and where each row stands among them.

    `rows` is (r, w) with integer entries in 0, …, bound − 1. Returns `(distinct, index)`: distinct
    is (u, w) in the dtype of `rows`, index is (r,) int64, and ``distinct[index]`` equals `rows`.

    >>> distinct_rows(torch.tensor([[1, 0], [0, 1], [1, 0]]), 2)
    (tensor([[0, 1],
            [1, 0]]), tensor([1, 0, 1]))
    """
    code = torch.zeros(len(rows), dtype=torch.int64, device=rows.device)
    codes = 1
    for column in rows.unbind(1):
        if codes * bound > _LARGEST_CODE:
            ranks, code = _ranked(code, codes)
            codes = max(1, len(ranks))
        code = code * bound + column
        codes *= bound
    values, index = _ranked(code, codes)
    return rows[_some_position_of_each(index, len(values))], index


def _ranked(code: Tensor, codes: int) -> tuple[Tensor, Tensor]:
    """The distinct values of `code`, sorted, and the rank of each entry; all are below `codes`.

    Few possible codes are ticked off in a list of all, at a cost linear in the rows; else sorted.
    """
    if codes > TICKED_CODES * (len(code) + 1024):
        values, index = torch.unique(code, return_inverse=True)
        return values, index
    present = torch.zeros(codes, dtype=torch.bool, device=code.device)
    present[code] = True
    return present.nonzero()[:, 0], (present.cumsum(0) - 1)[code]


def _some_position_of_each(index: Tensor, count: int) -> Tensor:
    """For each of the values 0, …, count − 1 of `index`, a position that holds it."""
    positions = torch.arange(len(index), device=index.device)
    # Which of several positions is kept does not matter: their rows are equal.
    return torch.empty(count, dtype=torch.int64, device=index.device).scatter_(0, index, positions)
