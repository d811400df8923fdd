"""S1, S2 and S4 of a signal on a grammar: by counting all derivations, or by its exact law.

S1 and S2 are read off the list of all derivations, with the signal's value on each: what the signal
says of itself, and its law as matrices give it, take no part in them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.enumeration import Tokens, enumerate_derivations
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import ClosestPair, closest_non_synonyms, patch_law
from layerproof.theory.signals import Signal, signal_named
from layerproof.theory.statements.derived.signal_premises import (
    SIGNAL_BLIND,
    SIGNAL_CLEAN,
    SIGNAL_SEPARATION,
)
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial, at_level
from layerproof.verify.checks.edges import least_positive
from layerproof.verify.checks.premises import Answers, Instance, OnGrammar
from layerproof.verify.checks.signal_parameter import SignalName, levels_taught, teaches_nothing
from layerproof.verify.verdicts.claims import Claim, Identity

NOTHING = -1
"""What a representation shows beside its leaves where nothing leaks into it."""

Counted = Mapping[Tokens, Mapping[tuple[Tokens, int], Mapping[int, Fraction]]]
"""P[patch, what is seen below it, value of the signal]."""


class SignalInstanceParameters(InstanceParameters):
    """A small grammar, and the signal."""

    V: int = Field(4, ge=1)
    m: int = Field(2, ge=1)
    L: int = Field(3, ge=1)
    signal: SignalName = "own-latent"

    @property
    def target(self) -> Signal:
        """The signal itself."""
        return signal_named(self.signal)

    @property
    def taught(self) -> range:
        """The levels that it teaches; the leaf level where it teaches none."""
        return levels_taught(self.target, self.shape)


class _Counting(Check[SignalInstanceParameters]):
    """The largest deviation from an identity, over all patches of a level."""

    parameters = SignalInstanceParameters

    @abstractmethod
    def deviation(self, grammar: Grammar, counted: Counted, level: int) -> Fraction:
        """How far the law of patch, leaves below and signal is from the identity."""

    def rows(self, parameters: SignalInstanceParameters) -> Sequence[Row]:
        """One row for every level that the signal teaches."""
        return [{"level": level} for level in parameters.taught]

    def trial(self, parameters: SignalInstanceParameters, trial: Trial) -> Outcome:
        """The deviation at every level, in rational arithmetic."""
        grammar, signal = trial.grammar(parameters), parameters.target
        if why := teaches_nothing(signal, grammar) or _uncountable(grammar, signal):
            return Outcome.without({"countable": why})
        found = {}
        for level in parameters.taught:
            counted = _counted(grammar, signal, level, leak=trial.control.leak)
            found[str(level)] = float(self.deviation(grammar, counted, level))
        return Outcome(found, {"countable": ""})

    def claim(
        self, parameters: SignalInstanceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The largest over all draws; nothing was rounded."""
        found = at_level(outcomes, row["level"])
        return Identity(max(found), rounding=0.0, examined=len(found))


class SignalIsClean(_Counting):
    """S1: given the patch, the signal and the leaves below the patch are independent."""

    id = "signal-clean"
    statement = SIGNAL_CLEAN.id
    turned_by = ("label-leak",)
    quantity = "max |P[z, x | μ] − P[z | μ] P[x | μ]|"

    def deviation(self, grammar: Grammar, counted: Counted, level: int) -> Fraction:
        """Over all patches, leaves below them and values."""
        return max(map(_dependence, counted.values()), default=Fraction(0))


class SignalIsBlind(_Counting):
    """S2: the signal has one law for all synonyms."""

    id = "signal-synonym-blind"
    statement = SIGNAL_BLIND.id
    quantity = "max |q_μ − q_μ'| over synonyms"

    def deviation(self, grammar: Grammar, counted: Counted, level: int) -> Fraction:
        """Over all pairs of synonyms that come first and all values, entry by entry."""
        q = {patch: _law(seen) for patch, seen in counted.items()}
        worst = Fraction(0)
        for rules in grammar.rules[level - 1]:
            laws = [q[one] for one in map(tuple, rules.tolist()) if one in q]
            values = {value for law in laws for value in law}
            for value in values:
                shares = [law.get(value, Fraction(0)) for law in laws]
                worst = max(worst, max(shares) - min(shares))
        return worst


def _uncountable(grammar: Grammar, signal: Signal) -> str:
    """Why the derivations cannot be listed with the signal's value on each."""
    if signal.uniforms:
        return f"{signal.name} takes random numbers beside the derivation"
    try:
        _derivations(grammar)
    except InputError as refusal:
        return f"{refusal}"
    return ""


