"""What the layerwise learner attains when some symbols cannot be told apart by their label law.

At N -> infinity and perfect resolution, stage l maps the tuple of representations of a level-l
patch's tokens to q_t = P(label | the first patch's tuple = t). Tuples with the same q_t become one
representation, and whatever distinguished them is lost to the levels above. A tuple that never
comes first was never trained on; all of these share one representation, "unseen".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.population import separation_rounding
from layerproof.theory.randomness import generator
from layerproof.theory.signals import LABEL, Signal


class _Law(NamedTuple):
    """A law on numbered outcomes, given a symbol: probability (symbols, outcomes), sparse.

    roundings: a bound on those behind each entry.
    """

    probability: scipy.sparse.csr_array
    roundings: int


def attainable_accuracy(
    grammar: Grammar, signal: Signal = LABEL, *, most_cells: int = 5 * 10**7
) -> float:
    """Return the accuracy of the layerwise learner (R26 Sec. 2.2) with unlimited samples.

    It is 1 where the grammar is non-ambiguous, every patch can come first and no two non-synonyms
    share q; otherwise representations merge, and this is what remains. Let R_l(nu, r) be the law of
    the representation r of a level-l symbol nu, the identity at the leaves. Each level computes
    the law of the tuple t given the parent, then q_t, and merges tuples of one q_t into R_{l-1}.
    The accuracy is the sum over top tuples of max_label P[t, label]. Values of q_t that agree
    within rounding count as one. With another `signal` than the label the top is the first level
    that it teaches, and the accuracy that of the best guess of the signal from its first patch.

    Raises InputError where the tuples of a level, times the labels, are more than `most_cells`: an
    ambiguous symbol has as many representations as there are different guesses about it, and their
    number can grow like that of strings. It also does for a signal that is not synonym-blind.
    """
    leaves = np.arange(grammar.vocabularies[-1])
    law = _Law(scipy.sparse.csr_array((np.ones(len(leaves)), (leaves, leaves))), 0)
    first = signal.taught(grammar)[0]
    for level in range(grammar.levels, first, -1):
        tuples = _tuple_law(grammar, level, law, most_cells // signal.size(grammar, level))
        joint = _joint(grammar, level, tuples, signal)
        tolerance = separation_rounding(grammar, level, tuples.roundings, signal)
        law = _merge(tuples, _representations(joint, tolerance))
    tuples = _tuple_law(grammar, first, law, most_cells // signal.size(grammar, first))
    top = _joint(grammar, first, tuples, signal)
    return min(1.0, float(top.max(axis=1).sum()))


def _tuple_law(grammar: Grammar, level: int, tokens: _Law, most: int) -> _Law:
    """Return the law of the tuple of representations of a patch, given its parent.

    Rules are expanded child by child: every entry (rule, tuple so far) splits into the
    representations that the next token can take. Tuples are renumbered after each child, so that
    their numbers stay small.
    """
    rules = grammar.level_rules(level - 1)
    counts = np.diff(tokens.probability.indptr)
    _check_size(level, counts[rules.patch], most)
    rule = np.flatnonzero(rules.probability > 0)
    number = np.zeros(len(rule), dtype=np.int64)
    weight = rules.probability[rule]
    for child in range(grammar.branching):
        token = rules.patch[rule, child]
        source = np.repeat(np.arange(len(rule)), counts[token])
        within = np.arange(len(source)) - np.repeat(np.cumsum(counts[token]), counts[token])
        entry = tokens.probability.indptr[1:][token[source]] + within
        weight = weight[source] * tokens.probability.data[entry]
        longer = number[source] * tokens.probability.shape[1] + tokens.probability.indices[entry]
        number = np.unique(longer, return_inverse=True)[1]
        rule = rule[source]
    shape = (grammar.vocabularies[level - 1], int(number.max()) + 1)
    parent = rules.parent[rule]
    terms = int(np.unique(parent * shape[1] + number, return_counts=True)[1].max())
    # Each entry sums `terms` products of a rule's probability (two roundings) and s factors.
    roundings = 2 + grammar.branching * (tokens.roundings + 1) + terms
    return _Law(scipy.sparse.csr_array((weight, (parent, number)), shape=shape), roundings)


def _check_size(level: int, counts: Integers, most: int) -> None:
    size = float(counts.prod(axis=1, dtype=np.float64).sum())
    if size > most:
        field = f"the number of representations of level-{level} patches"
        shown = int(size) if size < 2**53 else size
        raise InputError(field, shown, f"at most {most}, to compute the attainable accuracy")


def _joint(grammar: Grammar, level: int, tuples: _Law, signal: Signal) -> Floats:
    """Return P[tuple of the first level-l patch, signal], (tuples, n)."""
    joint: Floats = tuples.probability.T.tocsr() @ signal.with_parent(grammar, level)
    return joint


def _representations(joint: Floats, tolerance: float) -> Integers:
    """Number the distinct values of q_t; tuples that never come first share the last number."""
    probability = joint.sum(axis=1)
    seen = np.flatnonzero(probability > 0)
    number = _number_values(joint[seen] / probability[seen, None], tolerance)
    representations = np.full(len(joint), number.max() + 1, dtype=np.int64)
    representations[seen] = number
    return representations


def _number_values(q: Floats, tolerance: float) -> Integers:
    """Number the rows of q so that rows within the tolerance of one another share a number.

    Along one direction, rows of one value lie within the tolerance too; so the rows are cut into
    runs there, and only runs that hold several values are searched.
    """
    direction = generator(0, "merging", "direction").standard_normal(q.shape[1])
    position = q @ (direction / np.linalg.norm(direction))
    order = np.argsort(position, kind="stable")
    # The projection of a unit vector has a rounding error of its own, about n u.
    gap = tolerance + q.shape[1] * float(np.finfo(np.float64).eps)
    run = np.concatenate([[0], np.cumsum(np.diff(position[order]) > gap)])
    leader = order[np.searchsorted(run, run)]
    apart = np.linalg.norm(q[order] - q[leader], axis=1) > tolerance
    number = np.empty(len(q), dtype=np.int64)
    number[order] = run
    count = int(run[-1]) + 1
    for mixed in np.unique(run[apart]):
        rest = order[run == mixed]
        while len(rest):
            near = np.linalg.norm(q[rest] - q[rest[0]], axis=1) <= tolerance
            number[rest[near]] = count
            rest, count = rest[~near], count + 1
    return np.unique(number, return_inverse=True)[1]


def _merge(tuples: _Law, representations: Integers) -> _Law:
    """Return the law of a symbol's representation from that of the tuple below it."""
    count = len(representations)
    ones = (np.ones(count), (np.arange(count), representations))
    merged = (tuples.probability @ scipy.sparse.csr_array(ones)).tocsr()
    certain = np.diff(merged.indptr) == 1
    # A symbol with one representation has it for certain, whatever was rounded on the way.
    merged.data[merged.indptr[:-1][certain]] = 1.0
    most = int(np.diff(tuples.probability.indptr).max())
    return _Law(merged, 0 if certain.all() else tuples.roundings + most)
