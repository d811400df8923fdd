"""What K26's theorem asks for, measured on instances: balanced, separated, stable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.latent_chain import OWN_LATENT
from layerproof.theory.latent_schedule import grammatical_share
from layerproof.theory.population import closest_non_synonyms, equally_likely_first, patch_law
from layerproof.theory.randomness import generator
from layerproof.theory.statements.korchinski2026.premises import (
    BALANCED,
    SEPARATED,
    STABLE_CLUSTERING,
)
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial, at_level
from layerproof.verify.checks.edges import NO_PAIR
from layerproof.verify.checks.premises import Answers, Instance, OnParameters
from layerproof.verify.checks.signal_parameter import teaches_nothing
from layerproof.verify.verdicts.claims import Claim, Identity, Inequality, Nothing

Floats = NDArray[np.float64]

SCATTERS = ("random", "opposed")
"""How points lie about their centres: anywhere, or half of a class each way along one line."""


class BalancedParameters(InstanceParameters):
    """Which instances."""


class SeparatedParameters(InstanceParameters):
    """Which instances, and the constant that they are held against."""

    V: int = Field(32, ge=2)
    m: int = Field(8, ge=1)
    L: int = Field(3, ge=2)
    separation_constant: float = Field(0.4, gt=0, description="c_sep")


def incomplete(instance: Instance) -> str:
    """Why own latents can tell nothing apart at these sizes."""
    found: InstanceParameters = instance.parameters
    if found.grammar is None:
        missing = teaches_nothing(OWN_LATENT, found.family)
        full = found.m >= found.V ** (found.s - 1)
    else:
        grammar = found.grammar.grammar
        missing = teaches_nothing(OWN_LATENT, grammar)
        full = any(grammatical_share(grammar, level) >= 1 for level in range(1, grammar.levels))
    told = "f = 1: every tuple is grammatical, and no token of a string tells of another"
    return missing or (told if full else "")


class Balanced(Check[BalancedParameters]):
    """κ of every level against 1, in rational arithmetic where floating point cannot tell."""

    id = "k26-balanced"
    statement = BALANCED.id
    turned_by = ("dead-symbol",)
    quantity = "1 − 1/κ"
    parameters = BalancedParameters

    def rows(self, parameters: BalancedParameters) -> Sequence[Row]:
        """One row a level."""
        return [{"level": level} for level in range(1, parameters.depth + 1)]

    def trial(self, parameters: BalancedParameters, trial: Trial) -> Outcome:
        """1 − 1/κ of every level: 1 where a patch never comes first."""
        grammar = trial.grammar(parameters)
        found = {}
        for level in range(1, grammar.levels + 1):
            law = patch_law(grammar, level)
            even = law.can_come_first.all() and equally_likely_first(law)
            rarest = len(law.patch) * float(law.probability.min())
            found[str(level)] = 0.0 if even else 1.0 - rarest
        return Outcome(found)

    def claim(
        self, parameters: BalancedParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The largest over all draws."""
        found = at_level(outcomes, row["level"])
        return Identity(max(found), rounding=0.0, examined=len(found))


