"""Subtrees: only the first level-l patch, the signal, and what stands below the patch.

A stage sees nothing else of a string, and given the patch the signal is independent of what stands
below it. Drawing the two from their exact joint law, then the rules below, has the law of whole
strings at s^(L−l+1) leaves a sample in place of s^L.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from layerproof.layerwise.devices import on_device
from layerproof.layerwise.parts import WHOLE, Part
from layerproof.layerwise.sampling.batch import Batch, one_hot_counts
from layerproof.layerwise.sampling.blocks import blocks
from layerproof.layerwise.sampling.derivations import draw_cells
from layerproof.layerwise.sampling.rules import RuleTable
from layerproof.layerwise.sampling.strings import token_dtype
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import Signal


def subtree_batches(
    grammar: Grammar,
    level: int,
    samples: int,
    *,
    seed: int,
    signal: Signal,
    device: torch.device,
    part: Part = WHOLE,
) -> Iterator[Batch]:
    """A stage's samples: the leaves below the first patch and the signal, a sample in each row."""
    size = signal.size(grammar, level)
    joint = on_device(signal.joint(grammar, level), device).flatten()
    patches = on_device(grammar.patches(level).patch, device)
    tables = [RuleTable.of(grammar, lower, device) for lower in range(level, grammar.levels)]
    width = grammar.leaves_below(level)
    dtype = token_dtype(grammar.vocabularies[-1])
    path = ("stage", level, "subtrees")
    entries = max(width, size)
    for rows, generator in blocks(samples, entries, device, seed=seed, path=path, part=part):
        cell = draw_cells(joint, rows, generator)
        tokens = patches[cell // size]
        for table in tables:
            tokens = table.expand(tokens, generator)
        yield Batch(tokens.to(dtype), one_hot_counts(cell % size, size))
