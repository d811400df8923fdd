"""The leaf strings below a patch: all where they are few, random ones where they are many."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from layerproof.layerwise.sampling.rules import RuleTable
from layerproof.theory.grammar import Grammar, LevelRules
from layerproof.theory.randomness import derive_seed

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Realisations:
    """Leaf strings below the patches of one level, patch after patch.

    `leaves` (r, s^(L-l+1)) integer tokens; `patch` (r,) says which row of `grammar.patches(level)`
    stands above; `weight` (r,) is the probability of the string's derivation given its patch, and
    sums to 1 over each patch. `exhaustive` says that every derivation of every patch is there;
    `derivations` is how many there are, an exact integer.
    """

    leaves: Integers
    patch: Integers
    weight: Floats
    exhaustive: bool
    derivations: int

    @property
    def partly(self) -> str:
        """Why the extremes over these strings may not be those over all; empty where they are."""
        if self.exhaustive:
            return ""
        return (
            f"{len(self.leaves)} of {self.derivations} strings were looked at: what fails on one of"
            " the others was not seen"
        )


def realisations(grammar: Grammar, level: int, *, seed: int, limit: int) -> Realisations:
    """Leaf strings of every level-`level` patch, about `limit` in all and one for each at least.

    Where all patches together have at most `limit` derivations, all are listed with their
    probabilities. Elsewhere each patch gets limit/|P_l|: all of its derivations where it has no
    more than that, else as many independent draws, each of the same weight. Draws come from a
    stream of this module's own, named after the level; nothing else draws from it.
    """
    patches = grammar.patches(level).patch
    below = grammar.derivations_below(level)
    counts = [math.prod(below[token] for token in patch) for patch in patches.tolist()]
    total = sum(counts)
    share = max(1, limit // len(patches))
    few = np.array([total <= limit or count <= share for count in counts])
    listed = _enumerated(grammar, level, patches, np.flatnonzero(few))
    drawn = _drawn(grammar, level, patches, np.repeat(np.flatnonzero(~few), share), seed)
    leaves, patch = (np.concatenate(pair) for pair in zip(listed[:2], drawn, strict=True))
    weight = np.concatenate([listed[2], np.full(len(drawn[1]), 1.0 / share)])
    order = np.argsort(patch, kind="stable")
    return Realisations(leaves[order], patch[order], weight[order], bool(few.all()), total)


def _possible(rules: LevelRules) -> LevelRules:
    positive = rules.probability > 0.0
    return LevelRules(rules.parent[positive], rules.patch[positive], rules.probability[positive])


def _enumerated(
    grammar: Grammar, level: int, patches: Integers, which: Integers
) -> tuple[Integers, Integers, Floats]:
    """Every derivation below the patches in `which`: leaves, patch, probability."""
    tokens, patch, weight = patches[which], which, np.ones(len(which))
    for upper in range(level, grammar.levels):
        rules = _possible(grammar.level_rules(upper))
        number = np.bincount(rules.parent, minlength=grammar.vocabularies[upper])
        first = np.cumsum(number) - number
        children = tokens[:, :0]
        for position in range(tokens.shape[1]):
            symbol = tokens[:, position]
            row = np.repeat(np.arange(len(tokens)), number[symbol])
            # The rank of each copy of a row among its copies picks the rule.
            start = np.cumsum(number[symbol]) - number[symbol]
            rule = first[symbol[row]] + np.arange(len(row)) - start[row]
            children = np.concatenate([children[row], rules.patch[rule]], axis=1)
            tokens, patch = tokens[row], patch[row]
            weight = weight[row] * rules.probability[rule]
        tokens = children
    return tokens, patch, weight


def _drawn(
    grammar: Grammar, level: int, patches: Integers, which: Integers, seed: int
) -> tuple[Integers, Integers]:
    """One independent derivation below each of the patches in `which`: leaves, patch."""
    if not len(which):
        width = patches.shape[1] ** (grammar.levels - level + 1)
        return np.zeros((0, width), dtype=np.int64), which
    cpu = torch.device("cpu")
    generator = torch.Generator(cpu)
    generator.manual_seed(derive_seed(seed, "realisations", level))
    tokens = torch.from_numpy(patches[which])
    for upper in range(level, grammar.levels):
        tokens = RuleTable.of(grammar, upper, cpu).expand(tokens, generator)
    return tokens.numpy(), which
