"""Whole strings, from the label down: the plain route, and strings to test accuracy on."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from layerproof.layerwise.parts import WHOLE, Part
from layerproof.layerwise.sampling.batch import Batch, one_hot_counts
from layerproof.layerwise.sampling.blocks import BLOCK_ENTRIES, blocks, check_samples, regrouped
from layerproof.layerwise.sampling.derivations import StringSampler
from layerproof.layerwise.sampling.origins import OriginSampler
from layerproof.layerwise.sampling.packed import can_pack, packed_strings
from layerproof.layerwise.signals import signal_values
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import LABEL, Signal


def token_dtype(vocabulary: int) -> torch.dtype:
    """The smallest integer dtype that holds the tokens 0, …, vocabulary − 1."""
    for dtype in (torch.uint8, torch.int16, torch.int32):
        if vocabulary - 1 <= torch.iinfo(dtype).max:
            return dtype
    return torch.int64


def string_batches(
    grammar: Grammar,
    level: int,
    samples: int,
    *,
    seed: int,
    signal: Signal,
    device: torch.device,
    part: Part = WHOLE,
    every_patch: bool = False,
) -> Iterator[Batch]:
    """A stage's samples from whole strings, of which the first patch is kept, or `every_patch`.

    In the latter case a string is s^(level−1) rows, each with the signal of its patch. Several
    levels a look-up where the grammar allows it and the signal needs only the label. A signal that
    is told with other strings has strings of its own for each of its patches.
    """
    size = signal.size(grammar, level)
    patches = grammar.branching ** (level - 1) if every_patch else 1
    width = grammar.leaves_below(level)
    path = ("stage", level, "strings")
    if signal.only_label and not signal.uniforms and can_pack(grammar):
        strings = packed_strings(grammar, samples, device, seed=seed, path=path, part=part)
        # A block of many short strings may be small while their counts are not.
        rows = max(1, BLOCK_ENTRIES[device.type] // (size * patches))
        for block in strings:
            for leaves, labels in zip(*(part.split(rows) for part in block), strict=True):
                values = signal_values(signal, grammar, (labels[:, None],), level, None, patches)
                yield _kept(leaves, one_hot_counts(values, size), width, patches)
        return
    dtype = token_dtype(grammar.vocabularies[-1])
    entries = max(grammar.input_length, size)
    if signal.origins(grammar):
        told = OriginSampler(grammar, signal, level, device)
        entries *= grammar.vocabularies[-1]  # every symbol that a leaf may be read as
        for rows, generator in blocks(samples, entries, device, seed=seed, path=path, part=part):
            for position in range(patches):
                leaves, values = told.draw(rows, generator, position)
                below = leaves[:, width * position : width * (position + 1)]
                yield Batch(below.to(dtype).contiguous(), one_hot_counts(values, size))
        return
    sampler = StringSampler(grammar, device)
    for rows, generator in blocks(samples, entries, device, seed=seed, path=path, part=part):
        tree = sampler.trees(rows, generator)
        values = signal_values(signal, grammar, tree, level, generator, patches)
        yield _kept(tree[-1].to(dtype), one_hot_counts(values, size), width, patches)


def _kept(leaves: Tensor, counts: Tensor, width: int, patches: int) -> Batch:
    """What stands below the first `patches` patches of each string, with a row of counts each."""
    return Batch(leaves[:, : width * patches].reshape(-1, width).contiguous(), counts)


def sample_signal(
    grammar: Grammar,
    samples: int,
    signal: Signal,
    level: int,
    *,
    seed: int,
    device: torch.device | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Whole strings (b, s^L) with the values (b,) of a signal for their first level-`level` patch.

    Of the label they are those of :func:`sample_strings`. Raises InputError where `samples` is not
    positive, and for a signal that no string tells.
    """
    if signal == LABEL:
        yield from sample_strings(grammar, samples, seed=seed, device=device)
        return
    check_samples(samples)
    where = device if device is not None else torch.device("cpu")
    path = ("strings", "test", signal.name)
    if signal.origins(grammar):
        told, width = OriginSampler(grammar, signal, level, where), grammar.input_length
        entries = width * grammar.vocabularies[-1]
        for rows, generator in blocks(samples, entries, where, seed=seed, path=path):
            yield told.draw(rows, generator)
        return
    sampler = StringSampler(grammar, where)
    for rows, generator in blocks(samples, grammar.input_length, where, seed=seed, path=path):
        tree = sampler.trees(rows, generator)
        yield tree[-1], signal_values(signal, grammar, tree, level, generator)


def sample_strings(
    grammar: Grammar,
    samples: int,
    *,
    seed: int,
    device: torch.device | None = None,
    batch_size: int | None = None,
    name: str = "test",
) -> Iterator[tuple[Tensor, Tensor]]:
    """Whole strings with their labels: leaves (b, s^L) and labels (b,), `batch_size` at a time.

    The strings depend on the seed and on `name`, not on the batch size; no stage of training draws
    from the same stream. Raises InputError where a size is not positive.
    """
    check_samples(samples)
    if batch_size is not None and batch_size < 1:
        raise InputError("batch_size", batch_size, "a positive whole number")
    where = device if device is not None else torch.device("cpu")
    pieces = _strings(grammar, samples, seed=seed, device=where, name=name)
    groups = pieces if batch_size is None else regrouped(pieces, batch_size)
    return ((leaves, labels) for leaves, labels in groups)


def _strings(
    grammar: Grammar, samples: int, *, seed: int, device: torch.device, name: str
) -> Iterator[tuple[Tensor, ...]]:
    path = ("strings", name)
    if can_pack(grammar):
        for leaves, labels in packed_strings(grammar, samples, device, seed=seed, path=path):
            yield leaves, labels.to(torch.int64)
        return
    sampler = StringSampler(grammar, device)
    dtype = token_dtype(grammar.vocabularies[-1])
    for rows, generator in blocks(samples, grammar.input_length, device, seed=seed, path=path):
        tree = sampler.trees(rows, generator)
        yield tree[-1].to(dtype), tree[0][:, 0]