class Separated(Check[SeparatedParameters]):
    """The least distance of two parents' laws at every level, exact on each draw."""

    id = "k26-separated"
    statement = SEPARATED.id
    quantity = "least separation by own latents"
    parameters = SeparatedParameters
    answers: ClassVar[Answers] = {"K26.incomplete": OnParameters(incomplete)}

    def rows(self, parameters: SeparatedParameters) -> Sequence[Row]:
        """One row for every level but the first, which nothing in the string teaches."""
        return [{"level": level} for level in range(2, parameters.depth + 1)]

    def trial(self, parameters: SeparatedParameters, trial: Trial) -> Outcome:
        """ρ of every level, with V, m and s of the grammar itself."""
        grammar = trial.grammar(parameters)
        levels = range(2, grammar.levels + 1)
        pairs = {str(level): least_distance(grammar, level)._asdict() for level in levels}
        return Outcome(pairs | {"sizes": sizes_of(grammar)})

    def claim(
        self, parameters: SeparatedParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The least over all draws; beside it c_sep itself."""
        found = at_level(outcomes, row["level"])
        worst = min(found, key=lambda pair: float(pair["rho"]))
        if worst["unknown"]:
            return Nothing(f"a separation cannot be told: {worst['unknown']}", premise_failed=False)
        sizes = outcomes[0].values["sizes"]
        unit = self.formula(form, "separation")(separation_constant=1.0, **sizes)
        c_sep = parameters.separation_constant
        bound = self.formula(form, "separation")(separation_constant=c_sep, **sizes)
        return Inequality(
            worst["rho"],
            self.relation(form),
            bound,
            len(found),
            cannot_fail=NO_PAIR if math.isinf(worst["rho"]) else "",
            worst={"c_sep": worst["rho"] / unit, "patches": [worst["first"], worst["second"]]},
        )


def least_distance(grammar: Grammar, level: int) -> Any:
    """The closest two parents by own latents, as `closest_non_synonyms` has them."""
    return closest_non_synonyms(patch_law(grammar, level, signal=OWN_LATENT))


def sizes_of(grammar: Grammar) -> dict[str, int]:
    """V, m, s and L of a (V, m)-uniform grammar."""
    assert grammar.vocabulary is not None  # Definition 4
    assert grammar.rules_per_symbol is not None
    sizes = {"V": grammar.vocabulary, "m": grammar.rules_per_symbol}
    return sizes | {"s": grammar.branching, "L": grammar.levels}


class StableClusteringParameters(InstanceParameters):
    """Which instances: the centres are their exact laws."""

    L: int = Field(3, ge=2)


class StableClustering(Check[StableClusteringParameters]):
    """Ward's clusters of points at the stated distance from the exact laws of own latents.

    Points are moved by the full distance, in directions drawn at random, or half of a class towards
    the class next to it and half away.
    """

    id = "k26-stable-clustering"
    statement = STABLE_CLUSTERING.id
    turned_by = ("merged-clusters",)
    quantity = "share of levels with a wrong cluster"
    parameters = StableClusteringParameters
    needs_torch = True

    def rows(self, parameters: StableClusteringParameters) -> Sequence[Row]:
        """One row for each way to scatter."""
        return [{"scatter": scatter} for scatter in SCATTERS]

    def trial(self, parameters: StableClusteringParameters, trial: Trial) -> Outcome:
        """The levels whose clusters are wrong, by scatter."""
        grammar = trial.grammar(parameters)
        if why := teaches_nothing(OWN_LATENT, grammar):
            return Outcome.without({"taught": why})
        radius = self.formula(trial.form, "radius")(rho=1.0)
        found = {each: wrong_levels(grammar, trial, each, radius) for each in SCATTERS}
        if found[SCATTERS[0]] is None:
            return Outcome.without({"taught": "two parents share one law at every level"})
        return Outcome(found, {"taught": ""})

    def claim(
        self,
        parameters: StableClusteringParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Identity:
        """The share over all draws and levels; none may be wrong."""
        found = [wrong for outcome in outcomes for wrong in outcome.values[row["scatter"]]]
        return Identity(sum(found) / len(found), rounding=0.0, examined=len(found))


def wrong_levels(grammar: Grammar, trial: Trial, scatter: str, radius: float) -> list[bool] | None:
    """Whether Ward's clusters are wrong, at every level where all parents differ; None for none.

    `radius` is in units of the least distance of two parents.
    """
    from layerproof.layerwise.clustering import same_partition, ward_clusters

    found = []
    for level in range(2, grammar.levels + 1):
        least = least_distance(grammar, level)
        law = patch_law(grammar, level, signal=OWN_LATENT)
        if not 0.0 < least.rho < math.inf:
            continue
        centres = np.array(law.posterior)
        if trial.control.merge:
            merged = law.parent == law.parent[-1]
            centres[merged] = centres[law.parent != law.parent[-1]][0]
        rng = generator(trial.derive("scatter", scatter, level))
        # But for rounding, just inside: ties are nobody's.
        points = centres + (1 - 1e-9) * radius * least.rho * _moves(
            centres, law.parent, scatter, rng
        )
        clusters = ward_clusters(points, grammar.vocabularies[level - 1])
        found.append(not same_partition(clusters, np.asarray(law.parent)))
    return found or None


def _moves(
    centres: Floats, parent: NDArray[np.int64], scatter: str, rng: np.random.Generator
) -> Floats:
    """A vector of length 1 for every point, (r, k)."""
    if scatter == "random":
        moves = rng.standard_normal(centres.shape)
        return np.asarray(moves / np.linalg.norm(moves, axis=1, keepdims=True))
    moves = np.empty_like(centres)
    for symbol in np.unique(parent):
        own = np.flatnonzero(parent == symbol)
        away = centres - centres[own[0]]
        length = np.linalg.norm(away, axis=1)
        nearest = np.where(length > 0, length, np.inf).argmin()
        signs = np.where(np.arange(len(own)) % 2, 1.0, -1.0)
        moves[own] = signs[:, None] * away[nearest] / length[nearest]
    return moves


CHECKS = (Balanced(), Separated(), StableClustering())
