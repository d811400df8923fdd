"""Strings of several grammars, for signals that say which of them made a string.

A stage is shown what its grammar can read: where a string has something else below the patch, that
patch is left out, and others are drawn until there are as many as were asked for.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from layerproof.layerwise.sampling.derivations import StringSampler
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import Signal

MOST_DRAWS = 10_000
"""Rounds of drawing without one patch that can be read, after which none is expected."""


class OriginSampler:
    """Draws strings of a signal's origins, of which the patches of one level can be read.

    All origins are equally likely.
    """

    def __init__(self, grammar: Grammar, signal: Signal, level: int, device: torch.device) -> None:
        self._grammar, self._level, self._device = grammar, level, device
        self._origins = signal.origins(grammar)
        self._samplers = [StringSampler(origin, device) for origin in self._origins]

    def draw(
        self, rows: int, generator: torch.Generator, position: int = 0
    ) -> tuple[Tensor, Tensor]:
        """`rows` strings (rows, s^L) whose patch at `position` can be read, with their origins."""
        found: list[tuple[Tensor, Tensor]] = []
        missing, idle = rows, 0
        while missing > 0:
            leaves, origin = self._some(rows, generator)
            kept = self._readable(leaves, position).nonzero()[:missing, 0]
            found.append((leaves[kept], origin[kept]))
            missing -= len(kept)
            idle = 0 if len(kept) else idle + 1
            if idle > MOST_DRAWS:
                what = "one whose strings the grammar can read"
                raise InputError("signal", "told by other strings", what)
        if not found:
            found.append(self._some(0, generator))
        leaves, origin = (torch.cat(part) for part in zip(*found, strict=True))
        return leaves, origin

    def _some(self, rows: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`rows` strings of any origin."""
        shape = (rows,)
        origin = torch.randint(len(self._origins), shape, generator=generator, device=self._device)
        leaves = origin.new_zeros(rows, self._grammar.input_length)
        for number, sampler in enumerate(self._samplers):
            chosen = (origin == number).nonzero()[:, 0]
            leaves[chosen] = sampler.trees(len(chosen), generator)[-1]
        return leaves, origin

    @cached_property
    def _always_read(self) -> bool:
        """Whether all origins have the grammar's own rules from the patch's parent down."""
        own = self._grammar
        levels = range(self._level - 1, own.levels)
        return all(
            np.array_equal(column, other)
            for origin in self._origins
            for level in levels
            for column, other in zip(origin.level_rules(level), own.level_rules(level), strict=True)
        )

    def _readable(self, leaves: Tensor, position: int) -> Tensor:
        """Whether what stands below the patch is grammatical, (b,)."""
        if self._always_read:
            return torch.ones(len(leaves), dtype=torch.bool, device=leaves.device)
        grammar, width = self._grammar, self._grammar.leaves_below(self._level)
        below = leaves[:, position * width : (position + 1) * width]
        # Which symbols a place can be read as, (V, b, places).
        reads = [below == token for token in range(grammar.vocabularies[-1])]
        for level in reversed(range(self._level - 1, grammar.levels)):
            reads = _one_level_up(grammar, level, reads)
        return torch.stack(reads).any(dim=0)[:, 0]


def _one_level_up(grammar: Grammar, level: int, reads: list[Tensor]) -> list[Tensor]:
    """Which level-`level` symbols a place can be read as, from those of the places below it."""
    branching, rules = grammar.branching, grammar.level_rules(level)
    children = [[read[:, child::branching] for read in reads] for child in range(branching)]
    found = [torch.zeros_like(children[0][0]) for _ in range(grammar.vocabularies[level])]
    for row in np.flatnonzero(rules.probability > 0):
        fits = children[0][int(rules.patch[row, 0])]
        for child in range(1, branching):
            fits = fits & children[child][int(rules.patch[row, child])]
        found[int(rules.parent[row])] = found[int(rules.parent[row])] | fits
    return found
