"""Rational arithmetic on small grammars and deals: what the searches decide with.

Written from the definitions, apart from :mod:`layerproof.theory.population`, so that a
counterexample rests on two computations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import comb, factorial, prod

from layerproof.theory.grammar import Grammar

Patch = tuple[int, ...]
Law = dict[int, Fraction]
"""The probability of every label."""
Matrix = tuple[tuple[int, ...], ...]
"""Counts N[ν][μ] of rules of ν that start with μ: a first-token transition matrix is N/m."""


def first_patches(grammar: Grammar, level: int) -> dict[Patch, Law]:
    """P[first level-`level` patch = μ, label = ζ] as ``law[μ][ζ]``, by expanding first children.

    For grammars whose rules and labels are equally likely, as those of Definition 4.
    """
    labels = grammar.classes
    tokens: dict[int, Law] = {zeta: {zeta: Fraction(1, labels)} for zeta in range(labels)}
    for above in range(level):
        patches: dict[Patch, Law] = defaultdict(lambda: defaultdict(Fraction))
        for token, law in tokens.items():
            rules = grammar.rules[above][token].tolist()
            for patch in rules:
                for zeta, mass in law.items():
                    patches[tuple(patch)][zeta] += mass / len(rules)
        tokens = defaultdict(lambda: defaultdict(Fraction))
        for patch, law in patches.items():
            for zeta, mass in law.items():
                tokens[patch[0]][zeta] += mass
    return dict(patches)


def all_patches(grammar: Grammar, level: int) -> dict[Patch, set[int]]:
    """P_l: every level-`level` patch with the symbols that produce it."""
    parents: dict[Patch, set[int]] = defaultdict(set)
    for symbol, patches in enumerate(grammar.rules[level - 1]):
        for patch in patches.tolist():
            parents[tuple(patch)].add(symbol)
    return dict(parents)


def posterior(law: Law, labels: int) -> tuple[Fraction, ...]:
    """The label's law given the patch."""
    total = sum(law.values(), Fraction(0))
    return tuple(law.get(zeta, Fraction(0)) / total for zeta in range(labels))


def square_distance(first: Sequence[Fraction], second: Sequence[Fraction]) -> Fraction:
    """‖q − q'‖²."""
    return sum(((a - b) ** 2 for a, b in zip(first, second, strict=True)), Fraction(0))


def least_separation(grammar: Grammar, level: int) -> Fraction | None:
    """The least ‖q − q'‖² over non-synonyms that can come first; None where there are none."""
    parents = all_patches(grammar, level)
    first = first_patches(grammar, level)
    laws = {patch: posterior(law, grammar.classes) for patch, law in first.items()}
    distances = [
        square_distance(laws[a], laws[b])
        for a, b in combinations(laws, 2)
        if parents[a].isdisjoint(parents[b])
    ]
    return min(distances, default=None)


@cache
def deals(V: int, m: int) -> tuple[tuple[Matrix, Fraction], ...]:
    """Every outcome of dealt balls, m of each of V colours into V bins of m, with its probability.

    P[N] = (m!^V)² / ((mV)! Π N_νμ!), the number of ways to fill the bins over all orders.
    """
    ways = Fraction(factorial(m) ** (2 * V), factorial(m * V))
    return tuple(
        (rows, ways / prod(factorial(count) for row in rows for count in row))
        for rows in _tables((m,) * V, V, m)
    )


def _tables(left: tuple[int, ...], bins: int, m: int) -> Iterator[Matrix]:
    if bins == 0:
        yield ()
        return
    for row in bin_contents(left, m):
        rest = tuple(a - b for a, b in zip(left, row, strict=True))
        for rows in _tables(rest, bins - 1, m):
            yield (row, *rows)


def bin_contents(left: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
    """How many balls of each colour `size` of those `left` can be."""
    if len(left) == 1:
        if size <= left[0]:
            yield (size,)
        return
    for count in range(min(left[0], size) + 1):
        for rest in bin_contents(left[1:], size - count):
            yield (count, *rest)


def drawn(left: Sequence[int], size: int) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """The colours of `size` balls drawn from those `left`, with their probabilities."""
    total = comb(sum(left), size)
    for row in bin_contents(left, size):
        yield row, Fraction(prod(comb(a, b) for a, b in zip(left, row, strict=True)), total)


def hypergeometric_variance(population: int, marked: int, draws: int) -> Fraction:
    """The variance of how many of `draws` from `population` are marked, summed term by term."""
    others, total = population - marked, comb(population, draws)
    counts = range(max(0, draws - others), min(marked, draws) + 1)
    law = [(k, comb(marked, k) * comb(others, draws - k)) for k in counts]
    mean = Fraction(sum(k * weight for k, weight in law), total)
    return Fraction(sum(k * k * weight for k, weight in law), total) - mean**2
