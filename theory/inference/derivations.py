"""Whole derivation trees given evidence: the most likely, exact draws, and why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from layerproof.theory.errors import whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.inference.arithmetic import Largest, Logarithms
from layerproof.theory.inference.evidence import MASKED, Observed, TreeEvidence
from layerproof.theory.inference.passes import WORKSPACE, blocks, messages, tables
from layerproof.theory.inference.tables import LevelTable

Pick = Callable[[Floats], Integers]
"""From scores (c, …), logarithms up to a constant, the index of the one chosen, (…)."""


@dataclass(frozen=True, eq=False)
class Derivations:
    """One derivation tree for each of b strings.

    levels: the symbols of the levels 0 to L, (b, s^l); −1 throughout where a string is impossible.
    log_probability (b,): log P[tree, evidence], in nats; −inf there.
    """

    levels: tuple[Integers, ...]
    log_probability: Floats


def most_likely(
    grammar: Grammar, evidence: TreeEvidence, *, workspace: int = WORKSPACE
) -> Derivations:
    """The derivation tree with the largest probability given the evidence (max-product).

    Of several with the same the one whose rules come first. Raises InputError as
    :func:`layerproof.theory.inference.infer` does.

    >>> from layerproof.theory.inference import Observed
    >>> grammar = Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1), (1, 0))),), label_prior=(0.4, 0.6))
    >>> [level.tolist() for level in most_likely(grammar, Observed([[0, -1]])).levels]
    [[[1]], [[0, 1]]]
    """
    return _derived(grammar, evidence, workspace, Largest, lambda scores: scores.argmax(0))


def sample(
    grammar: Grammar,
    evidence: TreeEvidence,
    generator: np.random.Generator,
    *,
    workspace: int = WORKSPACE,
) -> Derivations:
    """One exact draw from the posterior of the derivation tree, for each string.

    Repeat a string to draw several. Raises InputError as :func:`infer` does.
    """

    def drawn(scores: Floats) -> Integers:
        largest = scores.max(0)
        weights = np.exp(scores - np.where(largest > -np.inf, largest, 0.0))
        edges = weights.cumsum(0)
        uniform = generator.random(largest.shape) * edges[-1]
        # Never past the last possible one, whatever the rounding of the edges.
        return np.asarray(np.minimum((edges <= uniform).sum(0), (edges < edges[-1]).sum(0)))

    return _derived(grammar, evidence, workspace, Logarithms, drawn)


def sample_derivations(grammar: Grammar, count: int, generator: np.random.Generator) -> Derivations:
    """`count` derivations by the grammar's own law: drawn given that nothing is seen.

    Raises InputError as :func:`infer` does.

    >>> grammar = Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1), (1, 0))),))
    >>> sample_derivations(grammar, 3, np.random.default_rng(0)).levels[-1].shape
    (3, 2)
    """
    nothing = Observed(np.full((count, grammar.input_length), MASKED))
    return sample(grammar, nothing, generator)


def fault(grammar: Grammar, evidence: TreeEvidence, row: int) -> str:
    """Why the grammar cannot produce string `row`: its lowest and leftmost part without a parent.

    Empty where it can.
    """
    rows = slice(whole_number("row", row, minimum=0, maximum=evidence.count - 1), row + 1)
    for above, (message, _) in enumerate(messages(grammar, evidence, rows, Logarithms)):
        dead = (message.log_weights[:, :, 0] == -np.inf).all(0)
        if dead.any():
            level, width = grammar.levels - above, grammar.branching**above
            first = int(dead.argmax()) * width
            where = f"token {first}" if width == 1 else f"tokens {first} to {first + width - 1}"
            return f"{f'no level-{level} symbol' if above else 'no leaf symbol'} produces {where}"
    possible = (message.log_weights[:, 0, 0] > -np.inf) & (grammar.label_prior > 0)
    return "" if possible.any() else "only labels of probability 0 produce it"


def _derived(
    grammar: Grammar, evidence: TreeEvidence, workspace: int, kind: type[Logarithms], pick: Pick
) -> Derivations:
    evidence.check(grammar)
    shapes = [(evidence.count, grammar.branching**level) for level in range(grammar.levels + 1)]
    levels = tuple(np.full(shape, -1) for shape in shapes)
    log_probability = np.empty(evidence.count)
    for rows in blocks(grammar, evidence, workspace):
        symbols, log_probability[rows] = _block(grammar, evidence, rows, kind, pick)
        possible = log_probability[rows] > -np.inf
        for level, found in zip(levels, symbols, strict=True):
            level[rows] = np.where(possible, found, -1).T
    return Derivations(levels, log_probability)


def _block(
    grammar: Grammar, evidence: TreeEvidence, rows: slice, kind: type[Logarithms], pick: Pick
) -> tuple[list[Integers], Floats]:
    """One tree for each string of a block, the symbols of a level (s^l, b), and its probability."""
    found = [message.log_weights for message, _ in messages(grammar, evidence, rows, kind)][::-1]
    with np.errstate(divide="ignore"):
        prior = np.log(grammar.label_prior)
    symbols = [pick(prior[:, None] + found[0][:, 0])[None]]
    total = prior[symbols[0][0]] + _seen(grammar, evidence, 0, rows, symbols[0])
    for level, table in enumerate(tables(grammar)):
        rules = _chosen(table, symbols[-1], found[level + 1], pick)
        children = table.patch[rules].transpose(0, 2, 1).reshape(-1, rules.shape[1])
        symbols.append(children)
        total += np.log(table.probability[rules]).sum(0)
        total += _seen(grammar, evidence, level + 1, rows, children)
    return symbols, total


def _chosen(table: LevelTable, symbols: Integers, children: Floats, pick: Pick) -> Integers:
    """The rule of every symbol (n, b), given the messages of the tokens below."""
    rules = np.moveaxis(table.choices[symbols], -1, 0)
    node, string = np.ogrid[: symbols.shape[0], : symbols.shape[1]]
    scores = np.where(rules >= 0, np.log(table.probability[rules]), -np.inf)
    for place, part in enumerate(table.below(children)):
        scores += part[table.patch[rules, place], node, string]
    return np.asarray(np.take_along_axis(rules, pick(scores)[None], axis=0)[0])


def _seen(
    grammar: Grammar, evidence: TreeEvidence, level: int, rows: slice, symbols: Integers
) -> Floats:
    """log P[what was seen of a level | its symbols (s^l, b)], (b,)."""
    weights = evidence.log_weights(grammar, level, rows)
    if weights is None:
        return np.zeros(symbols.shape[1])
    return np.asarray(np.take_along_axis(weights, symbols[None], axis=0)[0].sum(0))
