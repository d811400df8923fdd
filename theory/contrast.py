"""Contrastive learning in the population: the losses of a critic g(T, T'), and what they attain.

`joint` is always P(T, T'), (a, b), of two crops; columns and rows that never occur are no part of
the losses. Each loss comes with its slope, so that a critic can be trained on it exactly.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Booleans, Floats
from layerproof.theory.token_laws import pair_law

MOST_COUNTS = 2**20
"""V m: the values of a count whose law is worked out."""


class Loss(NamedTuple):
    """A loss and its slope by every entry of the critic, (a, b)."""

    value: float
    slope: Floats


def mutual_information(joint: Floats) -> float:
    """I(T; T') in nats, the value of InfoNCE's bound (van den Oord et al. 2018; from memory).

    >>> mutual_information(np.array([[0.5, 0.0], [0.0, 0.5]])) == math.log(2)
    True
    """
    seen = joint > 0
    return float((joint[seen] * np.log(density_ratio(joint)[seen])).sum())


def density_ratio(joint: Floats) -> Floats:
    """P(T, T')/(P(T) P(T')), which the spectral loss attains; 0 where either never occurs.

    InfoNCE's optimum is its logarithm up to a function of T, −∞ on pairs that never occur.
    """
    apart = _apart(joint)
    return np.divide(joint, apart, out=np.zeros_like(apart), where=apart > 0)


def never_together(joint: Floats) -> Booleans:
    """Which pairs never occur though both of the two do, (a, b): InfoNCE then has no optimum."""
    return np.asarray((joint == 0) & (_apart(joint) > 0))


def information_at_height(grammar: Grammar, level: int, height: int = 1) -> float:
    """I in nats between the first level-`level` symbol and the nearest under an ancestor above it.

    The ancestor stands `height` levels above, 1 to `level`; 1 is that of two neighbours. Of crops
    that show one patch each, whose parents are these, in a non-ambiguous grammar. Raises InputError
    where a patch is one token, or the heights are none.
    """
    whole_number("height", height, minimum=1, maximum=level)
    whole_number("branching", grammar.branching, minimum=2)
    other = grammar.branching ** (height - 1)
    return mutual_information(pair_law(grammar, (level, 0), (level, other)))


def infonce(joint: Floats, critic: Floats) -> Loss:
    """−E[g(T, T')] + E_T log E_T' e^g, infinitely many negatives: never below −I(T; T')."""
    first, second = joint.sum(1), joint.sum(0)
    most = critic.max(axis=1, keepdims=True)
    weights = second * np.exp(critic - most)
    total = weights.sum(axis=1, keepdims=True)
    logarithms = np.log(total[:, 0]) + most[:, 0]
    value = float((first * logarithms).sum() - (joint * critic).sum())
    return Loss(value, first[:, None] * weights / total - joint)


def spectral(joint: Floats, critic: Floats) -> Loss:
    """−2 E[g(T, T')] + E_T E_T' g² (HaoChen et al. 2021; from memory), least at the ratio."""
    apart = _apart(joint)
    value = float((apart * critic**2 - 2 * joint * critic).sum())
    return Loss(value, 2 * (apart * critic - joint))


class LogCounts(NamedTuple):
    """E[k log k] of a pair of tokens and E[c log c] of a token, as in ``BOUND``."""

    pair: float
    token: float


@lru_cache(maxsize=256)
def log_counts(vocabulary: int, rules: int, branching: int) -> LogCounts:
    """Those of the uniform-first-token ensemble, from the laws of the counts; s at least 2.

    Raises InputError where there are no such grammars, or the counts are too many.

    >>> log_counts(2, 1, 2)  # c is 0, 1 or 2 with probability 1/4, 1/2, 1/4
    LogCounts(pair=0.0, token=0.34657359027997264)
    """
    whole_number("branching", branching, minimum=2)
    completions, carrying = vocabulary ** (branching - 1), vocabulary ** (branching - 2)
    whole_number("rules", rules, minimum=1, maximum=completions)
    if vocabulary * rules > MOST_COUNTS:
        raise InputError("vocabulary*rules", vocabulary * rules, f"at most {MOST_COUNTS}")
    ways = math.comb(completions, rules)
    pair = np.array([
        math.comb(carrying, k) * math.comb(completions - carrying, rules - k) / ways
        for k in range(min(rules, carrying) + 1)
    ])  # fmt: skip
    return LogCounts(_mean_log(pair), _mean_log(_sum_law(pair, vocabulary)))


def _mean_log(law: Floats) -> float:
    count = np.arange(len(law))
    return float((law[1:] * count[1:] * np.log(count[1:])).sum())


def _sum_law(law: Floats, terms: int) -> Floats:
    """The law of the sum of independent counts with that law, by repeated doubling."""
    found, power = np.ones(1), law
    while terms:
        if terms % 2:
            found = np.convolve(found, power)
        terms //= 2
        if terms:
            power = np.convolve(power, power)
    return found


def _apart(joint: Floats) -> Floats:
    """P(T) P(T'), (a, b)."""
    return np.asarray(np.outer(joint.sum(1), joint.sum(0)))
