"""The data of one stage as its solver sees them: weighted distinct pre-features."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class WeightedRows:
    """Distinct pre-features and the shares of samples that have them.

    `tokens` (t, d) are the distinct token embeddings, `index` (r, s) which of them make up each
    row, `shares` (r, k) the fraction y_ik of all samples of the stage that are in row i and have
    signal value k. The shares of all rows sum to one.
    """

    tokens: Tensor
    index: Tensor
    shares: Tensor

    def __len__(self) -> int:
        return len(self.index)

    @property
    def points(self) -> Tensor:
        """The pre-features x_i: (r, s d)."""
        return self.tokens[self.index].flatten(1)

    @property
    def roots(self) -> Tensor:
        """√a_i, a_i the fraction of samples in row i: (r, 1)."""
        return self.shares.sum(dim=1, keepdim=True).sqrt()
