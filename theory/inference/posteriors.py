"""Exact posteriors of every symbol of the derivation trees of many strings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from layerproof.theory.formatting import figures
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.inference.evidence import TreeEvidence
from layerproof.theory.inference.passes import WORKSPACE, blocks, downward, upward
from layerproof.theory.memory import machine_memory, require
from layerproof.theory.readable import Readable, Sheet, SheetTable

MOST_SHOWN = 20
"""Strings that :meth:`Posteriors.sheet` shows."""


@dataclass(frozen=True, eq=False)
class Posteriors(Readable):
    """What evidence says of b derivation trees.

    log_likelihood (b,): log P[evidence], in nats; −inf where the grammar cannot produce it.
    levels: P[symbol | evidence] for the levels 0 (the label) to L (the leaves), (b, s^l, V_l). All
    entries of an impossible string are 0: there is no such law.
    """

    log_likelihood: Floats
    levels: tuple[Floats, ...]

    @cached_property
    def entropies(self) -> tuple[Floats, ...]:
        """The entropy of every symbol's posterior, in nats, (b, s^l) for the levels 0 to L."""
        return tuple(np.asarray(scipy.special.entr(level).sum(-1)) for level in self.levels)

    def sheet(self) -> Sheet:
        """What it shows of itself: the label of each of the first strings, and what is unknown."""
        last = len(self.levels) - 1
        head = ["string", "log-likelihood", "label", "its probability", "entropies"]
        shown = range(min(MOST_SHOWN, len(self.log_likelihood)))
        table = SheetTable(head, [[str(row), *self._told(row)] for row in shown])
        note = f"Entropies in nats, summed over the symbols of a level, of the levels 0 to {last}."
        facts = {"strings": str(len(self.log_likelihood)), "levels": f"0 to {last}"}
        return Sheet("Exact posteriors", facts, (table,), (note,))

    def _told(self, row: int) -> list[str]:
        likelihood = float(self.log_likelihood[row])
        if likelihood == -np.inf:
            return [figures(likelihood), "–", "–", "–"]
        label = self.levels[0][row, 0]
        sums = " ".join(figures(float(level[row].sum()), 3) for level in self.entropies)
        return [figures(likelihood), str(label.argmax()), figures(float(label.max())), sums]


def infer(grammar: Grammar, evidence: TreeEvidence, *, workspace: int = WORKSPACE) -> Posteriors:
    """The exact posterior of every symbol of every level, by belief propagation on the tree.

    Any grammar: ambiguous, rules and labels of any probability. Time and memory grow as
    b s^L (V m s + V) for b strings: R = V m rules at each of the (s^L − 1)/(s − 1) inner nodes.
    Beside the answer, arrays of about `workspace` bytes are held (those of one string at least).

    Raises InputError for evidence that is not on strings of the grammar, and where the answer does
    not fit into memory.

    >>> from layerproof.theory.inference import Observed, infer
    >>> grammar = Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1), (1, 0))),))
    >>> found = infer(grammar, Observed([[0, -1], [0, 1]], noise=0.5))
    >>> found.levels[0].round(3).tolist()
    [[[0.5, 0.5]], [[0.375, 0.625]]]
    >>> found.log_likelihood.round(3).tolist()
    [-0.693, -1.386]
    """
    evidence.check(grammar)
    shapes = [(grammar.branching**lv, size) for lv, size in enumerate(grammar.vocabularies)]
    entries = sum(nodes * size for nodes, size in shapes)
    what = "so few that all their posteriors fit into memory"
    require(8 * entries * evidence.count, machine_memory(), "strings", evidence.count, what)
    levels = tuple(np.empty((evidence.count, *shape)) for shape in shapes)
    log_likelihood = np.empty(evidence.count)
    for rows in blocks(grammar, evidence, workspace):
        up = upward(grammar, evidence, rows)
        log_likelihood[rows] = up.log_likelihood
        for level, belief in zip(levels, downward(grammar, up), strict=True):
            level[rows] = belief.transpose(2, 1, 0)
    return Posteriors(log_likelihood, levels)


def log_likelihood(
    grammar: Grammar, evidence: TreeEvidence, *, workspace: int = WORKSPACE
) -> Floats:
    """log P[evidence] of every string, in nats, (b,): the upward pass of :func:`infer` alone.

    −inf where the grammar cannot produce it. Raises InputError as :func:`infer` does.
    """
    evidence.check(grammar)
    parts = (upward(grammar, evidence, rows) for rows in blocks(grammar, evidence, workspace))
    return np.concatenate([part.log_likelihood for part in parts])
