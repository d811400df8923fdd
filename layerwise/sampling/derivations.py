"""Derivations of one grammar, drawn from the label down."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from layerproof.layerwise.devices import on_device
from layerproof.layerwise.sampling.rules import RuleTable
from layerproof.layerwise.signals import Tree
from layerproof.theory.grammar import Grammar


def draw_cells(probability: Tensor, rows: int, generator: torch.Generator) -> Tensor:
    """`rows` independent draws from {0, …, c − 1} with the given probabilities (c,)."""
    possible = probability.nonzero()[:, 0]
    edges = probability[possible].cumsum(0)
    uniform = torch.rand(rows, dtype=torch.float64, device=edges.device, generator=generator)
    # Uniform numbers are below 1, which is the last edge.
    return possible[torch.searchsorted(edges / edges[-1], uniform, right=True)]


class StringSampler:
    """Derivations of a grammar, drawn level by level on one device."""

    def __init__(self, grammar: Grammar, device: torch.device) -> None:
        prior = np.asarray(grammar.label_prior, dtype=np.float64)
        self._prior = on_device(prior, device)
        self._tables = [RuleTable.of(grammar, level, device) for level in range(grammar.levels)]

    def trees(self, rows: int, generator: torch.Generator) -> Tree:
        """`rows` independent derivations: level l is (rows, s^l), int64."""
        tree = [draw_cells(self._prior, rows, generator)[:, None]]
        for table in self._tables:
            tree.append(table.expand(tree[-1], generator))
        return tuple(tree)
