"""When the graph of pairs of synonyms falls into exactly the classes: in rational arithmetic.

N pairs are drawn: a class, uniform among V, and two of its m members, independently, so that a
pair may join a member to itself. Members of two classes are never joined, so the connected
components are the classes where every class is connected.

Of k pairs in one class, those that keep to the blocks of a partition π number Σ_B |B|² of m² each.
Möbius inversion over the partitions of m things (whose μ(π, 1) is (−1)^(b−1) (b − 1)! for b
blocks) leaves the graphs with a single component. Over V classes the sums Σ_B |B|² add up, so
P = Σ_S g_S (S/(V m²))^N, g_S the coefficients of (Σ_π μ(π, 1) y^(Σ_B |B|²))^V.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from layerproof.theory.errors import InputError, whole_number

MOST_TERMS = 4096
"""V m²: the number of terms of the sum, whose integers have some N log2(V m²) digits."""


def separated_probability(classes: int, members: int, pairs: int) -> Fraction:
    """P[the components of `pairs` random pairs are the classes], exactly.

    Raises InputError for sizes that are not positive, or V m² above MOST_TERMS.

    >>> separated_probability(1, 2, 1), separated_probability(2, 2, 2)
    (Fraction(1, 2), Fraction(1, 8))
    """
    whole_number("classes", classes, minimum=1)
    whole_number("members", members, minimum=1)
    whole_number("pairs", pairs, minimum=0)
    if classes * members**2 > MOST_TERMS:
        raise InputError("classes*members²", classes * members**2, f"at most {MOST_TERMS}")
    found = sum(
        coefficient * total**pairs
        for total, coefficient in enumerate(_power(_inversion(members), classes))
        if coefficient
    )
    return Fraction(found, (classes * members**2) ** pairs)


@cache
def _inversion(members: int) -> tuple[int, ...]:
    """The coefficients of y^(Σ_B |B|²): Σ_π μ(π, 1) over the partitions π with that sum."""
    found: dict[int, int] = defaultdict(int)
    for sizes in _partitions(members, members):
        ways = math.factorial(members)
        for size in sizes:
            ways //= math.factorial(size)
        for size in set(sizes):
            ways //= math.factorial(sizes.count(size))
        sign = (-1) ** (len(sizes) - 1)
        found[sum(size**2 for size in sizes)] += sign * math.factorial(len(sizes) - 1) * ways
    return tuple(found[total] for total in range(members**2 + 1))


def _partitions(total: int, largest: int) -> Iterator[tuple[int, ...]]:
    if total == 0:
        yield ()
    for first in range(min(total, largest), 0, -1):
        for rest in _partitions(total - first, first):
            yield (first, *rest)


def _power(polynomial: tuple[int, ...], exponent: int) -> list[int]:
    """The coefficients of a polynomial's power."""
    found = [1]
    for _ in range(exponent):
        product = [0] * (len(found) + len(polynomial) - 1)
        for place, one in enumerate(found):
            if one:
                for other, two in enumerate(polynomial):
                    if two:
                        product[place + other] += one * two
        found = product
    return found
