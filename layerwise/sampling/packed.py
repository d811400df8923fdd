"""Whole strings at the speed of memory: several levels expanded in one table look-up.

Where every symbol of a level has m equally likely rules, the derivation of r levels below one
symbol is one number: the rules of its 1 + s + … + s^(r−1) nodes in base m. A table lists the s^r
tokens of every (symbol, number), as one machine word; so one random number and one look-up replace
as many draws as there are nodes. Where the number of derivations is a power of two, four numbers
are cut from 64 random bits; elsewhere each is 64 bits modulo the table's width, whose bias, below
width/2^64, is less than the rounding of a probability.

Cost: s^(L−r) look-ups a string for the lowest r levels, and 1/s^r as many for every group above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from layerproof.layerwise.parts import WHOLE, Part
from layerproof.layerwise.sampling.blocks import blocks
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar

WIDEST_TABLE = 2**13
"""Entries of the largest table of several levels: what stays in the cache nearest to the core."""
MOST_ENTRIES = 2**15 - 1
"""Entries of any table, so that their number is a 16-bit integer."""
CHUNK_LOOKUPS = 2**17
"""On the CPU, look-ups done at a time, so that what one step writes the next finds in the cache."""

WORDS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Machine words by their size in bytes; the tokens of an entry are packed into one."""


@dataclass(frozen=True)
class Expansion:
    """One look-up: several levels below a symbol.

    `table` (V·width,) holds the tokens as packed words of `tokens` bytes; `width` is the number of
    derivations of one symbol.
    """

    table: Tensor
    width: int
    tokens: int

    def expand(self, entries: Tensor, out: Tensor) -> None:
        """The tokens at b places of the table into `out` (b·tokens,), uint8."""
        torch.index_select(self.table, 0, entries, out=out.view(WORDS[self.tokens]))


