"""Every derivation of a small grammar, one by one: Definition 3 read literally, and nothing else.

What :mod:`layerproof.theory.population` computes by matrix products, and the samplers by drawing,
is here counted. Probabilities are rational, exactly those of the grammar
(:mod:`layerproof.theory.exact_law`).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from layerproof.theory.errors import InputError
from layerproof.theory.exact_law import ExactLaw
from layerproof.theory.grammar import Grammar

MOST_DERIVATIONS = 100_000
"""Listing more takes longer than anyone waits for a check."""

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
    law = ExactLaw(grammar)
    rules = [_rules(law, level) for level in range(grammar.levels)]
    found: list[Derivation] = []
    for label, share in enumerate(law.labels):
        if share > 0:
            found += _grown(rules, Derivation(share, ((label,),)))
    return Enumeration(grammar, tuple(found))


Rules = list[list[tuple[Tokens, Fraction]]]


def _rules(law: ExactLaw, level: int) -> Rules:
    """The patches of every symbol of one level, with their probabilities where positive."""
    return [
        [(tuple(row), share) for row, share in zip(rows.tolist(), shares, strict=True) if share]
        for rows, shares in zip(law.grammar.rules[level], law.rules[level], strict=True)
    ]


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
