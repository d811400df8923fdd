"""Sizes at which a quantity does not exist: premises that say so, in place of 0/0 and infinity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import PatchLaw, has_non_synonyms
from layerproof.verify.verdicts.claims import Claim, Inequality, Nothing

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