class PackedSampler:
    """Labels and leaves of a grammar's strings, several levels a look-up.

    Raises InputError for a grammar that :func:`can_pack` refuses.
    """

    def __init__(self, grammar: Grammar, device: torch.device) -> None:
        if not can_pack(grammar):
            allowed = "uniform labels and rules, m a symbol, V <= 256, V m < 2^15, s = 2, 4 or 8"
            raise InputError("grammar", repr(grammar), allowed)
        self._classes = grammar.classes
        self._length = grammar.input_length
        self._expansions = tuple(_expansions(grammar, device))
        lookups = self._length // self._expansions[-1].tokens
        self._chunk = max(1, CHUNK_LOOKUPS // lookups) if device.type == "cpu" else None
        self._workspace = _Workspace(max(CHUNK_LOOKUPS, lookups), device)

    def codes(self, rows: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Everything random in `rows` strings: (rows, look-ups a string) int16, labels first."""
        bits, lookups = _bits(generator), 1
        codes = [_codes(rows, self._classes, bits)[:, None]]
        for expansion in self._expansions:
            numbers = _codes(rows * lookups, expansion.width, bits)
            codes.append(numbers.reshape(rows, lookups))
            lookups *= expansion.tokens
        return tuple(codes)

    def strings(self, codes: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """The strings of these codes: leaves (rows, s^L) and labels (rows,), uint8."""
        labels = _bytes(codes[0][:, 0])
        leaves = labels.new_empty(len(labels), self._length)
        chunk = self._chunk or max(1, len(labels))
        pieces = zip(*(part.split(chunk) for part in (leaves, labels, *codes[1:])), strict=True)
        for some, symbols, *numbers in pieces:
            self._expand(symbols, numbers, some.view(-1))
        return leaves, labels

    def _expand(self, symbols: Tensor, codes: list[Tensor], leaves: Tensor) -> None:
        for expansion, numbers in zip(self._expansions, codes, strict=True):
            size = len(symbols) * expansion.tokens
            out = leaves if size == len(leaves) else symbols.new_empty(size)
            entries = self._workspace.entries(symbols, numbers.flatten(), expansion.width)
            expansion.expand(entries, out)
            symbols = out


def can_pack(grammar: Grammar) -> bool:
    """Whether every look-up can be a table: uniform labels and rules, one byte a token, s^r words.

    Patches of s = 2, 4 or 8 tokens fill a machine word; others do not.
    """
    most = max(grammar.vocabularies)
    return (
        grammar.branching in (2, 4, 8)
        and most <= 256
        and grammar.probabilities is None
        and bool((grammar.label_prior == grammar.label_prior[0]).all())
        and all(len({len(patches) for patches in level}) == 1 for level in grammar.rules)
        and all(len(level) * len(level[0]) <= MOST_ENTRIES for level in grammar.rules)
    )


def packed_strings(
    grammar: Grammar,
    samples: int,
    device: torch.device,
    *,
    seed: int,
    path: tuple[str | int, ...],
    part: Part = WHOLE,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Strings of the part in blocks: leaves (b, s^L) and labels (b,), uint8.

    On the CPU in one thread: a second one to draw random words ahead was measured and gains
    nothing, since the two wait for one another's turn at the interpreter between short calls.
    """
    sampler = PackedSampler(grammar, device)
    # A token takes a byte: blocks large enough for their passes to outlast what starts them.
    width = -(-grammar.input_length // 4)
    for rows, generator in blocks(samples, width, device, seed=seed, path=path, part=part):
        yield sampler.strings(sampler.codes(rows, generator))


def _bits(generator: torch.Generator) -> torch.Generator | np.random.SFC64:
    """Where random words come from: on the CPU NumPy's quickest source, seeded by torch's.

    It takes a third of the time for a word.
    """
    if generator.device.type == "cuda":
        return generator
    seed = torch.empty(4, dtype=torch.int64).random_(generator=generator)
    return np.random.SFC64(seed.tolist())


def _codes(count: int, width: int, bits: torch.Generator | np.random.SFC64) -> Tensor:
    """`count` random numbers below `width`, int16."""
    packed = width & (width - 1) == 0
    size = -(-count // 4) if packed else count
    if isinstance(bits, np.random.SFC64):
        drawn = bits.random_raw(size)
        if not packed:
            return torch.from_numpy((drawn % np.uint64(width)).astype(np.int16))
        cut = drawn.view(np.int16)[:count]
        return torch.from_numpy(np.bitwise_and(cut, np.int16(width - 1), out=cut))
    words = torch.empty(size, dtype=torch.int64, device=bits.device)
    words.random_(-(2**63), None, generator=bits)  # all 64 bits
    if not packed:
        return words.remainder(width).to(torch.int16)
    return words.view(torch.int16)[:count].bitwise_and_(width - 1)


def _bytes(codes: Tensor) -> Tensor:
    if codes.device.type == "cuda":
        return codes.to(torch.uint8)
    return torch.from_numpy(codes.numpy().astype(np.uint8))


class _Workspace:
    """Where look-ups find their tokens; on the CPU in memory that is used again and again.

    Fresh memory would cost more than the arithmetic that fills it.
    """

    def __init__(self, lookups: int, device: torch.device) -> None:
        size = lookups if device.type == "cpu" else 0
        self._short, self._entries = np.empty(size, np.int16), np.empty(size, np.int32)

    def entries(self, symbols: Tensor, codes: Tensor, width: int) -> Tensor:
        """symbol·width + code, int32, until the next call."""
        if symbols.device.type == "cuda":
            return symbols.to(torch.int32).mul_(width).add_(codes)
        short, entries = self._short[: len(symbols)], self._entries[: len(symbols)]
        short[:] = symbols.numpy()
        short *= np.int16(width)
        short += codes.numpy()
        entries[:] = short
        return torch.from_numpy(entries)


def _expansions(grammar: Grammar, device: torch.device) -> Iterator[Expansion]:
    """Groups of levels, from the leaves up, each as deep as its table allows."""
    groups: list[Expansion] = []
    bottom = grammar.levels
    while bottom > 0:
        top = bottom - 1
        while top > 0 and _fits(grammar, top - 1, bottom):
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


def _fits(grammar: Grammar, top: int, bottom: int) -> bool:
    entries = grammar.vocabularies[top] * _width(grammar, top, bottom)
    return entries <= WIDEST_TABLE and grammar.branching ** (bottom - top) in WORDS


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
    return Expansion(packed.to(device), width, tokens)
