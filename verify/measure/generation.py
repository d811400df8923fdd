"""What a denoiser has learned: its losses beside the exact ones, and the strings that it makes.

Everything that is trained stands beside the exact floor and a null, on the same strings with the
same noise, so that excesses are differences of paired numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerproof.layerwise.denoising import ExactDenoiser, MaskingProcess
from layerproof.layerwise.generators import (
    DenoiserTraining,
    IndependentTokens,
    LearnedDenoiser,
    generated,
    parses,
)
from layerproof.layerwise.objectives.denoising import DENOISING, NoisyStrings
from layerproof.layerwise.sampling.derivations import StringSampler
from layerproof.theory.grammar import Grammar
from layerproof.theory.inference import MASKED
from layerproof.theory.randomness import derive_seed

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Prices:
    """What each string costs: by the trained denoiser, the exact one, and independent tokens."""

    trained: Floats
    exact: Floats
    null: Floats

    @property
    def excess(self) -> Floats:
        """How much more than the exact one the trained denoiser pays, string by string."""
        return self.trained - self.exact

    @property
    def missing(self) -> Floats:
        """How much more independent tokens pay: what there is to learn."""
        return self.null - self.exact


class Examiner:
    """Fresh strings of a grammar, put before a denoiser, the exact one and the null."""

    def __init__(self, grammar: Grammar, trained: LearnedDenoiser, seed: int) -> None:
        self.grammar, self.trained, self.seed = grammar, trained, seed
        self.device = trained.device
        self.exact = ExactDenoiser(grammar, trained.process, self.device)
        self.null = IndependentTokens(grammar, trained.process, self.device)
        self._objective = DENOISING[trained.process.name]

    @classmethod
    def of(cls, training: DenoiserTraining, seed: int) -> Examiner:
        """Of a training, with strings of a stream of their own."""
        return cls(training.plan.grammar, training.denoiser, seed)

    def losses(self, strings: int) -> Prices:
        """The loss that is trained, of fresh strings with fresh noise."""
        generator = self._generator("losses")
        tokens = StringSampler(self.grammar, self.device).trees(strings, generator)[-1]
        symbols = self.grammar.vocabularies[-1]
        return self._priced(tokens, self._objective.corrupted(tokens, symbols, generator))

    def levels(self, strings: int) -> list[Prices]:
        """For the levels 1 … L what a token costs where all below a symbol of that level is hidden.

        The mean over the symbols and the tokens below. All that is known comes from outside: at
        level L through a leaf patch with one token hidden, and at level l through a patch of that
        level at least. Only masking hides so. The rules of a level are learned where the excess is
        far below what independent tokens pay.
        """
        generator = self._generator("levels")
        tokens = StringSampler(self.grammar, self.device).trees(strings, generator)[-1]
        return [self._hidden_below(tokens, level + 1) for level in range(self.grammar.levels)]

    def _hidden_below(self, tokens: Tensor, level: int) -> Prices:
        width = self.grammar.branching ** (self.grammar.levels - level)
        total = np.zeros((3, len(tokens)))
        for start in range(0, tokens.shape[1], width):
            weight = torch.zeros_like(tokens, dtype=torch.float64)
            weight[:, start : start + width] = 1.0 / tokens.shape[1]
            seen = tokens.masked_fill(weight > 0, MASKED)
            noise = torch.full((len(tokens), 1), width / tokens.shape[1], dtype=torch.float64)
            found = self._priced(tokens, NoisyStrings(seen, noise, weight))
            total += np.stack([found.trained, found.exact, found.null])
        return Prices(*total)

    def _priced(self, tokens: Tensor, noisy: NoisyStrings) -> Prices:
        seen, noise = noisy.seen, noisy.noise
        laws = (
            self.trained.log_means(seen, noise),
            self.exact.means(seen, noise).log(),
            self.null.log_means(seen, noise),
        )
        return Prices(*(self._objective.costs(law, tokens, noisy).cpu().numpy() for law in laws))

    def strings(self, count: int, steps: int) -> Tensor:
        """Strings (count, d) that the trained denoiser makes."""
        return generated(
            self.trained, count, self.grammar.input_length, steps, self._generator("generated")
        )

    def exact_strings(self, count: int, steps: int) -> Tensor:
        """Strings that the exact denoiser makes, token by token in the same way."""
        return generated(
            self.exact,
            count,
            self.grammar.input_length,
            steps,
            self._generator("exactly generated"),
        )

    def _generator(self, name: str) -> torch.Generator:
        seed = derive_seed(self.seed, "examined", name)
        return torch.Generator(self.device).manual_seed(seed)


@dataclass(frozen=True)
class ValidRules:
    """Of one level and every string: patches that were asked, those that are valid; and whether
    all patches of this level and below are.
    """

    asked: Counts
    valid: Counts
    whole: NDArray[np.bool_]


def valid_rules(grammar: Grammar, strings: Tensor) -> list[ValidRules]:
    """What strings (b, d) have of valid rules, for the levels 1 … L."""
    found = parses(grammar, strings)
    return [
        ValidRules(
            whole.sum(1).cpu().numpy(),
            (valid & whole).sum(1).cpu().numpy(),
            found.whole_below(level).cpu().numpy(),
        )
        for level, (valid, whole) in enumerate(zip(found.valid, found.whole, strict=True), 1)
    ]


def copies(strings: Tensor, among: Tensor) -> NDArray[np.bool_]:
    """Which of the strings (b, d) stand among others (N, d)."""
    known = {tuple(row) for row in among.tolist()}
    return np.array([tuple(row) in known for row in strings.tolist()])


def share_of_the_law(grammar: Grammar, strings: Tensor) -> float:
    """The probability that a string of the grammar is one of these distinct ones, exactly."""
    exact = ExactDenoiser(grammar, MaskingProcess(grammar.vocabularies[-1]), strings.device)
    return float(exact.log_likelihood(strings, 0.0).exp().sum())
