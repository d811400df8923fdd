"""Blocks: the units in which random numbers are drawn.

A block has a fixed number of samples and its own generator, named after its place. What is drawn
therefore depends on the seed alone, not on how many samples are looked at together.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from theory.errors import whole_number
from theory.randomness import derive_seed

BLOCK_ENTRIES = {"cpu": 2**20, "cuda": 2**24}
"""Entries of a block's widest tensor: enough to keep the device busy, little enough to hold."""

MOST_SAMPLES = 10**18
"""The largest sample size: counts are 64-bit integers."""


def check_samples(samples: int) -> None:
    """Raise InputError unless `samples` is a whole number from 1 to 10^18."""
    whole_number("samples", samples, minimum=1, maximum=MOST_SAMPLES)


def blocks(
    samples: int, width: int, device: torch.device, *, seed: int, path: tuple[str | int, ...]
) -> Iterator[tuple[int, torch.Generator]]:
    """Size and generator of each block of `samples` rows that are `width` entries wide."""
    size = max(1, BLOCK_ENTRIES[device.type] // width)
    for block, start in enumerate(range(0, samples, size)):
        generator = torch.Generator(device)
        generator.manual_seed(derive_seed(seed, *path, "block", block))
        yield min(size, samples - start), generator


def regrouped(pieces: Iterator[tuple[Tensor, ...]], size: int) -> Iterator[tuple[Tensor, ...]]:
    """The same rows in the same order, `size` at a time (the last group may be smaller)."""
    held: list[tuple[Tensor, ...]] = []
    rows = 0
    for piece in pieces:
        held.append(piece)
        rows += len(piece[0])
        while rows >= size:
            joined = tuple(torch.cat(parts) for parts in zip(*held, strict=True))
            yield tuple(part[:size] for part in joined)
            held, rows = [tuple(part[size:] for part in joined)], rows - size
    if rows:
        yield tuple(torch.cat(parts) for parts in zip(*held, strict=True))
