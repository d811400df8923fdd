"""What a stage gains by learning any signal from all patches of a string: exact noise and signal.

Sharing weights over positions, a stage estimates q̄_μ, the mean law over positions, from sums over
strings of A_μ = Σ_i 1[patch i is μ](e_(z_i) − q̄_μ), z_i the signal of patch i. To leading order in
1/N the mean-square error of the estimate is E‖A_μ‖²/(N E[k_μ]²). Derivation:
:mod:`layerproof.theory.statements.derived.position_sharing`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.population import patch_law
from layerproof.theory.signals import LABEL, Signal
from layerproof.theory.signals.base import TreeShape
from layerproof.theory.signals.few_labels import FewLabels
from layerproof.theory.signals.label import Label
from layerproof.theory.signals.nested import Nested
from layerproof.theory.signals.path import OutsideSignal
from layerproof.theory.token_laws import transition
from layerproof.theory.weight_sharing import (
    SharedMoments,
    patch_counts,
    separation_of,
    shared_moments,
)

BESIDE = "an ancestor of the patch, or a token below a sibling of its parent"


class _Sums(NamedTuple):
    """A_μ of what stands below one symbol: `mean` (V_a, |P_l|, d), and E‖A_μ‖² (V_a, |P_l|)."""

    mean: Floats
    square: Floats


class _Place(NamedTuple):
    """Where a signal stands below a grandparent: below its child, by these children down."""

    child: int
    down: tuple[int, ...]


def signal_shared_moments(grammar: Grammar, level: int, signal: Signal = LABEL) -> SharedMoments:
    """Noise and signal of a stage that learns `signal` from all patches of its level.

    Exact but for higher orders in 1/N: patches of one string, and signals that they share, are
    counted as they come. Time and memory grow with rules · patches · values of the signal.
    Raises InputError for a level that the signal does not teach, and unless it is an ancestor of
    the patch or stands below a sibling of its parent, as own-latent, sibling and token do.
    """
    if isinstance(signal, FewLabels):
        return signal_shared_moments(grammar, level, signal.at(level))
    if signal == LABEL:
        return shared_moments(grammar, level)
    if level not in signal.taught(grammar):
        raise InputError("level", level, f"a level that {signal.name} teaches")
    if not stands_beside(grammar, level, signal):
        raise InputError("signal", signal.name, BESIDE)
    law = patch_law(grammar, level, None, signal)
    seen = law.can_come_first
    q = np.where(seen[:, None], law.posterior, 0.0)
    if isinstance(signal, Nested):
        top, sums = signal.place(grammar, level, 0)[0], _of_ancestor(grammar, level, signal, q)
    else:
        assert isinstance(signal, OutsideSignal)
        top, sums = level - 2, _of_neighbours(grammar, level, _places(grammar, level, signal), q)
    square = grammar.label_prior @ _at_the_label(grammar, top, sums).square
    mean = grammar.branching ** (level - 1) * law.probability[seen]
    return SharedMoments(float((square[seen] / mean**2).mean()), separation_of(law))


def stands_beside(shape: TreeShape, level: int, signal: Signal) -> bool:
    """Whether the signal of every patch of a level is an ancestor, or beside its parent: BESIDE."""
    if isinstance(signal, OutsideSignal):
        return all(place.child < shape.branching for place in _places(shape, level, signal))
    return isinstance(signal, Label | Nested)


def _places(grammar: TreeShape, level: int, signal: OutsideSignal) -> list[_Place]:
    """Where the signals of the first s patches stand below the grandparent that they have."""
    s, found = grammar.branching, []
    for patch in range(s):
        token, position = signal.place(grammar, level, patch)
        down = [position // s**power % s for power in reversed(range(token - level + 1))]
        child = position // s ** (token - level + 1)
        found.append(_Place(child, tuple(down)))
    return found


def _of_ancestor(grammar: Grammar, level: int, signal: Nested, q: Floats) -> _Sums:
    """Below the signal itself, which is one for all patches there."""
    top, values = signal.place(grammar, level, 0)[0], np.eye(q.shape[1])
    first, second = patch_counts(grammar, level, top)
    off = values[:, None] - q
    return _Sums(first[:, :, None] * off, second * (off**2).sum(axis=2))


def _of_neighbours(grammar: Grammar, level: int, places: list[_Place], q: Floats) -> _Sums:
    """Below the grandparent, whose s patches have their signals below one another's parents."""
    rules, hits = grammar.level_rules(level - 2), grammar.patches(level).law
    hit = [hits[rules.patch[:, child]] for child in range(len(places))]
    laws = [_down(grammar, level - 1, place.down) for place in places]
    laws = [law[rules.patch[:, place.child]] for law, place in zip(laws, places, strict=True)]
    mean = sum(
        h[:, :, None] * law[:, None] - h[:, :, None] * q for h, law in zip(hit, laws, strict=True)
    )
    norm = (q**2).sum(axis=1)
    square = sum(h * (1 - 2 * law @ q.T + norm) for h, law in zip(hit, laws, strict=True))
    for one in range(len(places)):
        for other in range(one):
            product = _product(grammar, level, (one, other), places, laws, q)
            square = square + 2 * hit[one] * hit[other] * product
    return _mixed(grammar, level - 2, np.asarray(mean), np.asarray(square))


