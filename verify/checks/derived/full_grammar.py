"""At f = 1 every signal inside the string is silent, and the label is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.population import mean_square_separation, patch_law
from layerproof.theory.signals import LABEL, signal_named
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.edges import non_synonyms
from layerproof.verify.checks.premises import Answers, Instance, OnGrammar
from layerproof.verify.verdicts.claims import Claim, Identity, Inequality

INSIDE = (
    "sibling", "own-latent", "token", "far-token", "noise:pairs", "noise:iid", "noise:blocks",
    "rotation",
)  # fmt: skip
"""Signals that a string tells by itself, without its ancestors."""


def _full(instance: Instance) -> str:
    """Why some tuple is not grammatical."""
    grammar = instance.grammar
    for level, size in enumerate(grammar.vocabularies[1:], start=1):
        found, every = len(grammar.patches(level).patch), size**grammar.branching
        if found < every:
            return f"Level {level}: {found} of {every} tuples are grammatical."
    return ""


class FullParameters(InstanceParameters):
    """An instance in which every tuple is grammatical."""

    V: int = Field(8, ge=2, description="vocabulary size")
    m: int = Field(8, ge=1, description="rules per symbol")


class FullGrammar(Check[FullParameters]):
    """The largest distance of two q by every signal, against rounding; the label's against 0."""

    id = "full-grammar"
    statement = "derived.full-grammar"
    turned_by = ("uncorrelated-rules",)
    quantity = "largest |q_μk − q_μ'k| (inside), least E‖q_μ − q_μ'‖² over levels (label)"
    parameters = FullParameters
    answers: ClassVar[Answers] = {"grammar.full": OnGrammar(_full)}

    def rows(self, parameters: FullParameters) -> Sequence[Row]:
        """One row a signal, the label last."""
        return [{"signal": name} for name in (*INSIDE, LABEL.name)]

    def trial(self, parameters: FullParameters, trial: Trial) -> Outcome:
        """The largest deviation of each signal over all levels that it teaches, with rounding."""
        grammar = trial.grammar(parameters)
        label = [patch_law(grammar, level) for level in range(1, grammar.levels + 1)]
        premises = non_synonyms(label)
        if any(premises.values()):
            return Outcome.without(premises)
        values: dict[str, tuple[float, float]] = {}
        for name in INSIDE:
            signal = signal_named(name)
            levels = [
                level
                for level in range(2, grammar.levels + 1)
                if not signal.unreachable(grammar, level)
            ]
            laws = [patch_law(grammar, level, signal=signal) for level in levels]
            off = [float(np.ptp(law.posterior, axis=0).max()) for law in laws]
            values[name] = max(off, default=0.0), max((law.rounding for law in laws), default=0.0)
        least = min(mean_square_separation(law) for law in label)
        values[LABEL.name] = least, max(law.rounding for law in label) ** 2
        return Outcome(values, premises)

    def claim(
        self, parameters: FullParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """Inside: no deviation beyond rounding. The label: a separation on every draw."""
        found = [outcome.values[row["signal"]] for outcome in outcomes]
        if row["signal"] == LABEL.name:
            least, rounding = min(found)
            return Inequality(least, ">", rounding, examined=len(found))
        deviation, rounding = max(found)
        return Identity(deviation, rounding, examined=len(found))


CHECKS = (FullGrammar(),)
