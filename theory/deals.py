"""Balls in bins: how first tokens are dealt to parents in the uniform-first-token ensemble.

R26 App. B: V colours with m balls each are dealt at random into V bins of m slots; N[ν, μ], the
balls of colour μ in bin ν, counts the rules of parent ν whose first child is μ, and P = N/m is the
first-token transition matrix of one level. Here the law of N and what it does to a vector, drawn
or listed exactly in rational arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers

Counts = tuple[tuple[int, ...], ...]
"""The rows of one count matrix."""


def first_child_counts(grammar: Grammar, above: int) -> Integers:
    """N[ν, μ], how many rules of the level-`above` symbol ν have the first child μ."""
    rules = grammar.level_rules(above)
    counts = np.zeros((grammar.vocabularies[above], grammar.vocabularies[above + 1]), np.int64)
    np.add.at(counts, (rules.parent, rules.patch[:, 0]), 1)
    return counts


def deal(values: Sequence[float] | Floats, m: int, rng: np.random.Generator) -> Floats:
    """Deal m balls of each value at random: the bins (V, m) with the values in their slots.

    The bin means are P z for the vector z of the values (Lemma 21).
    """
    balls = np.repeat(np.asarray(values, dtype=np.float64), m)
    return rng.permutation(balls).reshape(-1, m)


def deal_counts(vocabulary: int, m: int, rng: np.random.Generator) -> Integers:
    """Draw a count matrix N (V, V); its rows and columns sum to m."""
    colours = rng.permutation(np.repeat(np.arange(vocabulary, dtype=np.int32), m))
    cells = np.repeat(np.arange(vocabulary) * vocabulary, m) + colours
    return np.bincount(cells, minlength=vocabulary**2).reshape(vocabulary, vocabulary)


def all_counts(vocabulary: int, m: int) -> Iterator[tuple[Counts, Fraction]]:
    """List every count matrix with its exact probability, (m!)^(2V) / ((mV)! Π N!).

    For tiny sizes only: 3 matrices at V = m = 2, 2008 at V = 4, m = 3.
    """
    deals = math.factorial(m * vocabulary)
    weight = Fraction(math.factorial(m) ** (2 * vocabulary), deals)
    for rows in _tables((m,) * vocabulary, vocabulary, m):
        yield rows, weight / math.prod(math.factorial(cell) for row in rows for cell in row)


def _tables(left: tuple[int, ...], bins: int, m: int) -> Iterator[Counts]:
    if bins == 0:
        yield ()
        return
    for row in fillings(left, m):
        rest = tuple(balls - taken for balls, taken in zip(left, row, strict=True))
        for below in _tables(rest, bins - 1, m):
            yield (row, *below)


def fillings(left: Sequence[int], slots: int) -> Iterator[tuple[int, ...]]:
    """List the contents of one bin: how many balls of each colour, of those that are `left`."""
    if not left:
        if slots == 0:
            yield ()
        return
    for taken in range(min(left[0], slots) + 1):
        for rest in fillings(left[1:], slots - taken):
            yield (taken, *rest)


def filling_probability(filling: Sequence[int], left: Sequence[int]) -> Fraction:
    """P[a bin gets `filling`] where the balls `left` are dealt at random (hypergeometric law)."""
    ways = math.prod(math.comb(balls, taken) for balls, taken in zip(left, filling, strict=True))
    return Fraction(ways, math.comb(sum(left), sum(filling)))


def image_law(z: Sequence[int], m: int) -> dict[tuple[int, ...], Fraction]:
    """The exact law of m P z for a vector of whole numbers, its entries in rising order.

    Their order is of no account: bins are exchangeable. For tiny sizes only.
    """
    values = sorted(set(z))
    start = tuple(m * z.count(value) for value in values)
    law: dict[tuple[tuple[int, ...], tuple[int, ...]], Fraction] = {(start, ()): Fraction(1)}
    for _ in z:
        after: dict[tuple[tuple[int, ...], tuple[int, ...]], Fraction] = {}
        for (left, sums), weight in law.items():
            for filling in fillings(left, m):
                rest = tuple(balls - taken for balls, taken in zip(left, filling, strict=True))
                total = sum(taken * value for taken, value in zip(filling, values, strict=True))
                key = (rest, tuple(sorted((*sums, total))))
                chance = weight * filling_probability(filling, left)
                after[key] = after.get(key, Fraction(0)) + chance
        law = after
    return {sums: weight for (_, sums), weight in law.items()}
