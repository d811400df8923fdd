"""A stage's data: distinct leaf strings of the first patch, with their counts per signal value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from layerproof.layerwise.distinct import distinct_rows

MERGE_ENTRIES = 2**26
"""Leaves and counts that may wait to be merged; batches in between are held as they came."""


@dataclass(frozen=True)
class Batch:
    """Samples of one stage, by leaf string.

    `leaves` (b, w) holds the w = s^(L−l+1) leaves below the first level-l patch; `counts` (b, k),
    int64, says how many samples have this string and each of the k signal values. A string may
    stand in several rows.
    """

    leaves: Tensor
    counts: Tensor

    @property
    def samples(self) -> int:
        """How many samples the batch holds."""
        return int(self.counts.sum())

    def every(self, step: int, start: int) -> Batch:
        """Rows `start`, `start + step`, …"""
        return Batch(self.leaves[start::step], self.counts[start::step])


def one_hot_counts(values: Tensor, size: int) -> Tensor:
    """One sample per row: values (b,) to counts (b, size)."""
    counts = torch.zeros(len(values), size, dtype=torch.int64, device=values.device)
    return counts.scatter_(1, values.to(torch.int64)[:, None], 1)


def merge(batches: Iterable[Batch], vocabulary: int) -> Batch:
    """One batch whose rows are distinct and sorted, each string's counts added up.

    The same samples give the same batch, whatever the batches they came in. `vocabulary` is the
    number of leaf tokens V_L.
    """
    parts = list(batches)
    leaves = torch.cat([part.leaves for part in parts])
    counts = torch.cat([part.counts for part in parts])
    distinct, index = distinct_rows(leaves, vocabulary)
    total = counts.new_zeros(len(distinct), counts.shape[1]).index_add_(0, index, counts)
    return Batch(distinct, total)


def merged(
    batches: Iterable[Batch], vocabulary: int, *, limit: int | None = None
) -> Iterator[Batch]:
    """Distinct rows of a stream of batches, in one batch, or several where they exceed `limit`.

    Between merges at most MERGE_ENTRIES leaves and counts are held beside the distinct rows, so
    memory grows with the distinct strings, not with the samples. With a `limit`, a batch of more
    distinct rows than that is given out and a new one begun.
    """
    held: list[Batch] = []
    waiting = 0
    for batch in batches:
        held.append(batch)
        waiting += batch.leaves.numel() + batch.counts.numel()
        if waiting >= MERGE_ENTRIES:
            held, waiting = [merge(held, vocabulary)], 0
            if limit is not None and len(held[0].leaves) > limit:
                yield held.pop()
    if held:
        yield merge(held, vocabulary)
