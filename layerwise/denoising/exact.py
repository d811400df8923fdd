"""The exact denoiser: what noisy strings say of the clean ones, of any grammar and any process."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from layerproof.layerwise.denoising.processes import (
    GaussianProcess,
    NoiseProcess,
    checked_noise,
    drawn_tokens,
)
from layerproof.layerwise.denoising.tree import DerivationTree, TreeMessages
from layerproof.layerwise.devices import resolve_device, rows_per_chunk
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar


class ExactDenoiser:
    """The best denoiser that there is: every posterior by belief propagation on the tree.

    Equal to :func:`layerproof.theory.inference.infer` to rounding, on any device; time grows as it
    does there. `dtype` is that of the passes, float64 unless given.

    >>> from layerproof.layerwise.denoising import MaskingProcess
    >>> grammar = Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1), (1, 0))),))
    >>> exact = ExactDenoiser(grammar, MaskingProcess(2), torch.device("cpu"))
    >>> exact.means(torch.tensor([[0, -1]]), 0.5)[0].tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """

    def __init__(
        self,
        grammar: Grammar,
        process: NoiseProcess,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        """Raises InputError where the process is one on other symbols."""
        if process.symbols != grammar.vocabularies[-1]:
            allowed = f"{grammar.vocabularies[-1]}, as many as the grammar has leaf symbols"
            raise InputError("symbols", process.symbols, allowed)
        self.process, self.grammar = process, grammar
        self.device, self.dtype = device or resolve_device(), dtype
        self.tree = DerivationTree(grammar, self.device, dtype)

    def means(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """E[x_0 | what is seen], the posterior of every leaf, (b, d, V)."""
        return self.posteriors(noisy, noise)[-1]

    def posteriors(self, noisy: Tensor, noise: float | Tensor) -> list[Tensor]:
        """The posteriors of the levels 0 (the label) to L (the leaves), (b, s^l, V_l).

        All entries of a string that the grammar cannot produce are 0. Raises InputError for strings
        that are none of the process, of another length, or a noise out of range.
        """
        parts = [self.tree.posteriors(found) for _, found in self._upward(noisy, noise)]
        return [torch.cat(level, -1).permute(2, 1, 0) for level in zip(*parts, strict=True)]

    def log_likelihood(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """log P[what is seen], in nats, (b,): a density under Gaussian noise.

        Of a masked string it is the probability of what shows, given which tokens are hidden.
        """
        return torch.cat([found.log_likelihood for _, found in self._upward(noisy, noise)])

    def score(self, noisy: Tensor, noise: float | Tensor) -> Tensor:
        """∇ log p_t of vectors in Gaussian noise, (b, d, V), by the means.

        Raises InputError where the process is another one.
        """
        if not isinstance(self.process, GaussianProcess):
            raise InputError("process", self.process.name, "gaussian, of which there is a score")
        return self.process.score(noisy, self.means(noisy, noise), noise)

    def joint(self, noisy: Tensor, noise: float, generator: torch.Generator) -> Tensor:
        """Clean strings (b, d) drawn from their joint posterior."""
        return self.derivations(noisy, noise, generator)[-1]

    def factorised(self, noisy: Tensor, noise: float, generator: torch.Generator) -> Tensor:
        """Clean tokens (b, d), each drawn from its own posterior without regard to the others.

        What a network does that gives one law a token. Each token has the right law; the string
        need not be one of the grammar.
        """
        return drawn_tokens(self.means(noisy, noise), generator)

    def expected(self, noisy: Tensor, noise: float, generator: torch.Generator) -> Tensor:
        """The means themselves, as DDPM takes them for the clean string; nothing is drawn."""
        return self.means(noisy, noise)

    def derivations(self, noisy: Tensor, noise: float, generator: torch.Generator) -> list[Tensor]:
        """Whole derivations from the joint posterior: the levels 0 to L, (b, s^l), int64.

        Raises InputError where the grammar cannot produce a string.
        """
        nodes = 1 + sum(self.grammar.branching**level for level in range(self.grammar.levels))
        uniform = torch.rand(
            (len(noisy), nodes), dtype=self.dtype, device=self.device, generator=generator
        )
        parts = []
        for rows, found in self._upward(noisy, noise):
            self._require_possible(found, rows)
            parts.append(self.tree.draws(found, uniform[rows].T.contiguous()))
        return [torch.cat(level, -1).T for level in zip(*parts, strict=True)]

    def _upward(self, noisy: Tensor, noise: float | Tensor) -> Iterator[tuple[slice, TreeMessages]]:
        """The pass upward over the strings in blocks that fit into the stated workspace."""
        noisy, share = noisy.to(self.device), checked_noise(noise, noisy).to(self.device)
        self.process.check_noisy(noisy)
        if noisy.shape[1] != self.grammar.input_length or not len(noisy):
            allowed = (
                f"at least one string of {self.grammar.input_length} tokens, as in the grammar"
            )
            raise InputError("the shape of the strings", tuple(noisy.shape[:2]), allowed)
        step = rows_per_chunk(self.tree.entries_per_string, self.tree.log_prior)
        for start in range(0, len(noisy), step):
            rows = slice(start, start + step)
            own = share if len(share) == 1 else share[rows]
            leaves = self.process.log_evidence(noisy[rows], own).permute(2, 1, 0)
            yield rows, self.tree.upward(leaves.to(self.dtype).contiguous())

    def _require_possible(self, found: TreeMessages, rows: slice) -> None:
        impossible = (found.log_likelihood == -torch.inf).nonzero()
        if len(impossible):
            name = f"string {rows.start + int(impossible[0])}"
            raise InputError(name, "a string off the grammar", "one that the grammar can produce")
