"""Theorem 7 for signals at its own constants: every hypothesis and conclusion, level by level.

As :mod:`layerproof.verify.checks.ren2026.theorem_7_constants` does for the label: the sample sizes
are drawn as counts (exact in law), the kernel is exact, and every string is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from pydantic import Field

from layerproof.theory.assumptions import AssumptionReport, assumptions
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Schedule
from layerproof.theory.schedule_signals import CONSTANT, theorem_7_signal
from layerproof.theory.signals import Signal, signal_named
from layerproof.theory.statements.base import FormName
from layerproof.theory.statements.derived.signal_premises import (
    SIGNAL_BLIND,
    SIGNAL_CLEAN,
    SIGNAL_SEPARATION,
)
from layerproof.theory.statements.derived.theorem_7_signal import STATEMENT as THEOREM
from layerproof.verify.checks.base import Trial
from layerproof.verify.checks.premises import Answers, Instance, InTrial, OnGrammar, OnParameters
from layerproof.verify.checks.ren2026.theorem_7_constants import ChainParameters, ConstantsOfChain
from layerproof.verify.checks.signal_parameter import SignalName, teaches_nothing


class SignalChainParameters(ChainParameters):
    """An instance, the signal, and the failure probability that the schedule is made for."""

    m: int = Field(3, ge=1)
    signal: SignalName = "own-latent"
    C: float = Field(CONSTANT, gt=0, description="C of the printed form")

    @property
    def target(self) -> Signal:
        """The signal itself."""
        return signal_named(self.signal)


def _nothing_taught(instance: Instance) -> str:
    """Why the signal teaches no level at all."""
    found: SignalChainParameters = instance.parameters
    return teaches_nothing(found.target, found.shape)


def _report(instance: Instance) -> AssumptionReport:
    signal = instance.parameters.target
    return instance.grammar.once(
        ("assumptions", signal), lambda: assumptions(instance.grammar, signal)
    )


def _fails(name: str) -> Callable[[Instance], str]:
    """Why a part of the report on the grammar and its signal fails."""
    return lambda instance: " ".join(_report(instance).failures[name])


def _not_blind(instance: Instance) -> str:
    """At which levels the signal has other laws for synonyms, as it says itself."""
    signal = instance.parameters.target
    for level in signal.taught(instance.grammar):
        if why := signal.broken(instance.grammar, level).get("synonym-blind"):
            return f"Level {level}: {why}."
    return ""


class SignalTheorem(ConstantsOfChain[SignalChainParameters]):
    """‖h − q‖ ≤ ε^(l) on every string, at every level that the signal teaches.

    Rows as in R26's own check: the two hypotheses of Lemma 17 on the patch embeddings, as ratios to
    what it asks for, and the conclusion as a frequency against δ.
    """

    id = "theorem-7-signal"
    statement = THEOREM.id
    turned_by = ("ambiguous-rules", "dead-symbol", "label-leak")
    parameters = SignalChainParameters
    answers: ClassVar[Answers] = {
        "R26.assumption-6a": OnGrammar(_fails("R26.assumption-6a")),
        SIGNAL_CLEAN.id: InTrial(),
        SIGNAL_BLIND.id: OnGrammar(_not_blind),
        SIGNAL_SEPARATION.id: (
            OnParameters(_nothing_taught),
            OnGrammar(_fails("R26.assumption-6b")),
        ),
    }

    def schedule(
        self, grammar: Grammar, parameters: SignalChainParameters, form: FormName
    ) -> Schedule:
        """The statement's own accuracies and sample sizes."""
        return theorem_7_signal(
            grammar,
            parameters.target,
            form,
            delta=parameters.delta,
            constant=parameters.C,
            formulas={name: self.formula(form, name) for name in ("tolerance", "level samples")},
        )

    def before(self, parameters: SignalChainParameters, trial: Trial) -> dict[str, str]:
        """S1 besides: what the signal says of itself, and what a control leaks."""
        grammar, signal = trial.grammar(parameters), parameters.target
        levels = signal.taught(grammar)
        reasons = (signal.broken(grammar, level).get("clean") for level in levels)
        why = next(filter(None, reasons), "")
        if trial.control.leak:
            why = (
                f"a share {trial.control.leak:g} of the patches shows the signal's value beside it"
            )
        if why:
            return {SIGNAL_CLEAN.id: why}
        return super().before(parameters, trial) | {SIGNAL_CLEAN.id: ""}


CHECKS = (SignalTheorem(),)
