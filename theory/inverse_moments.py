"""E[1/k | k > 0] and E[1/k² | k > 0] of binomial and hypergeometric counts, to rounding.

An empirical average over k draws has variance σ²/k. Where k is itself random its inverse moments
replace 1/E[k]: they exceed it, by 32 % at worst for a binomial count (E[k] ≈ 4), and fall below it
where most counts are zero.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from layerproof.theory.errors import InputError, whole_number

SERIES_FROM = 200
"""Mean count from which the factorial series is summed, in place of the law itself."""

LARGEST_COUNT = 10**18


class InverseMoments(NamedTuple):
    """E[1/k | k > 0] and E[1/k² | k > 0]."""

    first: float
    second: float


@lru_cache(maxsize=2**12, typed=True)  # patches of a level are often equally likely
def binomial(trials: int, probability: float) -> InverseMoments:
    """Inverse moments of a Binomial(trials, probability) count, given that it is positive.

    `trials` is at most 10^18; raises InputError where it is not, or where `probability` is not in
    (0, 1].
    """
    whole_number("trials", trials, minimum=1, maximum=LARGEST_COUNT)
    if not 0.0 < probability <= 1.0:
        raise InputError("probability", probability, "a number in (0, 1]")
    if trials * probability >= SERIES_FROM:
        return _series(lambda i: 1.0 / ((trials + i) * probability))
    if probability == 1.0:
        return InverseMoments(1.0 / trials, 1.0 / trials**2)
    odds = probability / (1.0 - probability)
    mode = max(1, min(trials, math.floor((trials + 1) * probability)))
    return _summed(mode, lambda k: (trials - k) / (k + 1) * odds)


def hypergeometric(population: int, marked: int, draws: int) -> InverseMoments:
    """Inverse moments of the number of marked items among `draws` without replacement, if positive.

    Integers of any length. Raises InputError for sizes that are not positive or exceed the
    population.
    """
    whole_number("population", population, minimum=1)
    whole_number("marked", marked, minimum=1, maximum=population)
    whole_number("draws", draws, minimum=1, maximum=population)
    if draws * marked >= SERIES_FROM * population:
        return _series(lambda i: (population + i) / ((marked + i) * (draws + i)))
    rest = population - marked
    least = max(1, draws - rest)
    mode = max(least, (draws + 1) * (marked + 1) // (population + 2))

    def ratio(k: int) -> float:
        return ((marked - k) * (draws - k)) / ((k + 1) * (rest - draws + k + 1))

    return _summed(mode, ratio, least)


def _summed(mode: int, ratio: Callable[[int], float], least: int = 1) -> InverseMoments:
    """Sum over the law itself, from its mode outwards; `ratio(k)` = P[k + 1]/P[k].

    Weights are relative to that of the mode and all terms are positive, so that nothing overflows,
    underflows or cancels, however improbable every single count is.
    """
    weight, k = 1.0, mode
    total = first = second = 0.0
    while weight > 1e-20 * total:
        total, first, second = total + weight, first + weight / k, second + weight / k**2
        weight *= ratio(k)
        k += 1
    weight = 1.0
    for k in range(mode - 1, least - 1, -1):
        weight /= ratio(k)
        total, first, second = total + weight, first + weight / k, second + weight / k**2
    return InverseMoments(first / total, second / total)


def _series(factor: Callable[[int], float]) -> InverseMoments:
    """Sum E[1/((k+1)…(k+j+1))] times j!, and times j! H_j, over j (H_j the harmonic numbers).

    1/k = Σ_j j!/((k+1)…(k+j+1)) is the expansion of ∫ t^k/t dt in powers of 1 − t, and 1/k² that of
    ∫ −t^k log(t)/t dt. For both laws the expectation of the j-th denominator is the product of
    `factor(1)`, …, `factor(j+1)`, times the probability that a larger count exceeds j + 1. From a
    mean of 200 on ten terms are enough, and that probability is above 1 − e^(−80).
    """
    term, harmonic, j = factor(1), 0.0, 0
    first = second = 0.0
    while term > 1e-20 * first:
        first += term
        second += harmonic * term
        j += 1
        harmonic += 1.0 / j
        term *= j * factor(j + 1)
    return InverseMoments(first, second)
