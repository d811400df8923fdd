"""Strings, the same strings with synonyms exchanged at one level, and other strings beside them.

To exchange synonyms at level l is to keep the tokens of the levels 0, …, l - 1 and to draw the
level-l patches anew from the rules of their parents, with everything below them (C24's P_l in its
eq. 8, at every position of the level; levels here count from the label, C24's from the leaves). A
patch is drawn with its rules' probabilities, so it may come out as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from layerproof.layerwise.sampling.blocks import blocks, check_samples
from layerproof.layerwise.sampling.derivations import StringSampler
from layerproof.layerwise.sampling.rules import RuleTable
from layerproof.layerwise.signals import Tree
from layerproof.theory.grammar import Grammar

CPU = torch.device("cpu")


class ExchangedStrings(NamedTuple):
    """A batch: strings x (b, s^L), P_l x for l = 1, …, L, independent y; the labels of x (b,)."""

    drawn: Tensor
    exchanged: tuple[Tensor, ...]
    other: Tensor
    labels: Tensor


def exchanged_strings(
    grammar: Grammar, samples: int, *, seed: int, batch_size: int
) -> Iterator[ExchangedStrings]:
    """`samples` strings with their exchanges at every level, `batch_size` at a time, on the CPU.

    Drawn in blocks of fixed size from streams of their own, one for each level: what is drawn does
    not depend on the batch size, the device or the network. Raises InputError where `samples` is
    not positive.
    """
    check_samples(samples)
    sampler, width = StringSampler(grammar, CPU), grammar.input_length
    tables = [RuleTable.of(grammar, level, CPU) for level in range(grammar.levels)]
    names = ["strings", "other strings", *(f"level {l}" for l in range(1, grammar.levels + 1))]
    streams = [
        blocks(samples, width, CPU, seed=seed, path=("invariance matrix", name)) for name in names
    ]
    for (rows, first), (_, second), *rest in zip(*streams, strict=True):
        tree = sampler.trees(rows, first)
        again = [_redrawn(tree, l + 1, tables, stream) for l, (_, stream) in enumerate(rest)]
        parts = (tree[-1], *again, sampler.trees(rows, second)[-1], tree[0][:, 0])
        for drawn, *exchanged, other, labels in zip(
            *(part.split(batch_size) for part in parts), strict=True
        ):
            yield ExchangedStrings(drawn, tuple(exchanged), other, labels)


def _redrawn(tree: Tree, level: int, tables: list[RuleTable], generator: torch.Generator) -> Tensor:
    tokens = tree[level - 1]
    for table in tables[level - 1 :]:
        tokens = table.expand(tokens, generator)
    return tokens
