"""One latent for a whole string, and a decoder that gives every leaf a law of its own."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from layerproof.layerwise.architectures.affine import Affine

Latent = Literal["categorical", "gaussian"]
Sees = Literal["string", "label"]
"""What the encoder sees: the leaves, or the label, as one that has learned it hands it up."""

START = 0.1
"""Size of the weights that tell codes apart at the start: the posterior is nearly collapsed."""


class Costs(NamedTuple):
    """Of every string the divergence of its code from the prior, and the cost of its leaves, (b,).

    Both in nats; they add up to the negative evidence bound. Of a Gaussian code the cost of the
    leaves is that of one draw.
    """

    rate: Tensor
    distortion: Tensor


class FlatAutoencoder(nn.Module):
    """A categorical latent of `size` values, or a Gaussian one of `size` dimensions.

    The expectation over a categorical code is summed exactly, with a prior that is learned and a
    table of the leaves' laws; a Gaussian code is drawn, and its decoder has one hidden layer. The
    encoder has two hidden layers of `width`; one that sees the label is a table.

    >>> generator = torch.Generator().manual_seed(0)
    >>> model = FlatAutoencoder((4, 8, 4), "categorical", 4, generator=generator)
    >>> leaves = torch.zeros(5, 8, dtype=torch.int64)
    >>> model.costs(leaves, leaves[:, 0], generator).rate.shape
    torch.Size([5])
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        latent: Latent,
        size: int,
        *,
        sees: Sees = "string",
        width: int = 64,
        generator: torch.Generator,
    ) -> None:
        """sizes: of labels n, of leaves d, and of their symbols V."""
        super().__init__()
        labels, length, symbols = sizes
        self.sizes, self.latent, self.sees, self.size = sizes, latent, sees, size
        coded = size if latent == "categorical" else 2 * size
        inputs = length * symbols if sees == "string" else labels
        widths = [inputs, width, width, coded] if sees == "string" else [inputs, coded]
        self.encoder = _layers(widths, generator)
        if latent == "categorical":
            self.prior = nn.Parameter(torch.zeros(size, dtype=torch.float64))
            self.table = _normal((size, length, symbols), START, generator)
        else:
            self.decoder = _layers([size, width, length * symbols], generator)

    def posterior(self, leaves: Tensor, labels: Tensor) -> Tensor:
        """log q(z | x) of a categorical code (b, K); means and log-scales (b, 2k) of another."""
        seen, symbols = leaves, self.sizes[2]
        if self.sees == "label":
            seen, symbols = labels[:, None], self.sizes[0]
        dtype = next(self.parameters()).dtype
        found: Tensor = self.encoder(nn.functional.one_hot(seen, symbols).flatten(1).to(dtype))
        return found.log_softmax(-1) if self.latent == "categorical" else found

    def costs(self, leaves: Tensor, labels: Tensor, generator: torch.Generator) -> Costs:
        """Of strings (b, d) with these labels (b,); a Gaussian code draws from the generator."""
        found = self.posterior(leaves, labels)
        one_hot = nn.functional.one_hot(leaves, self.sizes[2]).to(found.dtype)
        if self.latent == "categorical":
            share = found.exp()
            rate = (share * (found - self.prior.log_softmax(0))).sum(1)
            cost = -torch.einsum("biv,kiv->bk", one_hot, self.table.log_softmax(-1))
            return Costs(rate, (share * cost).sum(1))
        mean, log_scale = found.chunk(2, 1)
        rate = 0.5 * (mean**2 + (2 * log_scale).exp() - 1 - 2 * log_scale).sum(1)
        noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype)
        laws = self.decoder(mean + log_scale.exp() * noise.to(mean.device))
        logits = laws.unflatten(1, one_hot.shape[1:]).log_softmax(-1)
        return Costs(rate, -(one_hot * logits).sum((1, 2)))


def _normal(shape: tuple[int, ...], scale: float, generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(scale * torch.randn(shape, generator=generator, dtype=torch.float64))


def _layers(widths: list[int], generator: torch.Generator) -> nn.Sequential:
    """Linear layers with ReLU between; what the last one gives is small at the start."""
    parts: list[nn.Module] = []
    for place, (inputs, outputs) in enumerate(pairwise(widths)):
        last, table = place == len(widths) - 2, len(widths) == 2
        gain = START * math.sqrt(inputs) if table else math.sqrt(START if last else 2.0)
        parts += [Affine(inputs, outputs, gain=gain, generator=generator)]
        parts += [] if last else [nn.ReLU()]
    return nn.Sequential(*parts)
