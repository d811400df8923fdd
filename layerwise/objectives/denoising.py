"""What a denoiser is trained for: the clean string, from noise of every strength.

The noise of a string is drawn for each, and the network sees nothing of it but the leaf evidence.
One function prices every law of the clean tokens, a network's, the exact posterior and the null, so
that differences between them are differences of nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from layerproof.layerwise.denoising.processes import (
    PROCESSES,
    NoiseProcess,
    UniformProcess,
)
from layerproof.theory.inference import MASKED

LEAST_NOISE = 1e-3
"""Of Gaussian noise, whose density has no value at 0; the error there is 0 beyond all digits."""


@dataclass(frozen=True)
class NoisyStrings:
    """Strings with noise: what is seen of them, the noise (b, 1), and the weight of each token."""

    seen: Tensor
    noise: Tensor
    weight: Tensor


@dataclass(frozen=True)
class DenoisingObjective(ABC):
    """Noise on strings, and the price of a law of the clean tokens.

    >>> masking = DENOISING["masking"]
    >>> generator = torch.Generator().manual_seed(0)
    >>> noisy = masking.corrupted(torch.tensor([[0, 1, 1, 0]]), 2, generator)
    >>> uniform = torch.full((1, 4, 2), 0.5, dtype=torch.float64).log()
    >>> round(masking.costs(uniform, torch.tensor([[0, 1, 1, 0]]), noisy).item(), 4)  # 4 log 2
    2.7726
    """

    noise: ClassVar[str]
    """The name of its process in :data:`layerproof.layerwise.denoising.PROCESSES`."""
    help: ClassVar[str]
    """What the loss is, in one line."""
    unit: ClassVar[str] = "nats"
    """What the loss is measured in."""

    def process(self, symbols: int) -> NoiseProcess:
        """The noise on leaves of that many symbols."""
        return PROCESSES[self.noise](symbols)

    @abstractmethod
    def corrupted(self, tokens: Tensor, symbols: int, generator: torch.Generator) -> NoisyStrings:
        """Clean strings (b, d) with noise of a strength that is drawn for each."""

    def costs(self, log_law: Tensor, tokens: Tensor, noisy: NoisyStrings) -> Tensor:
        """What logarithms of a law (b, d, V) cost where the clean strings are `tokens`: (b,)."""
        price = -log_law.gather(2, tokens[..., None])[..., 0]
        return torch.where(noisy.weight > 0, noisy.weight * price, 0.0).sum(1)


def leaf_evidence(process: NoiseProcess, seen: Tensor, noise: float | Tensor) -> Tensor:
    """What a body is given: the likelihood of each symbol at each leaf, (b, d, V), float64.

    Of Gaussian noise it is scaled to sum to 1.
    """
    found = process.log_evidence(seen, noise)
    return found.softmax(-1) if seen.is_floating_point() else found.exp()


class MaskedDenoising(DenoisingObjective):
    """k masked tokens, k uniform on 1 … d, each at d/k times its cross-entropy.

    The mean is Σ_k (1/k) E Σ_masked −log p(x_i | what shows): that of the exact denoiser is the
    entropy of the strings, and a model's excess the mean divergence of the strings that it makes
    token by token in a random order (`derived.masked-entropy`).
    """

    noise = "masking"
    help = "cross-entropy of masked tokens; the excess is the divergence of the strings made"

    def corrupted(self, tokens: Tensor, symbols: int, generator: torch.Generator) -> NoisyStrings:
        """See :meth:`DenoisingObjective.corrupted`."""
        rows, length = tokens.shape
        device = tokens.device
        hidden = torch.randint(1, length + 1, (rows, 1), generator=generator, device=device)
        keys = torch.rand((rows, length), generator=generator, device=device)
        masked = keys.argsort(1).argsort(1) < hidden
        weight = masked * (length / hidden.double())
        return NoisyStrings(tokens.masked_fill(masked, MASKED), hidden / length, weight)


class UniformDenoising(DenoisingObjective):
    """Tokens replaced by uniform ones with a probability that is itself uniform on 0 … 1.

    The mean cross-entropy of all clean tokens, summed over the string: the excess is the mean, over
    noise, of the sum of the divergences between the posteriors of single tokens.
    """

    noise = "uniform"
    help = "cross-entropy of all tokens, some replaced; the noise is uniform"

    def corrupted(self, tokens: Tensor, symbols: int, generator: torch.Generator) -> NoisyStrings:
        """See :meth:`DenoisingObjective.corrupted`."""
        noise = _uniform(tokens, generator)
        seen = UniformProcess(symbols).corrupted(tokens, noise, generator)
        return NoisyStrings(seen, noise, torch.ones_like(tokens, dtype=torch.float64))


class GaussianDenoising(DenoisingObjective):
    """Gaussian noise on one-hot tokens, 1 − ᾱ uniform on 0 … 1; the error of the mean.

    DDPM with the clean string as what is predicted (Ho, Jain, Abbeel 2020): the squared distance of
    the predicted mean from the one-hot string. The excess is that of the mean from the exact one.
    """

    noise = "gaussian"
    help = "squared error of the clean one-hot string; the noise 1 - alpha-bar is uniform"
    unit = "squared distance"

    def corrupted(self, tokens: Tensor, symbols: int, generator: torch.Generator) -> NoisyStrings:
        """See :meth:`DenoisingObjective.corrupted`."""
        noise = _uniform(tokens, generator).clamp_min(LEAST_NOISE)
        seen = self.process(symbols).corrupted(tokens, noise, generator)
        return NoisyStrings(seen, noise, torch.ones_like(tokens, dtype=torch.float64))

    def costs(self, log_law: Tensor, tokens: Tensor, noisy: NoisyStrings) -> Tensor:
        """See :meth:`DenoisingObjective.costs`: the squared error of the mean."""
        true = torch.nn.functional.one_hot(tokens, log_law.shape[-1]).to(log_law.dtype)
        return (log_law.exp() - true).square().sum((1, 2))


def _uniform(tokens: Tensor, generator: torch.Generator) -> Tensor:
    shape = len(tokens), 1
    return torch.rand(shape, dtype=torch.float64, device=tokens.device, generator=generator)


DENOISING: Mapping[str, DenoisingObjective] = {
    found.noise: found for found in (MaskedDenoising(), UniformDenoising(), GaussianDenoising())
}
"""Objectives of denoisers, by the name of their noise."""
