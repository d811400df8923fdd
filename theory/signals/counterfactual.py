"""Counterfactual pairs: a string, and the least change of a part of it that changes its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers, read_only
from layerproof.theory.signals.base import Signal
from layerproof.theory.signals.origin import numbered
from layerproof.theory.token_laws import token_law


@dataclass(frozen=True)
class Counterfactual(Signal):
    """The symbol that, put in the parent's place, changes the label; or that it does not.

    One of the V - 1 other symbols is put in the parent's place, its siblings left as they are. The
    string may no longer be one of the grammar, keep its label, or have another: then the pair of
    strings is a counterfactual one, and the value is the new symbol; in all other cases it is
    V_(l-1). A function of the parent, of what does not descend from it, and of an independent
    choice, so it meets every premise. It names a latent, so it is an oracle, and it teaches every
    level. How often there is a pair: `derived.counterfactual-pairs`.
    """

    name = "counterfactual"
    help = "the symbol in the parent's place that changes the label, if it does (an oracle)"
    uniforms = 1

    def size(self, grammar: Grammar, level: int) -> int:
        """The symbols above the patches, and one value for no pair."""
        return grammar.vocabularies[level - 1] + 1

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        """P[parent = nu, value = k], (V_(l-1), V_(l-1) + 1)."""
        size = grammar.vocabularies[level - 1]
        found = edits(grammar, level, position)
        if size == 1:
            return np.array([[0.0, 1.0]])
        none = (found.same + found.invalid).sum(axis=1, where=~np.eye(size, dtype=np.bool_))
        return np.asarray(np.column_stack((found.changed, none)) / (size - 1))

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """The new symbol where the label changes with it, else V_(l-1)."""
        size = grammar.vocabularies[level - 1]
        parent, branching = tree[level - 1][:, position], grammar.branching
        if size == 1:
            return parent + 1
        step = 1 + 0 * parent
        for k in range(1, size - 1):
            step = step + 1 * (uniform[:, 0] >= k / (size - 1))
        new = put = (parent + step) % size
        place = position
        for above in reversed(range(level - 1)):
            place, child = divmod(place, branching)
            patch = tree[above + 1][:, place * branching : (place + 1) * branching]
            same = new == tree[above + 1][:, place * branching + child]
            made = _made_by(grammar, above, patch, child, new)
            new = made * ~same + tree[above][:, place] * same
        changes = (new >= 0) & (new != tree[0][:, 0])
        return put * changes + size * ~changes


class Edits(NamedTuple):
    """P[parent = nu] times what becomes of a string with nu' in its place, (V, V) each."""

    changed: Floats
    same: Floats
    invalid: Floats


def edits(grammar: Grammar, level: int, position: int = 0) -> Edits:
    """What becomes of a string when the parent of the patch at `position` is replaced.

    Whether its label changes, stays the same, or the string is none of the grammar any more,
    jointly with the parent of the level-`level` patch, for every symbol in its place; the parent
    itself changes nothing. Where a patch has several parents the string is read as the first.

    >>> grammar = Grammar((2, 2), [[[[0, 0]], [[1, 0]]]])
    >>> edits(grammar, 2 - 1).changed  # at level 1 the parent is the label
    array([[0. , 0.5],
           [0.5, 0. ]])
    """
    return grammar.once(("edits", level, position), lambda: _edits(grammar, level, position))


def _edits(grammar: Grammar, level: int, position: int) -> Edits:
    prior = np.asarray(grammar.label_prior, dtype=np.float64)
    other = ~np.eye(len(prior), dtype=np.bool_)
    changed, same = prior[:, None] * other, prior[:, None] * ~other
    invalid = np.zeros_like(changed)
    if level > 1:
        above, child = level - 2, position % grammar.branching
        upper = edits(grammar, level - 1, position // grammar.branching)
        rules, size = grammar.level_rules(above), grammar.vocabularies[above + 1]
        parent = parents_instead(grammar, above, child)
        row, token = rules.parent[:, None], rules.patch[:, child]
        kept, weight = parent >= 0, rules.probability[:, None]
        tokens = grammar.label_prior @ token_law(grammar, above, position // grammar.branching)
        found = [np.zeros((size, size)) for _ in range(3)]
        for table, share in zip(found, upper, strict=True):
            np.add.at(table, token, np.where(kept, share[row, parent], 0.0) * weight)
        np.add.at(found[2], token, np.where(kept, 0.0, tokens[row]) * weight)
        changed, same, invalid = found
    return Edits(*map(read_only, (changed, same, invalid)))


def parents_instead(grammar: Grammar, level: int, child: int) -> Integers:
    """The parent of every rule's patch with each token in a child's place, (R, V); -1 for none.

    The first one, where a patch has several. Of a token that stands there already it is the rule's
    own parent.
    """
    rules, size = grammar.level_rules(level), grammar.vocabularies[level + 1]
    count = len(rules.patch)
    edited = np.repeat(rules.patch, size, axis=0)
    edited[:, child] = np.tile(np.arange(size), count)
    number = numbered(np.concatenate((edited, rules.patch)))
    by_number = np.full(int(number.max()) + 1, -1, dtype=np.int64)
    for rule in reversed(np.flatnonzero(rules.probability > 0)):  # the first parent is set last
        by_number[number[count * size + rule]] = rules.parent[rule]
    found = by_number[number[: count * size]].reshape(count, size)
    found[np.arange(count), rules.patch[:, child]] = rules.parent
    return np.asarray(found)


def _made_by(grammar: Grammar, level: int, patch: Any, child: int, token: Any) -> Any:
    """The first symbol that makes a patch (b, s) with a token (b,) in a child's place; else -1."""
    rules = grammar.level_rules(level)
    found = 0 * token - 1
    for row in reversed(np.flatnonzero(rules.probability > 0)):
        fits = token == int(rules.patch[row, child])
        for place in range(grammar.branching):
            if place != child:
                fits = fits & (patch[:, place] == int(rules.patch[row, place]))
        found = found * ~fits + int(rules.parent[row]) * fits
    return found


SIGNALS = (Counterfactual(),)
