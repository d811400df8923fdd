"""K26's Theorem 1: its algorithm at its own number of strings, and the scale of that number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from layerproof.theory.latent_chain import OWN_LATENT
from layerproof.theory.population import crossover_samples, patch_law
from layerproof.theory.statements.korchinski2026.premises import (
    BALANCED,
    LEAST_SEPARATION,
    SEPARATED,
    STABLE_CLUSTERING,
    STABLE_RADIUS,
)
from layerproof.theory.statements.korchinski2026.theorem_1 import STATEMENT as THEOREM
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.korchinski2026.premises import (
    SCATTERS,
    incomplete,
    least_distance,
    sizes_of,
    wrong_levels,
)
from layerproof.verify.checks.premises import (
    Answers,
    Instance,
    InTrial,
    OnGrammar,
    OnParameters,
    kappa_is_one,
)
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Claim, Equality, Frequency

MOST_STRINGS = 10_000_000
"""Strings of a stage, all of which are drawn."""


class LatentClusteringParameters(InstanceParameters):
    """Which instances, and the constants that the theorem leaves open."""

    V: int = Field(16, ge=2)
    m: int = Field(4, ge=1)
    L: int = Field(3, ge=2)
    C: float = Field(2.0, gt=0, description="the constant of the number of strings")
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability")
    separation_constant: float = Field(0.5, gt=0, description="c_sep")
    margin: float = Field(0.15, gt=0, description="relative margin of the scale")


def _not_separated(instance: Instance) -> str:
    """At which levels own latents separate by less than c_sep √(1 − f)/m."""
    c_sep = instance.parameters.separation_constant
    if instance.grammar.vocabulary is None or instance.grammar.rules_per_symbol is None:
        return "levels differ in their number of tokens, or symbols in their number of rules"
    unit = LEAST_SEPARATION(separation_constant=1.0, **sizes_of(instance.grammar))
    for level in range(2, instance.grammar.levels + 1):
        found = least_distance(instance.grammar, level)
        if found.unknown or found.rho < c_sep * unit:
            told = found.unknown or f"c_sep is {found.rho / unit:.3g}, not {c_sep:g} or more"
            return f"Level {level}: {told}"
    return ""


class IterativeLatentClustering(Check[LatentClusteringParameters]):
    """One run of the algorithm: whether every latent below the label is right, exactly.

    Instances on which a premise fails are left out. Beside it the crossover of own latents, the
    mean over levels, against the scale V m³/(1 − f).
    """

    id = "k26-theorem-1"
    statement = THEOREM.id
    turned_by = ("too-few-samples",)
    quantity = "P[a latent is wrong], N_×"
    parameters = LatentClusteringParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        "K26.incomplete": OnParameters(incomplete),
        BALANCED.id: OnGrammar(kappa_is_one),
        SEPARATED.id: OnGrammar(_not_separated),
        STABLE_CLUSTERING.id: InTrial(),
    }

    def rows(self, parameters: LatentClusteringParameters) -> Sequence[Row]:
        """The conclusion, and the scale of the number of strings."""
        return [{"part": "latents"}, {"part": "scale"}]

    def trial(self, parameters: LatentClusteringParameters, trial: Trial) -> Outcome:
        """One run on one instance."""
        from layerproof.layerwise.clustering import cluster_chain

        grammar = trial.grammar(parameters)
        premises = {STABLE_CLUSTERING.id: _unstable(trial, parameters)}
        sizes = sizes_of(grammar) | {"delta": parameters.delta, "C": parameters.C}
        strings = self.formula(trial.form, "samples")(**sizes) * trial.control.samples
        premises["countable"] = _too_many(strings)
        if any(premises.values()):
            return Outcome.without(premises)
        count = math.ceil(strings)
        chain = cluster_chain(grammar, count, OWN_LATENT, seed=trial.derive("clustering"))
        levels = range(2, grammar.levels + 1)
        laws = [patch_law(grammar, level, signal=OWN_LATENT) for level in levels]
        crossover = sum(map(crossover_samples, laws)) / len(laws)
        right = {"right": chain.recovers_all(), "strings": count}
        scale = self.formula(trial.form, "scale")(**sizes)
        return Outcome(right | {"crossover": crossover, "scale": scale}, premises)

    def claim(
        self,
        parameters: LatentClusteringParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Claim:
        """Failures against δ; the mean crossover against the scale."""
        found = [outcome.values for outcome in outcomes]
        if row["part"] == "latents":
            failures = sum(not values["right"] for values in found)
            told = {"strings of a stage": found[0]["strings"]}
            return Frequency(failures, len(found), parameters.delta, worst=told)
        interval = mean_interval([values["crossover"] for values in found], 0.95)
        return Equality(interval, found[0]["scale"], parameters.margin, trials=len(found))


def _unstable(trial: Trial, parameters: LatentClusteringParameters) -> str:
    """Why Ward's method is not stable on this instance; empty where it is at every level."""
    grammar = trial.grammar(parameters)
    for scatter in SCATTERS:
        wrong = wrong_levels(grammar, trial, scatter, STABLE_RADIUS(rho=1.0))
        if wrong is None or any(wrong):
            return f"points within an eighth of the least distance, {scatter}, get wrong clusters"
    return ""


def _too_many(strings: float) -> str:
    return "" if strings <= MOST_STRINGS else f"{strings:.3g} strings a stage are too many to draw"


CHECKS = (IterativeLatentClustering(),)
