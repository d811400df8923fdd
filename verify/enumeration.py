"""Every derivation of a small grammar, one by one: Definition 3 read literally, and nothing else.

What :mod:`theory.population` computes by matrix products, and the samplers by drawing, is here
counted. Probabilities are rational: those of uniform rules and labels exactly, others as the
nearest fraction to the number in the file.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from theory.errors import InputError
from theory.grammar import Grammar

MOST_DERIVATIONS = 100_000
"""Listing more takes longer than anyone waits for a check."""

_LARGEST_DENOMINATOR = 10**6

Tokens = tuple[int, ...]


@dataclass(frozen=True)
class Derivation:
    """One derivation: its probability, and the tokens of every level, the label first."""

    probability: Fraction
    levels: tuple[Tokens, ...]


@dataclass(frozen=True)
class Enumeration:
    """All derivations of positive probability of one grammar."""

    grammar: Grammar
    derivations: tuple[Derivation, ...]

    def first_patches(self, level: int) -> Mapping[Tokens, dict[int, Fraction]]:
        """P[first level-`level` patch = μ, label = ζ], as joint[μ][ζ]."""
        joint: dict[Tokens, dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        width = self.grammar.branching
        for found in self.derivations:
            joint[found.levels[level][:width]][found.levels[0][0]] += found.probability
        return joint

    def parents(self, level: int) -> Mapping[Tokens, dict[int, Fraction]]:
        """P[patch = μ | its parent = ν] over all positions of the level, as law[μ][ν].

        Only the symbols that occur in some derivation are there.
        """
        width = self.grammar.branching
        pairs: dict[Tokens, dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        totals: dict[int, Fraction] = defaultdict(Fraction)
        for found in self.derivations:
            below = found.levels[level]
            for place, parent in enumerate(found.levels[level - 1]):
                patch = below[place * width : (place + 1) * width]
                pairs[patch][parent] += found.probability
                totals[parent] += found.probability
        return {
            patch: {parent: mass / totals[parent] for parent, mass in masses.items()}
            for patch, masses in pairs.items()
        }

    @cached_property
    def strings(self) -> Mapping[tuple[Tokens, int], Fraction]:
        """P[string, label]."""
        law: dict[tuple[Tokens, int], Fraction] = defaultdict(Fraction)
        for found in self.derivations:
            law[found.levels[-1], found.levels[0][0]] += found.probability
        return dict(law)


def enumerate_derivations(grammar: Grammar) -> Enumeration:
    """List every derivation of positive probability.

    Raises InputError where there are more than MOST_DERIVATIONS.
    """
    number = grammar.derivations()
    if number > MOST_DERIVATIONS:
        raise InputError("the number of derivations", number, f"at most {MOST_DERIVATIONS}")
    rules = [_rules(grammar, level) for level in range(grammar.levels)]
    found: list[Derivation] = []
    for label, share in enumerate(_shares(list(map(float, grammar.label_prior)))):
        if share > 0:
            found += _grown(rules, Derivation(share, ((label,),)))
    return Enumeration(grammar, tuple(found))


Rules = list[list[tuple[Tokens, Fraction]]]


def _rules(grammar: Grammar, level: int) -> Rules:
    """The patches of every symbol of one level, with their probabilities where positive."""
    found: Rules = []
    for symbol, patches in enumerate(grammar.rules[level]):
        rows = [tuple(map(int, patch)) for patch in patches]
        if grammar.probabilities is None:
            shares = [Fraction(1, len(rows))] * len(rows)
        else:
            shares = _shares(list(map(float, grammar.probabilities[level][symbol])))
        found.append([(row, share) for row, share in zip(rows, shares, strict=True) if share > 0])
    return found


def _shares(weights: list[float]) -> list[Fraction]:
    exact = [Fraction(weight).limit_denominator(_LARGEST_DENOMINATOR) for weight in weights]
    return [weight / sum(exact) for weight in exact]


def _grown(rules: list[Rules], start: Derivation) -> Iterator[Derivation]:
    level = len(start.levels) - 1
    if level == len(rules):
        yield start
        return
    for choice in itertools.product(*(rules[level][token] for token in start.levels[-1])):
        probability = start.probability
        for _, share in choice:
            probability *= share
        below = tuple(token for patch, _ in choice for token in patch)
        yield from _grown(rules, Derivation(probability, (*start.levels, below)))
