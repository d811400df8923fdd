"""Whole strings at the speed of memory: several levels expanded in one table look-up.

Where every symbol of a level has m equally likely rules, the derivation of r levels below one
symbol is one number: the rules of its 1 + s + … + s^(r−1) nodes in base m. A table lists the s^r
tokens of every (symbol, number), as one machine word; so one random number and one look-up replace
as many draws as there are nodes. Where m is a power of two the number is cut from packed random
bits; elsewhere it is a 63-bit integer modulo the table's width, whose bias, below width/2^63, is
less than the rounding of a probability.

Cost: s^(L−r) look-ups a string for the lowest r levels, and 1/s^r as many for every group above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from layerwise.devices import on_device
from theory.errors import InputError
from theory.grammar import Grammar

WIDEST_TABLE = {"cpu": 2**13, "cuda": 2**16}
"""Entries of the largest table: what stays in the cache nearest to the arithmetic."""

WORDS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Machine words by their size in bytes; the tokens of an entry are packed into one."""


@dataclass(frozen=True)
class Expansion:
    """One look-up: `levels` levels below a symbol.

    `table` (V·width,) holds the tokens as packed words of `tokens` bytes; `width` is the number of
    derivations of one symbol, `bits` its logarithm where that is a whole number.
    """

    table: Tensor
    width: int
    tokens: int
    bits: int | None

    def expand(self, symbols: Tensor, generator: torch.Generator) -> Tensor:
        """Expand (b, w) symbols, uint8, to (b, w·tokens), drawing one number for each."""
        code = self._codes(symbols.numel(), generator)
        index = symbols.reshape(-1).to(torch.int32).mul_(self.width).add_(code)
        packed = torch.index_select(self.table, 0, index)
        return packed.view(torch.uint8).reshape(len(symbols), -1)

    def _codes(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` numbers below `width`."""
        if self.bits is None or self.bits > 15:
            return _integers(count, generator).remainder_(self.width).to(torch.int32)
        words = _integers(-(-count // 4), generator, full=True)
        return words.view(torch.int16)[:count].bitwise_and_(self.width - 1)


class PackedSampler:
    """Labels and leaves of a grammar's strings, several levels a look-up.

    Raises InputError for a grammar that :func:`can_pack` refuses.
    """

    def __init__(self, grammar: Grammar, device: torch.device) -> None:
        if not can_pack(grammar):
            raise InputError("grammar", repr(grammar), "equally likely rules, m a symbol, V <= 256")
        self.classes = grammar.classes
        self.device = device
        self.expansions = tuple(_expansions(grammar, device))

    def strings(self, rows: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`rows` strings: leaves (rows, s^L), uint8, and labels (rows,), uint8."""
        labels = _integers(rows, generator).remainder_(self.classes).to(torch.uint8)
        leaves = labels[:, None]
        for expansion in self.expansions:
            leaves = expansion.expand(leaves, generator)
        return leaves, labels


def can_pack(grammar: Grammar) -> bool:
    """Whether every look-up can be a table: uniform labels and rules, one byte a token, s^r words.

    Patches of s = 2, 4 or 8 tokens fill a machine word; others do not.
    """
    return (
        grammar.branching in (2, 4, 8)
        and max(grammar.vocabularies) <= 256
        and grammar.probabilities is None
        and bool((grammar.label_prior == grammar.label_prior[0]).all())
        and all(len({len(patches) for patches in level}) == 1 for level in grammar.rules)
    )


def _expansions(grammar: Grammar, device: torch.device) -> Iterator[Expansion]:
    """Groups of levels, from the leaves up, each as deep as its table allows."""
    groups: list[Expansion] = []
    bottom = grammar.levels
    while bottom > 0:
        top = bottom - 1
        while top > 0 and _fits(grammar, top - 1, bottom, device):
            top -= 1
        groups.append(_expansion(grammar, top, bottom, device))
        bottom = top
    yield from reversed(groups)


def _width(grammar: Grammar, top: int, bottom: int) -> int:
    """How many derivations a level-`top` symbol has down to level `bottom`."""
    s = grammar.branching
    nodes = ((level, s ** (level - top)) for level in range(top, bottom))
    return int(
        np.prod([len(grammar.rules[level][0]) ** count for level, count in nodes], dtype=object)
    )


def _fits(grammar: Grammar, top: int, bottom: int, device: torch.device) -> bool:
    entries = grammar.vocabularies[top] * _width(grammar, top, bottom)
    return entries <= WIDEST_TABLE[device.type] and grammar.branching ** (bottom - top) in WORDS


def _expansion(grammar: Grammar, top: int, bottom: int, device: torch.device) -> Expansion:
    width = _width(grammar, top, bottom)
    tokens = grammar.branching ** (bottom - top)
    entries = np.repeat(np.arange(grammar.vocabularies[top]), width)[:, None]
    code = np.tile(np.arange(width), grammar.vocabularies[top])
    for level in range(top, bottom):
        patches = np.stack(grammar.rules[level])
        rules = patches.shape[1]
        digits = []
        for _ in range(entries.shape[1]):
            code, digit = np.divmod(code, rules)
            digits.append(digit)
        entries = patches[entries, np.stack(digits, axis=1)].reshape(len(entries), -1)
    packed = torch.from_numpy(entries.astype(np.uint8)).view(WORDS[tokens]).reshape(-1)
    bits = width.bit_length() - 1 if width & (width - 1) == 0 else None
    return Expansion(packed.to(device), width, tokens, bits)


def _integers(count: int, generator: torch.Generator, *, full: bool = False) -> Tensor:
    """`count` random int64: all 64 bits, or 63 of them and no sign."""
    words = torch.empty(count, dtype=torch.int64, device=generator.device)
    return (
        words.random_(-(2**63), None, generator=generator)
        if full
        else words.random_(generator=generator)
    )
