"""Parts: how several processes share the samples of one stage.

Each draws some of the blocks; what a solver needs is a sum over samples, so the parts of it are
added up. One process alone is the part that is the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Part:
    """The share of part number `index` of `count`, and how the shares are put together.

    This one knows no other process: sums and collections are its own share. See
    :class:`layerproof.layerwise.distributed.Rank` for one that does.
    """

    index: int = 0
    count: int = 1

    def takes(self, block: int) -> bool:
        """Whether this part draws the block of that number; each block is one part's."""
        return block % self.count == self.index

    def total(self, share: Tensor) -> Tensor:
        """The sum of the parts' tensors of one shape, the same in every process."""
        return share

    def collect(self, rows: Tensor) -> list[Tensor]:
        """The rows (r_i, w) of all parts in order; only r may differ between them."""
        return [rows]


WHOLE = Part()
"""All samples, in this process."""
