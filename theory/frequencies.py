"""Exact failure probabilities of statements about empirical frequencies and label laws.

N strings show patch μ n_μ times: Multinomial(N, p). Given the counts, the labels of different
patches are independent. So P[every patch is good] is the coefficient, at N, of a product of series,
which convolutions give to about 1e-12; nothing is sampled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar_checks import Floats

Good = Callable[[Floats], Floats]
"""P[the patch is good | it was seen n times], for an array of n."""

ROUNDING = 1e-9
"""Of a failure probability: truncated tails and convolutions of doubles, with room to spare."""

REACH = 12.0
"""Counts further than so many standard deviations from their mean have no weight in doubles."""


@dataclass(frozen=True)
class PatchKind:
    """`number` patches of probability `mass` each, good with the same probability at a count."""

    mass: float
    number: int
    good: Good


MOST_WORK = 2 * 10**7
"""Counts of all patches times kinds of patches: some seconds of convolutions."""


def refuse_endless(samples: int, kinds: Sequence[PatchKind]) -> None:
    """Raise InputError where :func:`failure_probability` would take more than MOST_WORK.

    For instances from files; a check knows what it asks for.
    """
    counts = sum(kind.number * len(_window(samples, kind.mass)) for kind in kinds)
    if counts * len(kinds) > MOST_WORK:
        allowed = f"one whose counts, times the kinds of its patches, are at most {MOST_WORK}"
        raise InputError("the instance", counts * len(kinds), allowed)


def failure_probability(samples: int, kinds: Sequence[PatchKind], *, enough: float = 0.0) -> float:
    """P[some patch is not good] with `samples` strings; the masses of all patches sum to 1.

    Poisson counts conditioned on their sum are multinomial: the product of the series of
    Poisson(N p_μ) weights, at N, over P[Poisson(N) = N]. Where the sum of the failure probabilities
    of single patches is at most `enough` it is returned instead, as an upper bound.
    """
    from scipy.stats import poisson

    bound = sum(kind.number * _single_failure(samples, kind) for kind in kinds)
    if bound <= enough:
        return bound
    series, start = np.ones(1), 0
    for kind in kinds:
        counts = _window(samples, kind.mass)
        weights = poisson.pmf(counts, samples * kind.mass) * kind.good(counts)
        series = _times(series, _power(weights, kind.number))
        start += kind.number * int(counts[0])
    place = samples - start
    coefficient = series[place] if 0 <= place < len(series) else 0.0
    return float(max(0.0, 1.0 - coefficient / poisson.pmf(samples, samples)))


def _single_failure(samples: int, kind: PatchKind) -> float:
    from scipy.stats import binom

    counts = _window(samples, kind.mass)
    return float((binom.pmf(counts, samples, kind.mass) * (1.0 - kind.good(counts))).sum())


def _times(first: Floats, second: Floats) -> Floats:
    from scipy.signal import fftconvolve

    product: Floats = fftconvolve(first, second)
    return product


def _power(series: Floats, exponent: int) -> Floats:
    """The product of `exponent` equal series, by squaring."""
    found = np.ones(1)
    for bit in f"{exponent:b}":
        found = _times(found, found)
        found = _times(found, series) if bit == "1" else found
    return found


def _window(samples: int, mass: float) -> Floats:
    """The counts that a patch of this probability can have, but for nothing."""
    mean = samples * mass
    reach = REACH * math.sqrt(mean) + REACH**2
    low, high = max(0, math.floor(mean - reach)), min(samples, math.ceil(mean + reach))
    return np.arange(low, high + 1, dtype=np.float64)


def label_law_within(counts: Floats, share: float, radius: Floats | float) -> Floats:
    """P[‖q̂ − q‖ ≤ radius | n] for two labels, q = (share, 1 − share); nan at n = 0.

    ‖q̂ − q‖ = √2 |k/n − share| with k Binomial(n, share). Ties count as within.
    """
    from scipy.stats import binom

    seen = np.maximum(counts, 1.0)
    half = np.broadcast_to(np.asarray(radius, dtype=np.float64) / math.sqrt(2.0), counts.shape)
    tie = 1e-9
    high = np.floor(seen * (share + half) + tie)
    low = np.ceil(seen * (share - half) - tie)
    within = binom.cdf(high, seen, share) - binom.cdf(low - 1.0, seen, share)
    found: Floats = np.where(counts > 0, within, np.nan)
    return found
