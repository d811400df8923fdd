"""The rules of a grammar as tables on the device, and one step of a derivation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerproof.layerwise.devices import on_device
from layerproof.theory.grammar import Grammar, LevelRules

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RuleTable:
    """Rules of positive probability of one level, symbol by symbol.

    `patch` (R, s) holds the children; the rules of symbol ν are `first[ν]`, …,
    `first[ν] + number[ν] − 1`. `edges` (R,) is ν plus the cumulative probability up to and
    including each rule; None where every symbol chooses its rules uniformly.
    """

    patch: Tensor
    first: Tensor
    number: Tensor
    edges: Tensor | None

    @classmethod
    def of(cls, grammar: Grammar, level: int, device: torch.device) -> RuleTable:
        """The rules by which level-`level` symbols produce level-(level+1) patches."""
        rules = grammar.level_rules(level)
        keep = rules.probability > 0
        rules = LevelRules(rules.parent[keep], rules.patch[keep], rules.probability[keep])
        number = np.bincount(rules.parent, minlength=grammar.vocabularies[level])
        first = np.cumsum(number) - number
        edges = _edges(rules, first)
        return cls(
            patch=on_device(rules.patch.astype(np.int64), device),
            first=on_device(first, device),
            number=on_device(number, device),
            edges=None if edges is None else on_device(edges, device),
        )

    def expand(self, tokens: Tensor, generator: torch.Generator) -> Tensor:
        """Replace every token by the patch of a rule drawn for it: (b, w) to (b, w s)."""
        uniform = torch.rand(
            tokens.shape, dtype=torch.float64, device=tokens.device, generator=generator
        )
        rule = self._choose(tokens, uniform)
        return self.patch[rule].flatten(1)

    def _choose(self, tokens: Tensor, uniform: Tensor) -> Tensor:
        first, number = self.first[tokens], self.number[tokens]
        if self.edges is None:
            return first + (uniform * number).to(torch.int64)
        rule = torch.searchsorted(self.edges, tokens + uniform, right=True)
        # The sum ν + u may round up to ν + 1, the next symbol's first rule.
        return rule.minimum(first + number - 1)


def _edges(rules: LevelRules, first: Integers) -> Floats | None:
    if np.all(rules.probability == rules.probability[first[rules.parent]]):
        return None
    total = np.cumsum(rules.probability)
    before = (total - rules.probability)[first]
    mass = np.add.reduceat(rules.probability, first)
    edges: Floats = rules.parent + (total - before[rules.parent]) / mass[rules.parent]
    return edges
