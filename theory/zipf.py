"""Zipf's law: the weights of rules and labels that are not equally likely.

The k-th rule of a symbol has probability proportional to k^(-a), k = 1, ..., m; a = 0 is uniform.
Cagnetta, Kang and Wyart (ICML 2025, arXiv 2505.07067) write the same law as k^(-(1 + a')), so that
their exponent is a' = a - 1. An ensemble deals the patches at random, so that which of a symbol's
patches is the frequent one is random too, and drawn independently for every symbol.
"""

import math

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats


def zipf_weights(count: int, exponent: float) -> Floats:
    """Return k^(-exponent) / sum, k = 1 ... count: a (count,) array that falls and sums to 1.

    >>> zipf_weights(3, 1.0).round(4).tolist()
    [0.5455, 0.2727, 0.1818]
    """
    weights = np.exp(-exponent * np.log(np.arange(1, count + 1)))
    return np.asarray(weights / math.fsum(weights), dtype=np.float64)


def check_exponent(field: str, exponent: float, count: int) -> None:
    """Raise InputError unless `count` weights with this exponent are positive and never rise."""
    number = isinstance(exponent, int | float) and not isinstance(exponent, bool)
    if not number or not 0 <= exponent < math.inf:
        raise InputError(field, exponent, "a finite number of at least 0")
    # Far from the least positive double, so that products over the levels stay positive too.
    if count > 1 and exponent * math.log(count) > MOST_DECADES * math.log(10):
        most = MOST_DECADES / math.log10(count)
        allowed = f"at most {most:.4g}, where the rarest of {count} has 1e-{MOST_DECADES:g}"
        raise InputError(field, exponent, allowed)


MOST_DECADES = 30.0
"""How many orders of magnitude may lie between the likeliest and the rarest."""


def reweighted(grammar: Grammar, *, zipf: float = 0.0, label_zipf: float = 0.0) -> Grammar:
    """Return the same rules with Zipf weights on each symbol's rules and on the labels.

    zipf, label_zipf: the exponents, at least 0; with 0 the laws are those of `grammar`.
    Raises InputError for an exponent that is negative, not finite, or too large for doubles.
    """
    most = max(len(patches) for level in grammar.rules for patches in level)
    check_exponent("zipf", zipf, most)
    check_exponent("label_zipf", label_zipf, grammar.classes)
    probabilities, prior = grammar.probabilities, grammar.label_prior
    if zipf:
        probabilities = tuple(
            tuple(zipf_weights(len(patches), zipf) for patches in level) for level in grammar.rules
        )
    if label_zipf:
        prior = zipf_weights(grammar.classes, label_zipf)
    return Grammar(grammar.vocabularies, grammar.rules, probabilities, prior)
