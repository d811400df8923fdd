"""The law of an instance in rational arithmetic, from the very numbers that a grammar holds.

A double is a fraction with a power of 2 below the line. The numbers of a :class:`Grammar` are taken
as these fractions and divided by their exact sum; nothing is rounded to a "nearby" fraction. So two
rules are equally likely where their numbers are the same double, and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Booleans, Floats


def exact_shares(weights: Sequence[float] | Floats) -> list[Fraction]:
    """Doubles, divided by their exact sum.

    >>> exact_shares([0.25, 0.5])
    [Fraction(1, 3), Fraction(2, 3)]
    """
    exact = [Fraction(float(weight)) for weight in weights]
    total = sum(exact, Fraction(0))
    return [weight / total for weight in exact]


def spread(shares: Sequence[Fraction]) -> Fraction:
    """The largest share less the smallest: 0 where all are equally likely, and only there."""
    return max(shares) - min(shares)


def square_root(square: Fraction) -> float:
    """The square root of a fraction, which may be below the range of floats when it is squared.

    >>> square_root(Fraction(1, 10**400))
    1e-200
    """
    shift = max(0, square.denominator.bit_length() - square.numerator.bit_length()) // 2
    return math.ldexp(math.sqrt(square * 4**shift), -shift)


@dataclass(frozen=True, eq=False)
class ExactLaw:
    """D_0 and every Q_l of one grammar, in rational arithmetic (R26 Definition 3)."""

    grammar: Grammar

    @cached_property
    def labels(self) -> list[Fraction]:
        """D_0, (n,)."""
        return exact_shares(self.grammar.label_prior)

    @cached_property
    def rules(self) -> list[list[list[Fraction]]]:
        """Q_l(ν, ·) on all rules that are listed, as rules[l][ν], in the order of the grammar."""
        grammar = self.grammar
        if grammar.probabilities is None:
            return [[[Fraction(1, len(p))] * len(p) for p in level] for level in grammar.rules]
        return [[exact_shares(row) for row in level] for level in grammar.probabilities]

    def patches(self, level: int) -> dict[tuple[int, ...], dict[int, Fraction]]:
        """P_l with Q_(l−1)(ν, μ) > 0 as patches[μ][ν], also of symbols that never occur."""
        found: dict[tuple[int, ...], dict[int, Fraction]] = {}
        for symbol, rows in enumerate(self.grammar.rules[level - 1]):
            shares = self.rules[level - 1][symbol]
            for row, share in zip(rows.tolist(), shares, strict=True):
                if share:
                    found.setdefault(tuple(row), {})[symbol] = share
        return found

    def first_tokens(self, level: int) -> list[Fraction]:
        """P[first level-`level` token = ν], (V_level,); level from 0 to L."""
        shares = self.labels
        for above in range(level):
            below = [Fraction(0)] * self.grammar.vocabularies[above + 1]
            for symbol, mass in enumerate(shares):
                for token, share in self._first_children(above, symbol) if mass else ():
                    below[token] += mass * share
            shares = below
        return shares

    def posterior(self, level: int, upward: Sequence[Fraction]) -> list[Fraction]:
        """q of what a level-(l−1) symbol ν shows with probability upward[ν], (n,).

        Walks up to the labels and divides by the sum over them last.
        """
        for above in reversed(range(level - 1)):
            upward = [
                sum(
                    (share * upward[token] for token, share in self._first_children(above, symbol)),
                    Fraction(0),
                )
                for symbol in range(self.grammar.vocabularies[above])
            ]
        joint = [share * likely for share, likely in zip(self.labels, upward, strict=True)]
        total = sum(joint, Fraction(0))
        return [entry / total for entry in joint]

    def _first_children(self, level: int, symbol: int) -> list[tuple[int, Fraction]]:
        first = self.grammar.rules[level][symbol][:, 0].tolist()
        return list(zip(first, self.rules[level][symbol], strict=True))


def possible_first_tokens(grammar: Grammar, level: int) -> Booleans:
    """Whether a level-`level` token can be the first one, however rarely, (V_level,)."""
    possible = np.asarray(grammar.label_prior > 0)
    for above in range(level):
        rules = grammar.level_rules(above)
        taken = possible[rules.parent] & (rules.probability > 0)
        possible = np.zeros(grammar.vocabularies[above + 1], dtype=np.bool_)
        possible[rules.patch[taken, 0]] = True
    return possible


def alike_but_for_rounding(
    grammar: Grammar, behind: int, q: Sequence[Fraction], other: Sequence[Fraction]
) -> bool:
    """Whether numbers meant to give one posterior may, rounded to doubles, give q and `other`.

    A number of the file is off by at most u = 2^−53 of itself, its share by 2u (its own and the
    sum's), a product of `behind` rules and a label by 2(behind + 1)u, and so is a sum of such
    products; q, a quotient of two of them, by twice as much, to first order in u. The 1 that is
    added is for the higher orders. Where rules and labels are equally likely nothing was rounded.
    """
    if grammar.rules_equally_likely and grammar.labels_equally_likely:
        return list(q) == list(other)
    off = Fraction(4 * (behind + 1) + 1, 2**53)
    return all(abs(a - b) <= off * (a + b) for a, b in zip(q, other, strict=True))
