"""What M24 asks of transitions, measured on instances: factorised, bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.statements.mei2024.premises import BOUNDED, FACTORISED
from layerproof.theory.transitions import full_grammar, least_bound, total_correlation
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    P,
    Row,
    Trial,
    at_level,
)
from layerproof.verify.checks.premises import Instance
from layerproof.verify.verdicts.claims import Identity, Inequality

ROUNDINGS = 64.0
"""Of an entropy, in units of 2^-52, for every tuple."""


class TransitionParameters(InstanceParameters):
    """Which transitions: the rules of an instance, or every tuple, children drawn apart or not."""

    V: int = Field(4, ge=1, description="vocabulary size")
    m: int = Field(2, ge=1, description="rules per symbol")
    L: int = Field(2, ge=1, description="levels of rules")
    transitions: Literal["rules", "factorised", "coupled"] = Field(
        "rules", description="rules, or every tuple: children by themselves, or coupled"
    )
    K: float = Field(60.0, ge=1, description="the bound of transitions")


class TransitionCheck(Check[P]):
    """A check whose instances need not have rules: each symbol may produce every tuple."""

    def instance(self, parameters: P, trial: Trial) -> Grammar:
        """The grammar of the trial, with the transitions that the parameters name."""
        assert isinstance(parameters, TransitionParameters)
        if trial.drawn is not None and trial.drawn[0] is parameters:
            return trial.drawn[1]
        if parameters.transitions == "rules":
            return trial.grammar(parameters)
        vocabularies = (parameters.classes or parameters.V, *(parameters.V,) * parameters.L)
        seed = trial.derive("transitions")
        return full_grammar(vocabularies, parameters.s, parameters.transitions, seed)

    def rows(self, parameters: P) -> Sequence[Row]:
        """One row for the patches of every level."""
        assert isinstance(parameters, TransitionParameters)
        return [{"level": level} for level in range(1, parameters.depth + 1)]


def rounding_of(grammar: Grammar, level: int) -> float:
    """How far from 0 the total correlation of independent children may come out."""
    return ROUNDINGS * 2.0**-52 * len(grammar.level_rules(level).parent)


def not_factorised(instance: Instance) -> str:
    """At which level siblings tell of each other, and how much."""
    for level in range(instance.grammar.levels):
        found = float(total_correlation(instance.grammar, level).max())
        if found > rounding_of(instance.grammar, level):
            return f"Level {level + 1}: siblings share {found:.4g} nats given their parent."
    return ""


def not_bounded(instance: Instance) -> str:
    """At which level a transition is not within 1/K and K."""
    for level in range(instance.grammar.levels):
        found = least_bound(instance.grammar, level)
        if found > instance.parameters.K:
            return f"Level {level + 1}: the least K is {found:.4g}, not {instance.parameters.K:g}."
    return ""


class Factorised(TransitionCheck[TransitionParameters]):
    """The total correlation of siblings given their parent, exact on each draw."""

    id = "m24-factorised"
    statement = FACTORISED.id
    quantity = "total correlation of siblings given their parent, in nats"
    parameters = TransitionParameters

    def trial(self, parameters: TransitionParameters, trial: Trial) -> Outcome:
        """The largest over the symbols of a level, with rounding."""
        grammar = self.instance(parameters, trial)
        return Outcome(
            {
                str(level + 1): (
                    float(total_correlation(grammar, level).max()),
                    rounding_of(grammar, level),
                )
                for level in range(grammar.levels)
            }
        )

    def claim(
        self, parameters: TransitionParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The largest over all draws."""
        deviation, rounding = max(at_level(outcomes, row["level"]))
        return Identity(abs(deviation), rounding, examined=len(outcomes))


class Bounded(TransitionCheck[TransitionParameters]):
    """The inverse of the least K of every level, exact on each draw."""

    id = "m24-bounded"
    statement = BOUNDED.id
    quantity = "√(ψ_min/ψ_max)"
    parameters = TransitionParameters

    def trial(self, parameters: TransitionParameters, trial: Trial) -> Outcome:
        """The least K by level."""
        grammar = self.instance(parameters, trial)
        found = {str(level + 1): least_bound(grammar, level) for level in range(grammar.levels)}
        return Outcome(found)

    def claim(
        self, parameters: TransitionParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The least over all draws against that of the stated K."""
        found = at_level(outcomes, row["level"])
        return Inequality(
            1 / max(found), self.relation(form), 1 / parameters.K, examined=len(found)
        )


CHECKS = (Factorised(), Bounded())
