"""Sizes at which a quantity does not exist: premises that say so, in place of 0/0 and infinity."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from theory.grammar import Grammar
from theory.population import PatchLaw, has_non_synonyms
from verify.claims import Claim, Inequality, Nothing

MOST_SAMPLES = 10**17
"""Samples that a stage is given at most: their counts are 64-bit."""

NO_PAIR = "no two non-synonyms can come first"
"""Why a least or mean separation is a number of nothing."""


def two_labels(grammar: Grammar) -> dict[str, str]:
    """The premise that there is something to tell apart."""
    return {"two labels": "" if grammar.classes > 1 else "There is one label."}


def uncounted(level: int, samples: float) -> str:
    """Why so many samples of a level cannot be drawn; empty where they can."""
    if samples <= MOST_SAMPLES:
        return ""
    return f"Level {level}: N is {float(samples):.3g}, too many to be counted."


def strings_over_scale(m: int, s: int, L: int) -> float:
    """P_max/(n m^L), counted and not by a formula under test; inf above what a double holds.

    Every node of the tree above the leaves chooses one of m rules, and n m^L has one a level.
    """
    choices = sum(s**level for level in range(L)) - L
    if m == 1 or choices == 0:
        return 1.0
    return math.inf if choices > 1023 / math.log2(m) else float(m) ** choices


def distinct_sizes(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes, where a slope can be taken over them; raises ValueError for fewer than two."""
    if len(set(sizes)) < 2:
        raise ValueError("an exponent needs at least two different sizes")
    return sizes


def non_synonyms(laws: Iterable[PatchLaw]) -> dict[str, str]:
    """The premise that every level has two non-synonyms, which a separation is one of."""
    for law in laws:
        if not has_non_synonyms(law):
            return {"two non-synonyms": f"Level {law.level}: {NO_PAIR}."}
    return {"two non-synonyms": ""}


def synonyms(grammar: Grammar) -> dict[str, str]:
    """The premise that some symbol has two rules, without which no noise is seen."""
    several = any(len(patches) > 1 for level in grammar.rules for patches in level)
    return {"two synonyms": "" if several else "Every symbol has one rule: there are no synonyms."}


def least_positive(least: float, examined: int, unknown: str, worst: dict[str, Any]) -> Claim:
    """Whether a least separation is positive: vacuous over no pair, open where it is `unknown`.

    `least` is the smallest that is known; `unknown` says why another one, given as 0, is not.
    """
    if least > 0.0 and unknown:
        return Nothing(f"a separation cannot be told from 0: {unknown}", premise_failed=False)
    cannot_fail = NO_PAIR if least == float("inf") else ""
    return Inequality(least, ">", 0.0, examined, cannot_fail=cannot_fail, worst=worst)
