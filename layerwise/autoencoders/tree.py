"""A hierarchical autoencoder: one discrete latent for every node of the tree."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TreeAutoencoder(nn.Module):
    """A latent of V values at every node above the leaves, level by level the same tables.

    The prior draws a label, and the s tokens of a patch together given the node above, so that the
    exact bound is tight. The encoder is the model's own posterior, by belief propagation on its
    tables: the bound is −log p(x), and no relaxation is needed.

    >>> model = TreeAutoencoder(4, 2, 2, generator=torch.Generator().manual_seed(0))
    >>> leaves = torch.cartesian_prod(*[torch.arange(4)] * 4)
    >>> round(torch.exp(-model.cost(leaves)).sum().item(), 9)  # over all strings
    1.0
    """

    def __init__(
        self, symbols: int, branching: int, levels: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.symbols, self.branching = symbols, branching
        shape = (levels, symbols, symbols**branching)
        start = torch.randn(shape, generator=generator, dtype=torch.float64)
        self.tables = nn.Parameter(start)
        self.prior = nn.Parameter(torch.zeros(symbols, dtype=torch.float64))

    def cost(self, leaves: Tensor) -> Tensor:
        """−log p of strings (b, d), in nats, (b,)."""
        message = nn.functional.one_hot(leaves, self.symbols).to(self.tables.dtype)
        scale = message.new_zeros(len(leaves))
        for table in self.tables.softmax(-1).flip(0):
            patches = message.unflatten(1, (-1, self.branching))
            joint = patches[:, :, 0]
            for child in range(1, self.branching):
                joint = (joint[..., None] * patches[:, :, child, None, :]).flatten(2)
            message = joint @ table.T
            largest = message.amax(-1, keepdim=True).detach()
            message, scale = message / largest, scale + largest.log().sum((1, 2))
        return -((message[:, 0] @ self.prior.softmax(0)).log() + scale)