def _derivations(grammar: Grammar) -> tuple[list[np.ndarray], list[Fraction]]:
    """The tokens of every level of all derivations, (b, s^l) each, and their probabilities."""

    def listed() -> tuple[list[np.ndarray], list[Fraction]]:
        found = enumerate_derivations(grammar).derivations
        tree = [
            np.array([one.levels[level] for one in found]) for level in range(grammar.levels + 1)
        ]
        return tree, [one.probability for one in found]

    return grammar.once(("derivations as arrays",), listed)


def _counted(grammar: Grammar, signal: Signal, level: int, *, leak: float) -> Counted:
    """The law of first patch, leaves below and signal; with `leak`, of leaves that may show it."""
    tree, probability = _derivations(grammar)
    values = np.asarray(signal.value(grammar, tree, level)).tolist()
    patches = tree[level][:, : grammar.branching].tolist()
    leaves = tree[-1][:, : grammar.leaves_below(level)].tolist()
    shown = Fraction(leak)
    found: defaultdict[Tokens, Any] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(Fraction))
    )
    for patch, below, value, share in zip(patches, leaves, values, probability, strict=True):
        seen = found[tuple(patch)]
        seen[tuple(below), NOTHING][value] += share * (1 - shown)
        if shown:
            seen[tuple(below), value][value] += share * shown
    return found


def _law(seen: Mapping[tuple[Tokens, int], Mapping[int, Fraction]]) -> dict[int, Fraction]:
    """P[value | patch]."""
    law: dict[int, Fraction] = defaultdict(Fraction)
    for values in seen.values():
        for value, share in values.items():
            law[value] += share
    total = sum(law.values(), Fraction(0))
    return {value: share / total for value, share in law.items()}


def _dependence(seen: Mapping[tuple[Tokens, int], Mapping[int, Fraction]]) -> Fraction:
    """max |P[z, x | μ] − P[z | μ] P[x | μ]| of one patch."""
    q = _law(seen)
    total = sum((share for values in seen.values() for share in values.values()), Fraction(0))
    worst = Fraction(0)
    for values in seen.values():
        below = sum(values.values(), Fraction(0)) / total
        for value, share in q.items():
            worst = max(worst, abs(values.get(value, Fraction(0)) / total - share * below))
    return worst


def _not_blind(instance: Instance) -> str:
    """At which levels the signal has other laws for synonyms, as it says itself."""
    found: SignalInstanceParameters = instance.parameters
    for level in found.taught:
        if why := found.target.broken(instance.grammar, level).get("synonym-blind"):
            return f"Level {level}: {why}."
    return ""


class SignalSeparates(Check[SignalInstanceParameters]):
    """S4: the least distance of the laws of non-synonyms, level by level, exact on each draw."""

    id = "signal-separation"
    statement = SIGNAL_SEPARATION.id
    may_be_turned_by = ("identical-parents", "dead-symbol")
    quantity = "ρ_Z"
    parameters = SignalInstanceParameters
    answers: ClassVar[Answers] = {SIGNAL_BLIND.id: OnGrammar(_not_blind)}

    def rows(self, parameters: SignalInstanceParameters) -> Sequence[Row]:
        """One row for every level that the signal teaches."""
        return [{"level": level} for level in parameters.taught]

    def trial(self, parameters: SignalInstanceParameters, trial: Trial) -> Outcome:
        """ρ_Z of every level, and the pair of patches that attains it."""
        grammar, signal = trial.grammar(parameters), parameters.target
        if why := teaches_nothing(signal, grammar):
            return Outcome.without({"taught": why})
        laws = [patch_law(grammar, level, signal=signal) for level in parameters.taught]
        return Outcome({str(law.level): closest_non_synonyms(law)._asdict() for law in laws})

    def claim(
        self, parameters: SignalInstanceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The least over all draws against 0."""
        found = [ClosestPair(**values) for values in at_level(outcomes, row["level"])]
        certain = [pair for pair in found if not pair.unknown] or found
        worst = min(certain, key=lambda pair: pair.rho)
        unknown = next((pair.unknown for pair in found if pair.unknown), "")
        pair = {"patches": [worst.first, worst.second]}
        return least_positive(worst.rho, len(found), unknown, pair)


CHECKS = (SignalIsClean(), SignalIsBlind(), SignalSeparates())
