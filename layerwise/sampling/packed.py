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

from layerwise.parts import WHOLE, Part
from layerwise.sampling.blocks import blocks, in_order
from theory.errors import InputError
from theory.grammar import Grammar

WIDEST_TABLE = 2**13
"""Entries of the largest table of several levels: what stays in the cache nearest to the core."""
MOST_ENTRIES = 2**15
"""Entries of any table: a 16-bit integer tells no more of them apart."""
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

    def expand(self, symbols: Tensor, codes: Tensor, out: Tensor) -> None:
        """Expand (b,) symbols, uint8, by b numbers below `width` into `out` (b·tokens,)."""
        entries = _entries(symbols, codes, self.width)
        torch.index_select(self.table, 0, entries, out=out.view(WORDS[self.tokens]))


class PackedSampler:
    """Labels and leaves of a grammar's strings, several levels a look-up.

    Raises InputError for a grammar that :func:`can_pack` refuses.
    """

    def __init__(self, grammar: Grammar, device: torch.device) -> None:
        if not can_pack(grammar):
            allowed = "uniform labels and rules, m a symbol, V <= 256, V m <= 2^15, s = 2, 4 or 8"
            raise InputError("grammar", repr(grammar), allowed)
        self._classes = grammar.classes
        self._length = grammar.input_length
        self._expansions = tuple(_expansions(grammar, device))

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
        labels = codes[0][:, 0].to(torch.uint8)
        leaves = labels.new_empty(len(labels), self._length)
        chunk = len(labels)
        if labels.device.type == "cpu":
            chunk = max(1, CHUNK_LOOKUPS // codes[-1].shape[1])
        for some, *parts in zip(leaves.split(chunk), *(c.split(chunk) for c in codes), strict=True):
            self._expand(parts, some)
        return leaves, labels

    def _expand(self, codes: list[Tensor], leaves: Tensor) -> None:
        symbols = codes[0].flatten().to(torch.uint8)
        for expansion, numbers in zip(self._expansions, codes[1:], strict=True):
            last = expansion is self._expansions[-1]
            below = symbols.new_empty(len(symbols) * expansion.tokens)
            out = leaves.view(-1) if last else below
            expansion.expand(symbols, numbers.flatten(), out)
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

    Random numbers, half of the work, are drawn ahead by a thread of their own.
    """
    sampler = PackedSampler(grammar, device)
    # On CUDA a block is large enough for its passes to outlast their launches.
    width = -(-grammar.input_length // (4 if device.type == "cuda" else 1))
    places = blocks(samples, width, device, seed=seed, path=path, part=part)
    ahead = in_order(lambda place: sampler.codes(*place), places, device)
    return map(sampler.strings, ahead)


def _bits(generator: torch.Generator) -> torch.Generator | np.random.Generator:
    """Where random words come from: on the CPU, NumPy's quickest generator, seeded by torch's.

    It takes less than half the time for a word. From 2^15 entries on torch would also start
    threads inside ours for the arithmetic; NumPy stays in the caller's.
    """
    if generator.device.type == "cuda":
        return generator
    seed = torch.empty(4, dtype=torch.int64).random_(generator=generator)
    return np.random.Generator(np.random.SFC64(seed.tolist()))


def _codes(count: int, width: int, bits: torch.Generator | np.random.Generator) -> Tensor:
    """`count` random numbers below `width`, int16."""
    packed = width & (width - 1) == 0
    size = -(-count // 4) if packed else count
    if isinstance(bits, np.random.Generator):
        drawn = bits.integers(0, 2**64 - 1, size, dtype=np.uint64, endpoint=True)
        if not packed:
            return torch.from_numpy((drawn % np.uint64(width)).astype(np.int16))
        cut = drawn.view(np.int16)[:count]
        return torch.from_numpy(np.bitwise_and(cut, np.int16(width - 1), out=cut))
    words = torch.empty(size, dtype=torch.int64, device=bits.device)
    words.random_(-(2**63), None, generator=bits)  # all 64 bits
    if not packed:
        return words.remainder(width).to(torch.int16)
    return words.view(torch.int16)[:count].bitwise_and_(width - 1)


def _entries(symbols: Tensor, codes: Tensor, width: int) -> Tensor:
    """symbol·width + code: where each look-up finds its tokens, int32."""
    if symbols.device.type == "cuda":
        return symbols.to(torch.int32).mul_(width).add_(codes)
    entries = symbols.numpy().astype(np.int16)
    entries *= np.int16(width)
    entries += codes.numpy()
    return torch.from_numpy(entries.astype(np.int32))


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
