"""What generated strings parse: which rules are valid, level by level, and how often by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from layerproof.layerwise.denoising.tree import DerivationTree
from layerproof.theory.grammar import Grammar
from layerproof.theory.inference.tables import LevelTable


@dataclass(frozen=True)
class Parses:
    """Which patches of strings some symbol produces, by level 1 … L.

    valid[l − 1] (b, s^(l−1)): whether a level-l patch, all of whose tokens stand for what is below,
    is one of the grammar. whole[l − 1], of the same shape: whether all is valid below its tokens,
    so that it can be asked; of leaf patches always.
    """

    valid: tuple[Tensor, ...]
    whole: tuple[Tensor, ...]

    def whole_below(self, level: int) -> Tensor:
        """Whether all patches of the levels `level` to L are valid, (b,)."""
        return self.valid[level - 1].all(1)


def parses(grammar: Grammar, strings: Tensor) -> Parses:
    """Parse strings (b, d) from the leaves up, by all symbols that may stand at each node.

    A patch above an invalid one is not valid. Rules of probability 0 are none.

    >>> grammar = Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1),)),))
    >>> parses(grammar, torch.tensor([[0, 0], [1, 0]])).valid[0].tolist()
    [[True], [False]]
    """
    tree = DerivationTree(grammar, strings.device)
    leaves = torch.nn.functional.one_hot(strings.long(), grammar.vocabularies[-1]).double().log()
    found = tree.upward(leaves.permute(2, 1, 0).contiguous())
    possible = [(sums > -torch.inf).any(0).T for sums in found.sums]
    below = [*possible[1:], torch.ones_like(strings, dtype=torch.bool)]
    whole = [tokens.unflatten(1, (-1, grammar.branching)).all(2) for tokens in below]
    return Parses(tuple(possible), tuple(whole))


def random_shares(grammar: Grammar) -> list[tuple[float, float]] | None:
    """What strings of independent uniform tokens have, exactly, for the levels 1 … L.

    First the share of valid patches among those whose tokens all stand for valid ones, which is f
    where symbols are alike (Definition 4); then that of strings in which the levels l to L are
    valid, f^((s^L − s^(l−1))/(s − 1)) there. None where a patch has two parents: what random
    strings parse is then no product.
    """
    if not grammar.is_nonambiguous:
        return None
    below = np.full(grammar.vocabularies[-1], 1.0 / grammar.vocabularies[-1])
    found: list[tuple[float, float]] = []
    whole = 1.0
    for level in reversed(range(grammar.levels)):
        given = below / below.sum()
        table = LevelTable.of(grammar, level)
        parent = np.bincount(
            table.parent, given[table.patch].prod(1), minlength=grammar.vocabularies[level]
        )
        share = float(parent.sum())
        whole *= share ** (grammar.branching**level)
        found.append((share, whole))
        below = parent
    return found[::-1]
