"""Noise that destroys a string little by little, and its exact way back given the clean string.

The noise is a number from 0 (the clean string) to 1 (nothing is left of it), one for all strings or
one for each. Every process is Markov in it: a string of noise t is one of noise s < t with more
noise, and :meth:`NoiseProcess.restored` draws from its law given both ends.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.inference import MASKED


@dataclass(frozen=True)
class NoiseProcess(ABC):
    """Noise on leaves of `symbols` symbols, V.

    >>> process = MaskingProcess(4)
    >>> process.log_evidence(torch.tensor([[2, -1]]), 0.5)[0].exp().tolist()
    [[0.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
    """

    symbols: int

    name: ClassVar[str]
    """What it is called on the command line, in suites and in results."""
    help: ClassVar[str]
    """What it does to a token, in one line."""

    def __post_init__(self) -> None:
        whole_number("symbols", self.symbols, minimum=1)

    @abstractmethod
    def corrupted(
        self, tokens: Tensor, noise: float | Tensor, generator: torch.Generator
    ) -> Tensor:
        """Strings (b, d) with noise on them: as many tokens, or vectors (b, d, V)."""

    @abstractmethod
    def log_evidence(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """log P[what is seen of a leaf | its symbol], (b, d, V), float64."""

    @abstractmethod
    def pure(
        self, strings: int, length: int, generator: torch.Generator, device: torch.device
    ) -> Tensor:
        """`strings` strings of noise 1."""

    @abstractmethod
    def restored(
        self,
        noisy: Tensor,
        clean: Tensor,
        noise: float,
        lower: float,
        generator: torch.Generator,
    ) -> Tensor:
        """A draw of the string at noise `lower`, given that at `noise` and the clean one (b, d)."""

    def check_noisy(self, noisy: Tensor) -> None:
        """Raise InputError where these are no strings of this process."""
        least = MASKED if isinstance(self, MaskingProcess) else 0
        if noisy.ndim != 2 or noisy.is_floating_point() or noisy.dtype == torch.bool:
            shape = f"{noisy.dtype} of shape {tuple(noisy.shape)}"
            raise InputError("strings", shape, "whole numbers of shape (strings, tokens)")
        if noisy.numel() and not (least <= noisy.min() and noisy.max() < self.symbols):
            worst = int(noisy.min() if noisy.min() < least else noisy.max())
            raise InputError("a token", worst, f"a leaf symbol, from {least} to {self.symbols - 1}")


class MaskingProcess(NoiseProcess):
    """Every token is masked with the probability `noise`: the absorbing process."""

    name = "masking"
    help = "a token is hidden"

    def corrupted(
        self, tokens: Tensor, noise: float | Tensor, generator: torch.Generator
    ) -> Tensor:
        """See :meth:`NoiseProcess.corrupted`; MASKED stands for what is hidden."""
        return tokens.masked_fill(_below(noise, tokens, generator), MASKED)

    def log_evidence(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """See :meth:`NoiseProcess.log_evidence`; that a token is hidden says nothing."""
        checked_noise(noise, noisy)
        self.check_noisy(noisy)
        same = noisy[..., None] == torch.arange(self.symbols, device=noisy.device)
        return torch.log((same | (noisy == MASKED)[..., None]).double())

    def pure(
        self, strings: int, length: int, generator: torch.Generator, device: torch.device
    ) -> Tensor:
        """See :meth:`NoiseProcess.pure`."""
        return torch.full((strings, length), MASKED, device=device)

    def restored(
        self,
        noisy: Tensor,
        clean: Tensor,
        noise: float,
        lower: float,
        generator: torch.Generator,
    ) -> Tensor:
        """See :meth:`NoiseProcess.restored`; a hidden token shows with probability 1 − s/t."""
        shown = (noisy == MASKED) & ~_below(lower / noise, noisy, generator)
        return torch.where(shown, clean, noisy)


class UniformProcess(NoiseProcess):
    """Every token is replaced with the probability `noise` by one drawn uniformly from all V."""

    name = "uniform"
    help = "a token is replaced by one drawn from all"

    def corrupted(
        self, tokens: Tensor, noise: float | Tensor, generator: torch.Generator
    ) -> Tensor:
        """See :meth:`NoiseProcess.corrupted`."""
        other = self.pure(len(tokens), tokens.shape[1], generator, tokens.device)
        return torch.where(_below(noise, tokens, generator), other, tokens)

    def log_evidence(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """See :meth:`NoiseProcess.log_evidence`."""
        self.check_noisy(noisy)
        return torch.log(self._kept(noisy, 1.0 - checked_noise(noise, noisy)))

    def pure(
        self, strings: int, length: int, generator: torch.Generator, device: torch.device
    ) -> Tensor:
        """See :meth:`NoiseProcess.pure`."""
        shape = (strings, length)
        return torch.randint(self.symbols, shape, generator=generator, device=device)

    def restored(
        self,
        noisy: Tensor,
        clean: Tensor,
        noise: float,
        lower: float,
        generator: torch.Generator,
    ) -> Tensor:
        """See :meth:`NoiseProcess.restored`; from P[x_s | x_0] P[x_t | x_s], over all symbols."""
        level = checked_noise(lower, noisy)
        after = self._kept(noisy, (1.0 - checked_noise(noise, noisy)) / (1.0 - level))
        return drawn_tokens(self._kept(clean, 1.0 - level) * after, generator)

    def _kept(self, tokens: Tensor, share: Tensor) -> Tensor:
        """P[a token of (b, d) | each symbol], where this share is kept: (b, d, V)."""
        same = tokens[..., None] == torch.arange(self.symbols, device=tokens.device)
        return share[..., None] * same + (1.0 - share[..., None]) / self.symbols


class GaussianProcess(NoiseProcess):
    """One-hot leaves x_0 in Gaussian noise: x_t = √(1 − t) x_0 + √t n, n standard normal.

    1 − t is the ᾱ of DDPM (Ho, Jain, Abbeel 2020), and (1 − t)/t the signal-to-noise ratio γ of
    :class:`layerproof.theory.inference.Gaussian`.
    """

    name = "gaussian"
    help = "Gaussian noise on one-hot tokens"

    def corrupted(
        self, tokens: Tensor, noise: float | Tensor, generator: torch.Generator
    ) -> Tensor:
        """See :meth:`NoiseProcess.corrupted`: vectors (b, d, V), float64."""
        share = checked_noise(noise, tokens)[..., None]
        normal = self.pure(len(tokens), tokens.shape[1], generator, tokens.device)
        return torch.sqrt(1.0 - share) * self._vectors(tokens) + torch.sqrt(share) * normal

    def log_evidence(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """See :meth:`NoiseProcess.log_evidence`: the density; the noise has to be above 0."""
        self.check_noisy(noisy)
        share = checked_noise(noise, noisy, above=True)[..., None]
        rest = (noisy.square().sum(-1, keepdim=True) + (1.0 - share)) / share
        rest = rest + self.symbols * torch.log(2.0 * math.pi * share)
        return torch.sqrt(1.0 - share) / share * noisy - rest / 2.0

    def pure(
        self, strings: int, length: int, generator: torch.Generator, device: torch.device
    ) -> Tensor:
        """See :meth:`NoiseProcess.pure`: vectors (strings, length, V)."""
        shape = (strings, length, self.symbols)
        return torch.randn(shape, generator=generator, device=device, dtype=torch.float64)

    def restored(
        self,
        noisy: Tensor,
        clean: Tensor,
        noise: float,
        lower: float,
        generator: torch.Generator,
    ) -> Tensor:
        """See :meth:`NoiseProcess.restored`; `clean` may be means (b, d, V) in place of tokens."""
        mean, deviation = self.way_back(noisy, clean, noise, lower)
        normal = self.pure(noisy.shape[0], noisy.shape[1], generator, noisy.device)
        return mean + deviation * normal

    def way_back(
        self, noisy: Tensor, clean: Tensor, noise: float, lower: float
    ) -> tuple[Tensor, float]:
        """Mean (b, d, V) and standard deviation of the law that `restored` draws from."""
        kept = (1.0 - noise) / (1.0 - lower)
        vectors = clean if clean.is_floating_point() else self._vectors(clean)
        toward = math.sqrt(1.0 - lower) * (1.0 - kept) / noise
        mean = toward * vectors + math.sqrt(kept) * lower / noise * noisy
        return mean, math.sqrt((1.0 - kept) * lower / noise)

    def score(self, noisy: Tensor, means: Tensor, noise: float | Tensor) -> Tensor:
        """∇ log p_t(x_t) = (√(1 − t) E[x_0 | x_t] − x_t)/t, from the means (b, d, V); Tweedie."""
        share = checked_noise(noise, noisy, above=True)[..., None]
        return (torch.sqrt(1.0 - share) * means - noisy) / share

    def check_noisy(self, noisy: Tensor) -> None:
        """See :meth:`NoiseProcess.check_noisy`."""
        fits = noisy.ndim == 3 and noisy.shape[-1] == self.symbols and noisy.is_floating_point()
        if not fits or not bool(noisy.isfinite().all()):
            allowed = f"finite numbers of shape (strings, tokens, {self.symbols})"
            raise InputError("values", f"{noisy.dtype} of shape {tuple(noisy.shape)}", allowed)

    def _vectors(self, tokens: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(tokens, self.symbols).double()


PROCESSES: dict[str, type[NoiseProcess]] = {
    process.name: process for process in (MaskingProcess, UniformProcess, GaussianProcess)
}
"""Noise processes, by their name."""


def checked_noise(noise: float | Tensor, noisy: Tensor, *, above: bool = False) -> Tensor:
    """The noise as a column, (1, 1) or (b, 1), float64; above 0 where `above`.

    Raises InputError where it is no number from 0 to 1, or one for each of another number of
    strings.
    """
    found = torch.as_tensor(noise, dtype=torch.float64, device=noisy.device).reshape(-1, 1)
    if len(found) not in (1, len(noisy)):
        raise InputError("noise", f"{len(found)} numbers", f"one, or one for each of {len(noisy)}")
    inside = (found > 0 if above else found >= 0) & (found <= 1)  # NaN is neither
    if not bool(inside.all()):
        worst = float(found[~inside][0])
        raise InputError("noise", worst, f"a number {'above 0' if above else 'from 0'} to 1")
    return found


def drawn_tokens(weights: Tensor, generator: torch.Generator) -> Tensor:
    """One token for each row of weights (b, d, V), drawn in proportion to them, (b, d)."""
    edges = weights.cumsum(-1)
    shape = weights.shape[:-1]
    uniform = torch.rand(
        shape, dtype=edges.dtype, device=edges.device, generator=generator
    )  # fmt: skip
    found = (edges <= (uniform * edges[..., -1])[..., None]).sum(-1)
    return torch.minimum(found, (edges < edges[..., -1:]).sum(-1))


def _below(noise: float | Tensor, tokens: Tensor, generator: torch.Generator) -> Tensor:
    """Which tokens (b, d) the noise takes."""
    share = checked_noise(noise, tokens)
    shape, device = tokens.shape[:2], tokens.device
    return torch.rand(shape, dtype=torch.float64, device=device, generator=generator) < share
