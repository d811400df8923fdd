"""Learners that are known exactly, to measure what must then come out."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from layerproof.theory.grammar import Grammar


class TableLearner:
    """Gives every leaf string below a level-`level` patch what `value` says, (r, w) to (r, n)."""

    device = torch.device("cpu")

    def __init__(self, value: Callable[[Tensor], Tensor]) -> None:
        self.value = value

    def embed(self, leaves: Tensor, level: int) -> Tensor:
        return self.value(leaves)[:, None]

    def __call__(self, leaves: Tensor) -> Tensor:
        return self.value(leaves)


def parsed(grammar: Grammar, level: int, leaves: np.ndarray) -> np.ndarray:
    """The level-`level` patch above each string of a non-ambiguous grammar, as a row of P_l."""
    tokens = leaves
    for upper in range(grammar.levels, level - 1, -1):
        table = grammar.patches(upper)
        rows = {tuple(patch): row for row, patch in enumerate(table.patch.tolist())}
        tuples = tokens.reshape(len(tokens), -1, grammar.branching)
        index = np.array([[rows[tuple(t)] for t in string] for string in tuples.tolist()])
        if upper == level:
            return index[:, 0]
        tokens = table.law.argmax(axis=0)[index]
    raise AssertionError(level)


def posterior_learner(grammar: Grammar, level: int, values: np.ndarray) -> TableLearner:
    """A learner that knows every string's level-`level` patch and gives its row of `values`."""

    def value(leaves: Tensor) -> Tensor:
        return torch.from_numpy(values[parsed(grammar, level, leaves.numpy())])

    return TableLearner(value)