def _product(
    grammar: Grammar,
    level: int,
    pair: tuple[int, int],
    places: list[_Place],
    laws: list[Floats],
    q: Floats,
) -> Floats:
    """E⟨e_z − q_μ, e_z' − q_μ⟩ of two patches' signals where both patches are μ, (rules, |P_l|)."""
    one, other = (places[patch] for patch in pair)
    if one.child == other.child:  # which is then neither of the two patches' parents
        symbols = grammar.level_rules(level - 2).patch[:, one.child]
        alike = _alike(grammar, level - 1, one.down, other.down)[symbols, None]
        both = (laws[pair[0]] + laws[pair[1]]) @ q.T
        return np.asarray(alike - both + (q**2).sum(axis=1))
    centred = []
    for place, patch, partner in zip((one, other), pair, reversed(pair), strict=True):
        found = laws[patch][:, None]
        if place.child == partner and place.down:  # it descends from the other patch, which is μ
            first = grammar.patches(level).patch[:, place.down[0]]
            found = _down(grammar, level, place.down[1:])[first][None]
        centred.append(found - q)
    return np.asarray((centred[0] * centred[1]).sum(axis=2))


def _down(grammar: Grammar, level: int, children: tuple[int, ...]) -> Floats:
    """P[token = z | level-`level` symbol above it], by these children down."""
    law: Floats = np.eye(grammar.vocabularies[level])
    for above, child in enumerate(children, start=level):
        law = law @ transition(grammar, above, [child])
    return law


def _alike(grammar: Grammar, level: int, one: tuple[int, ...], other: tuple[int, ...]) -> Floats:
    """P[both tokens are one symbol | level-`level` symbol above both], (V_level,)."""
    if one == other:
        return np.ones(grammar.vocabularies[level])
    if one[0] == other[0]:
        step = transition(grammar, level, [one[0]])
        return np.asarray(step @ _alike(grammar, level + 1, one[1:], other[1:]))
    rules = grammar.level_rules(level)
    first = _down(grammar, level + 1, one[1:])[rules.patch[:, one[0]]]
    second = _down(grammar, level + 1, other[1:])[rules.patch[:, other[0]]]
    found = np.zeros(grammar.vocabularies[level])
    np.add.at(found, rules.parent, rules.probability * (first * second).sum(axis=1))
    return found


def _at_the_label(grammar: Grammar, top: int, sums: _Sums) -> _Sums:
    """From level `top` up: given a rule, what stands below its children is independent."""
    for above in reversed(range(top)):
        rules, (mean, square) = grammar.level_rules(above), sums
        children = [rules.patch[:, child] for child in range(grammar.branching)]
        total = sum(mean[symbols] for symbols in children)
        apart = sum(square[symbols] - (mean[symbols] ** 2).sum(axis=2) for symbols in children)
        spread = apart + (np.asarray(total) ** 2).sum(axis=2)
        sums = _mixed(grammar, above, np.asarray(total), spread)
    return sums


def _mixed(grammar: Grammar, level: int, mean: Floats, square: Floats) -> _Sums:
    """Given a rule's symbol in place of the rule, (rules, …) to (V_level, …)."""
    rules = grammar.level_rules(level)
    share = np.zeros((grammar.vocabularies[level], len(rules.parent)))
    share[rules.parent, np.arange(len(rules.parent))] = rules.probability
    return _Sums(np.tensordot(share, mean, axes=1), share @ square)
