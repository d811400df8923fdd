"""Blocks: the units in which random numbers are drawn.

A block has a fixed number of samples and its own generator, named after its place. What is drawn
therefore depends on the seed alone, not on how many samples are looked at together.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from layerproof.layerwise.parts import WHOLE, Part
from layerproof.theory.errors import whole_number
from layerproof.theory.randomness import derive_seed

BLOCK_ENTRIES = {"cpu": 2**20, "cuda": 2**24}
"""Entries of a block's widest tensor: enough to keep the device busy, little enough to hold."""

MOST_SAMPLES = 10**18
"""The largest sample size: counts are 64-bit integers."""


def check_samples(samples: int) -> None:
    """Raise InputError unless `samples` is a whole number from 1 to 10^18."""
    whole_number("samples", samples, minimum=1, maximum=MOST_SAMPLES)


def blocks(
    samples: int,
    width: int,
    device: torch.device,
    *,
    seed: int,
    path: tuple[str | int, ...],
    part: Part = WHOLE,
) -> Iterator[tuple[int, torch.Generator]]:
    """Size and generator of this part's blocks of `samples` rows that are `width` entries wide.

    A part that there is no block for gets one without rows.
    """
    size = max(1, BLOCK_ENTRIES[device.type] // width)
    if part.index * size >= samples:
        yield 0, torch.Generator(device)
    for block, start in enumerate(range(0, samples, size)):
        if not part.takes(block):
            continue
        generator = torch.Generator(device)
        generator.manual_seed(derive_seed(seed, *path, "block", block))
        yield min(size, samples - start), generator


def regrouped(pieces: Iterator[tuple[Tensor, ...]], size: int) -> Iterator[tuple[Tensor, ...]]:
    """The same rows in the same order, `size` at a time (the last group may be smaller)."""
    rest: tuple[Tensor, ...] | None = None
    for piece in pieces:
        joined = piece if rest is None else tuple(map(torch.cat, zip(rest, piece, strict=True)))
        whole = len(joined[0]) // size * size
        for start in range(0, whole, size):
            yield tuple(part[start : start + size] for part in joined)
        rest = tuple(part[whole:] for part in joined)
    if rest is not None and len(rest[0]):
        yield rest
