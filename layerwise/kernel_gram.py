"""The weighted Gram matrix H = S K S of the exact kernel, as something to multiply by.

A Gram matrix of 10^5 rows does not fit into memory. Two ways to multiply by it without it:

* in strips, each computed again for every product: O(r²) for r rows;
* on the grid of tokens: ψ_σ of two patches is the product of ψ_σ of their tokens, so K is a part of
  the s-fold Kronecker power of the (t, t) kernel of the distinct tokens, and a product costs s
  multiplications by that small matrix: O(s t^(s+1)), whatever r.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor

from layerproof.layerwise.devices import WORKSPACE_BYTES, rows_per_chunk
from layerproof.layerwise.features import rbf_kernel
from layerproof.layerwise.rows import WeightedRows
from layerproof.theory.errors import InputError

MOST_ROWS = {"cpu": 2**16, "cuda": 2**18}
"""More rows than this take too long in strips."""
HELD_BYTES = 2**30
"""Strips are kept between products where all of them together take no more than this."""


class Gram(Protocol):
    """A positive semidefinite matrix (d, d) that can be multiplied by (d, k)."""

    def __matmul__(self, right: Tensor, /) -> Tensor:
        """The product, (d, k)."""


class GridGram:
    """S K S through the kernel of the distinct tokens; ``H @ right`` for right (r, k)."""

    def __init__(self, rows: WeightedRows, bandwidth: float) -> None:
        self._kernel = rbf_kernel(rows.tokens, rows.tokens, bandwidth)
        self._roots = rows.roots
        self._branching = rows.index.shape[1]
        place = torch.zeros_like(rows.index[:, 0])
        for column in rows.index.unbind(1):
            place = place * len(rows.tokens) + column
        self._place = place

    def __matmul__(self, right: Tensor) -> Tensor:
        tokens, values = len(self._kernel), right.shape[1]
        grid = right.new_zeros(tokens**self._branching, values)
        grid[self._place] = self._roots * right
        for _ in range(self._branching):
            # The first axis is contracted and becomes the last, so s turns restore the order.
            grid = self._kernel @ grid.reshape(tokens, -1)
            grid = grid.reshape(tokens, -1, values).transpose(0, 1).reshape(-1, values)
        return grid[self._place] * self._roots


class StripGram:
    """S K S in strips no larger than the stated workspace; ``H @ right`` for right (r, k).

    The strips are kept where all of them take no more than HELD_BYTES.
    """

    def __init__(self, rows: WeightedRows, bandwidth: float) -> None:
        self._points = rows.points
        self._roots = rows.roots
        self._bandwidth = bandwidth
        held = len(rows) ** 2 * rows.tokens.itemsize <= HELD_BYTES
        self._held = list(self._computed()) if held else None

    def __matmul__(self, right: Tensor) -> Tensor:
        strips = self._computed() if self._held is None else self._held
        return torch.cat([strip @ right for strip in strips])

    def _computed(self) -> Iterator[Tensor]:
        size = rows_per_chunk(len(self._points), self._points)
        for points, roots in zip(self._points.split(size), self._roots.split(size), strict=True):
            strip = rbf_kernel(points, self._points, self._bandwidth)
            yield strip.mul_(roots).mul_(self._roots.mT)


def dense_gram(rows: WeightedRows, bandwidth: float) -> Tensor:
    """S K S itself, (r, r)."""
    points, roots = rows.points, rows.roots
    return rbf_kernel(points, points, bandwidth).mul_(roots).mul_(roots.mT)


def kernel_gram(rows: WeightedRows, bandwidth: float) -> Gram:
    """S K S by the cheaper way; the grid where it fits into the stated workspace.

    Raises InputError where neither way is at all quick.
    """
    tokens, branching = len(rows.tokens), rows.index.shape[1]
    grid_entries = tokens**branching * rows.shares.shape[1]
    fits = grid_entries * rows.tokens.itemsize <= WORKSPACE_BYTES
    if fits and branching * tokens ** (branching + 1) <= len(rows) ** 2:
        return GridGram(rows, bandwidth)
    most = MOST_ROWS[rows.tokens.device.type]
    if len(rows) > most:
        allowed = f"at most {most}; use random features (--features M) or fewer samples"
        raise InputError("distinct rows for the exact kernel", len(rows), allowed)
    return StripGram(rows, bandwidth)
