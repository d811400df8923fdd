"""Denoisers that are no exact ones: any network, and tokens as if they were independent.

They give logarithms of laws of the clean tokens, as :class:`ExactDenoiser` gives posteriors, and
guesses for the reverse processes.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from layerproof.layerwise.denoising.exact import ExactDenoiser
from layerproof.layerwise.denoising.processes import (
    GaussianProcess,
    MaskingProcess,
    NoiseProcess,
    drawn_tokens,
)
from layerproof.layerwise.denoising.reverse import noise_schedule, reversed_process, unmasked
from layerproof.layerwise.devices import rows_per_chunk
from layerproof.layerwise.objectives.denoising import leaf_evidence
from layerproof.theory.errors import whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.inference import MASKED


class Denoiser(Protocol):
    """What tells a law of every clean token, given what is seen."""

    process: NoiseProcess
    device: torch.device

    def means(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """The law of each clean token, (b, d, V), float64."""


class LearnedDenoiser:
    """A network from leaf evidence (b, d, V) to logits (b, d, V), as a denoiser."""

    def __init__(
        self, network: nn.Module, process: NoiseProcess, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.network, self.process, self.device, self.dtype = network, process, device, dtype

    @torch.no_grad()
    def log_means(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """The logarithm of the law of each clean token, (b, d, V), float64."""
        evidence = leaf_evidence(self.process, noisy, noise).to(self.device, self.dtype)
        rows = rows_per_chunk(16 * evidence[0].numel(), evidence)
        logits = [self.network(piece) for piece in evidence.split(rows)]
        return torch.cat(logits).double().log_softmax(-1)

    def means(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """See :meth:`Denoiser.means`."""
        return self.log_means(noisy, noise).exp()


class IndependentTokens:
    """The null: each token by its own evidence and by how often it stands there, exactly.

    Of all denoisers that look at no other token it is the best one.
    """

    def __init__(self, grammar: Grammar, process: NoiseProcess, device: torch.device) -> None:
        self.process, self.device = process, device
        exact = ExactDenoiser(grammar, MaskingProcess(grammar.vocabularies[-1]), device)
        nothing = torch.full((1, grammar.input_length), MASKED, device=device)
        self._log_share = exact.means(nothing, 1.0).log()

    def log_means(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """The logarithm of the law of each clean token, (b, d, V), float64."""
        return (self.process.log_evidence(noisy, noise) + self._log_share).log_softmax(-1)

    def means(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """See :meth:`Denoiser.means`."""
        return self.log_means(noisy, noise).exp()


def generated(
    denoiser: Denoiser, strings: int, length: int, steps: int, generator: torch.Generator
) -> Tensor:
    """Strings (strings, length) by the reverse process of the denoiser's noise.

    Masked tokens show one at a time in a random order, whatever `steps`: exact for an exact
    denoiser. Uniform noise is undone in `steps` equal steps with every token drawn by itself, and
    Gaussian noise with the means, as DDPM does: exact as `steps` grows. Raises InputError where a
    number is not positive.
    """
    whole_number("strings", strings, minimum=1, maximum=10**9)

    def drawn(noisy: Tensor, noise: float, own: torch.Generator) -> Tensor:
        return drawn_tokens(denoiser.means(noisy, noise), own)

    def expected(noisy: Tensor, noise: float, own: torch.Generator) -> Tensor:
        return denoiser.means(noisy, noise)

    if isinstance(denoiser.process, MaskingProcess):
        return unmasked(
            drawn, strings=strings, length=length, at_once=1, generator=generator
        )  # fmt: skip
    guess = expected if isinstance(denoiser.process, GaussianProcess) else drawn
    schedule = noise_schedule(steps)
    return reversed_process(
        denoiser.process, guess, schedule, strings=strings, length=length, generator=generator
    )
