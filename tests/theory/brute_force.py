"""The oracle: every derivation of a small grammar, listed one by one, in rational arithmetic.

Written from Definition 3 alone; nothing of `theory` is used but the fields of a Grammar, and the
value that a signal has on a derivation. The
probabilities of the test grammars are quotients of small integers, so the rational nearest to the
stored float is the one that was meant.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import Signal

LARGEST_DENOMINATOR = 10_000

Joint = dict[tuple[Any, ...], dict[int, Fraction]]


class Derivation(NamedTuple):
    """One derivation: its probability, and the tokens of each level, labels first."""

    probability: Fraction
    levels: tuple[tuple[int, ...], ...]


def rational(value: float) -> Fraction:
    return Fraction(float(value)).limit_denominator(LARGEST_DENOMINATOR)


def derivations(grammar: Grammar) -> list[Derivation]:
    """List every derivation of positive probability."""
    found = []
    for label in range(grammar.vocabularies[0]):
        start = Derivation(rational(grammar.label_prior[label]), ((label,),))
        found += [d for d in _grow(grammar, start) if d.probability > 0]
    return found


def _grow(grammar: Grammar, start: Derivation) -> Iterator[Derivation]:
    level = len(start.levels) - 1
    if level == len(grammar.vocabularies) - 1:
        yield start
        return
    choices = [range(len(grammar.rules[level][token])) for token in start.levels[-1]]
    for choice in itertools.product(*choices):
        probability, below = start.probability, []
        for token, rule in zip(start.levels[-1], choice, strict=True):
            probability *= _rule_probability(grammar, level, token, rule)
            below += [int(child) for child in grammar.rules[level][token][rule]]
        if probability > 0:
            yield from _grow(grammar, Derivation(probability, (*start.levels, tuple(below))))


def _rule_probability(grammar: Grammar, level: int, token: int, rule: int) -> Fraction:
    if grammar.probabilities is None:
        return Fraction(1, len(grammar.rules[level][token]))
    return rational(grammar.probabilities[level][token][rule])


def first_patches(grammar: Grammar, listed: list[Derivation], level: int) -> Joint:
    """P[first level-l patch = mu, label = zeta], as joint[mu][zeta]."""
    joint: Joint = defaultdict(lambda: defaultdict(Fraction))
    for probability, levels in listed:
        joint[levels[level][: grammar.branching]][levels[0][0]] += probability
    return joint


def value_of(
    signal: Signal,
    grammar: Grammar,
    levels: tuple[tuple[int, ...], ...],
    level: int,
    place: int = 0,
) -> int:
    """The signal's value on one derivation, for the level-l patch at a position."""
    tree = [np.array([tokens]) for tokens in levels]
    (value,) = signal.value(grammar, tree, level, place).tolist()
    return int(value)


def signal_joint(
    grammar: Grammar, listed: list[Derivation], signal: Signal, level: int, place: int
) -> Joint:
    """P[level-l patch at a position = mu, signal = k], as joint[mu][k]."""
    joint: Joint = defaultdict(lambda: defaultdict(Fraction))
    start = place * grammar.branching
    for probability, levels in listed:
        patch = levels[level][start : start + grammar.branching]
        joint[patch][value_of(signal, grammar, levels, level, place)] += probability
    return joint


def first_tokens(listed: list[Derivation], level: int) -> Joint:
    """P[first level-l token = nu, label = zeta], as joint[(nu,)][zeta]."""
    joint: Joint = defaultdict(lambda: defaultdict(Fraction))
    for probability, levels in listed:
        joint[levels[level][:1]][levels[0][0]] += probability
    return joint


def posterior(grammar: Grammar, counts: dict[int, Fraction]) -> tuple[Fraction, ...]:
    total = sum(counts.values())
    return tuple(counts.get(label, Fraction(0)) / total for label in range(grammar.classes))


def parents(grammar: Grammar, level: int) -> dict[tuple[int, ...], set[int]]:
    """The symbols that produce each level-l patch with positive probability."""
    found: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for symbol, patches in enumerate(grammar.rules[level - 1]):
        for rule, patch in enumerate(patches):
            if _rule_probability(grammar, level - 1, symbol, rule) > 0:
                found[tuple(int(token) for token in patch)].add(symbol)
    return found


def square_distance(first: tuple[Fraction, ...], second: tuple[Fraction, ...]) -> Fraction:
    return sum(((a - b) ** 2 for a, b in zip(first, second, strict=True)), Fraction(0))


def attainable_accuracy(grammar: Grammar) -> Fraction:
    """Run the layerwise learner on all derivations at once, as if on infinitely many samples.

    Representations are the label laws themselves (or "unseen"), carried by every position of
    every derivation; none is numbered or merged by hand.
    """
    listed = derivations(grammar)
    carried: list[tuple[Any, ...]] = [levels[-1] for _, levels in listed]
    width = grammar.branching
    for level in range(grammar.levels, 0, -1):
        joint: Joint = defaultdict(lambda: defaultdict(Fraction))
        for (probability, levels), row in zip(listed, carried, strict=True):
            joint[row[:width]][levels[0][0]] += probability
        if level == 1:
            return sum((max(counts.values()) for counts in joint.values()), Fraction(0))
        learned = {seen: posterior(grammar, counts) for seen, counts in joint.items()}
        carried = [
            tuple(
                learned.get(row[start : start + width], "unseen")
                for start in range(0, len(row), width)
            )
            for row in carried
        ]
    raise AssertionError("a grammar has at least one level")
