"""One pass up the derivation tree, and one down, for a block of strings (belief propagation).

Up, every node learns how likely the evidence below it is for each symbol that may stand there; at
the root these give the likelihood. Down, a symbol's posterior is shared out over its rules, each
with its probability given the symbol and the evidence below, and these give the posteriors of the
tokens. Nothing on the way down is divided by what may vanish.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.inference.arithmetic import Logarithms, Message, Scaled, Underflow
from layerproof.theory.inference.evidence import TreeEvidence
from layerproof.theory.inference.tables import LevelTable
from layerproof.theory.memory import machine_memory, require

M = TypeVar("M", bound=Message)

WORKSPACE = 2**24
"""Bytes of a block's arrays: they stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Node:
    """A level after the upward pass: products (R, n, b) and sums (V, n, b) of its rules."""

    products: Floats
    sums: Floats


@dataclass(frozen=True, eq=False)
class Upward:
    """After the upward pass: the levels 0 … L − 1, the root's weights (V_0, b) and their log."""

    levels: list[Node]
    root: Floats
    log_likelihood: Floats


def tables(grammar: Grammar) -> list[LevelTable]:
    """The rules of every level of a grammar, prepared once."""

    def prepared() -> list[LevelTable]:
        return [LevelTable.of(grammar, level) for level in range(grammar.levels)]

    return grammar.once(("inference tables",), prepared)


def blocks(grammar: Grammar, evidence: TreeEvidence, workspace: int) -> Iterator[slice]:
    """The strings in blocks whose arrays take about `workspace` bytes; one string at least.

    Raises InputError where those of one string do not fit into memory.
    """
    per_string = 8 * sum(
        grammar.branching**level * (3 * table.symbols + (1 + grammar.branching) * table.rules)
        for level, table in enumerate(tables(grammar))
    )
    what = "so short that the messages of one fit into memory"
    require(per_string, machine_memory(), "the length of the strings", grammar.input_length, what)
    step = max(1, workspace // per_string)
    for start in range(0, evidence.count, step):
        yield slice(start, min(start + step, evidence.count))


def messages(
    grammar: Grammar, evidence: TreeEvidence, rows: slice, arithmetic: type[M]
) -> Iterator[tuple[M, Node | None]]:
    """The messages of the levels L … 0 of a block, each with the rules behind it (none of leaves).

    Raises Underflow where the arithmetic loses an entry.
    """
    message = arithmetic.of(_leaves(grammar, evidence, rows))
    yield message, None
    for level in range(grammar.levels - 1, -1, -1):
        message, products, sums = message.up(tables(grammar)[level])
        seen = evidence.log_weights(grammar, level, rows)
        if seen is not None:
            message = message.times(arithmetic.of(seen))
        yield message, Node(products, sums)


def _leaves(grammar: Grammar, evidence: TreeEvidence, rows: slice) -> Floats:
    seen = evidence.log_weights(grammar, grammar.levels, rows)
    if seen is not None:
        return seen
    return np.zeros((grammar.vocabularies[-1], grammar.input_length, rows.stop - rows.start))


def upward(grammar: Grammar, evidence: TreeEvidence, rows: slice) -> Upward:
    """The pass from the leaves to the root, in scaled doubles unless these lose something."""
    try:
        return _upward(grammar, evidence, rows, Scaled)
    except Underflow:
        return _upward(grammar, evidence, rows, Logarithms)


def _upward(grammar: Grammar, evidence: TreeEvidence, rows: slice, kind: type[Message]) -> Upward:
    passed = list(messages(grammar, evidence, rows, kind))
    weights, log_scale = passed[-1][0].top()
    root = weights * grammar.label_prior[:, None]
    with np.errstate(divide="ignore"):
        total = np.log(root.sum(0)) + log_scale
    return Upward([node for _, node in reversed(passed) if node is not None], root, total)


def downward(grammar: Grammar, up: Upward) -> Iterator[Floats]:
    """The posteriors of the levels 0 … L, (V_l, s^l, b); all 0 of an impossible string."""
    belief = _divided(up.root, up.root.sum(0))[:, None]
    yield belief
    for table, node in zip(tables(grammar), up.levels, strict=True):
        share = table.shared(_divided(belief, node.sums))
        share *= node.products
        belief = table.over_tokens(share)
        yield belief


def _divided(values: Floats, sums: Floats) -> Floats:
    return values / np.where(sums > 0, sums, 1.0)
