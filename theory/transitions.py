"""Transitions as laws on all tuples: how far they are from a product over children, and from even.

With grammars that are on the other side of either: each symbol produces every tuple, with children
that are drawn one by one, or together. Such grammars are ambiguous, and none of an ensemble.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import scipy

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.randomness import generator

Transitions = Literal["factorised", "coupled"]

MOST_TUPLES = 4096
"""Tuples of a grammar that lists all of them."""


def total_correlation(grammar: Grammar, level: int) -> Floats:
    """What siblings tell of each other given their parent, in nats, for each level-`level` symbol.

    The entropies of the s children less that of the patch, (V_l,): 0 where they are independent,
    (s − 1) log m where all m rules differ in the tokens of every place. level from 0 to L − 1.

    >>> grammar = Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1),)),))
    >>> total_correlation(grammar, 0).round(3).tolist()
    [0.693, 0.0]
    """
    rules = grammar.level_rules(level)
    symbols, tokens = grammar.vocabularies[level : level + 2]
    joint = np.bincount(rules.parent, scipy.special.entr(rules.probability), symbols)
    total = -joint
    for column in rules.patch.T:
        law = np.zeros((symbols, tokens))
        np.add.at(law, (rules.parent, column), rules.probability)
        total = total + scipy.special.entr(law).sum(1)
    return np.asarray(total)


def least_bound(grammar: Grammar, level: int) -> float:
    """The least K for which a multiple of all transitions of a level is within 1/K and K.

    The square root of the largest probability over the least, over all symbols and all tuples;
    infinite where a symbol cannot produce one. level from 0 to L − 1.

    >>> least_bound(Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1),)),)), 0)
    inf
    """
    rules = grammar.level_rules(level)
    tuples = grammar.vocabularies[level] * grammar.vocabularies[level + 1] ** grammar.branching
    least = float(rules.probability.min())
    if len(rules.parent) < tuples or least == 0:
        return math.inf
    return math.sqrt(float(rules.probability.max()) / least)


def full_grammar(
    vocabularies: Sequence[int], branching: int, transitions: Transitions, seed: int
) -> Grammar:
    """A grammar in which each symbol produces every tuple, with weights exp(u), u in [−1, 1].

    A tuple's weight is the product of one for each child ("factorised"), or drawn for the tuple
    ("coupled"): K is at most e^(2 s), or e^2. Raises InputError where there are more than
    MOST_TUPLES tuples of a level.

    >>> grammar = full_grammar((2, 3, 3), 2, "factorised", seed=0)
    >>> float(total_correlation(grammar, 1).max().round(12)), least_bound(grammar, 1) < math.exp(4)
    (0.0, True)
    """
    if max(vocabularies) ** branching > MOST_TUPLES:
        allowed = f"at most {MOST_TUPLES}, as all are listed"
        raise InputError("tuples of a level", max(vocabularies) ** branching, allowed)
    rules, probabilities = [], []
    for level, (above, below) in enumerate(pairwise(vocabularies)):
        rng = generator(seed, transitions, level)
        tuples = np.indices((below,) * branching).reshape(branching, -1).T
        if transitions == "coupled":
            logarithms = rng.uniform(-1, 1, (above, len(tuples)))
        else:
            children = rng.uniform(-1, 1, (above, branching, below))
            logarithms = np.zeros((above, len(tuples)))
            for place, column in enumerate(tuples.T):
                logarithms += children[:, place, column]
        weights = np.exp(logarithms)
        rules.append((tuples,) * above)
        probabilities.append(tuple(weights / weights.sum(1, keepdims=True)))
    return Grammar(tuple(vocabularies), tuple(rules), tuple(probabilities))
