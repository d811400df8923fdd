"""What a trial that trains costs, told from the sizes of its grammar.

Processor seconds of one core, fitted to measurements from V = 4, m = 2, L = 2 to V = 32, m = 8,
L = 2, and right within a factor of about two there. With N = n m^L:

- training every stage and testing it grows as N V L: estimates are V wide;
- looking at all strings below every token as their number times V, n m^((s^L − 1)/(s − 1)) V;
- a curve of sensitivities as N times the tokens below the stages above the first, s^L − s^2 + 1.
"""

from __future__ import annotations

import math

from layerproof.theory.costs import Extent

LEAST_SECONDS, TRAINED_SECONDS, STRING_SECONDS, CURVE_SECONDS = 0.03, 1.25e-5, 2.4e-6, 7e-5

LOOKED_AT = 2**18
"""Strings of which every one is looked at: `ALL_STRINGS` of
:mod:`layerproof.verify.measure.representations`, which cannot be read without torch."""

LARGEST = 1e12


def training_seconds(extent: Extent) -> float:
    """One learner trained at a practical schedule, and its test error."""
    strings = _power(extent, extent.levels)
    return LEAST_SECONDS + TRAINED_SECONDS * strings * max(extent.vocabularies) * extent.levels


def curve_seconds(extent: Extent) -> float:
    """The synonym sensitivities of every stage at a few sample sizes."""
    s, levels = extent.branching, extent.levels
    tokens = float(s) ** min(levels, 30) - s**2 + 1
    return LEAST_SECONDS + CURVE_SECONDS * _power(extent, levels) * max(tokens, 1.0)


def clusters_seconds(extent: Extent) -> float:
    """The cluster distances of a learner over all strings, where these are looked at."""
    s, levels = extent.branching, extent.levels
    nodes = (float(s) ** min(levels, 30) - 1) / (s - 1)
    strings = _power(extent, nodes)
    looked_at = strings if strings <= LOOKED_AT else 0.0
    return training_seconds(extent) + STRING_SECONDS * looked_at * max(extent.vocabularies)


def _power(extent: Extent, exponent: float) -> float:
    """n m^exponent, at most LARGEST."""
    digits = exponent * math.log10(max(extent.rules_per_symbol, 1.0))
    return float(min(extent.vocabularies[0] * 10.0 ** min(digits, 30.0), LARGEST))
