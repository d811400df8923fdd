"""Belief in the true symbol of every level, from evidence planted on the leaves of strings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.inference import Weights, sample_derivations
from layerproof.theory.inference.arithmetic import Logarithms
from layerproof.theory.inference.passes import messages
from layerproof.theory.randomness import generator
from layerproof.verify.checks.base import Check, Outcome, Row, Trial, at_level
from layerproof.verify.checks.cagnetta2024.joints import UniformParameters
from layerproof.verify.statistics import bounded_mean_interval, mean_interval
from layerproof.verify.verdicts.claims import Equality


class PlantedParameters(UniformParameters):
    """An ensemble, the noise of the planted evidence, and strings a draw."""

    noise: float = Field(0.5, gt=0, lt=1, description="ε: a leaf's belief is 1 − ε + ε/V")
    strings: int = Field(20, ge=1, description="strings drawn of a grammar")


class AnnealedMap(Check[PlantedParameters]):
    """Each draw's mean belief in the true symbols of every level, from the leaves below alone."""

    id = "annealed-map"
    statement = "derived.annealed-map"
    about_ensemble = True
    quantity = "E P[true symbol | leaves below]"
    parameters = PlantedParameters

    def rows(self, parameters: PlantedParameters) -> Sequence[Row]:
        """One row for every level above the leaves."""
        return [{"level": level} for level in reversed(range(parameters.depth))]

    def trial(self, parameters: PlantedParameters, trial: Trial) -> Outcome:
        """One draw: messages upward, each normalised at its node."""
        grammar, rng = trial.grammar(parameters), generator(trial.derive("planted strings"))
        trees = sample_derivations(grammar, parameters.strings, rng).levels
        leaves = planted(trees[-1], grammar.vocabularies[-1], parameters.noise)
        return Outcome(true_beliefs(grammar, trees, Weights({grammar.levels: leaves})))

    def claim(
        self, parameters: PlantedParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the map, as often applied as there are levels below."""
        found, sizes = at_level(outcomes, row["level"]), parameters.sizes
        belief = self.formula(form, "start")(epsilon=parameters.noise, **sizes)
        for _ in range(parameters.depth - row["level"]):
            belief = self.formula(form, "map")(belief=belief, **sizes)
        sure = bounded_mean_interval(found, 0.95, (0.0, 1.0))
        nominal = mean_interval(found, 0.95)
        return Equality(nominal, belief, parameters.margin, len(found), guaranteed=sure)


def planted(leaves: Integers, symbols: int, noise: float) -> Floats:
    """log(1 − ε + ε/V) of the symbol of each leaf (strings, d), log(ε/V) of all others."""
    return np.asarray(np.log((1 - noise) * np.eye(symbols) + noise / symbols)[leaves])


def true_beliefs(
    grammar: Grammar, trees: Sequence[Integers], evidence: Weights
) -> dict[str, float]:
    """By level the mean probability of the true tokens (strings, s^l), from the leaves below."""
    upward = messages(grammar, evidence, slice(0, len(trees[0])), Logarithms)
    found = {}
    for level, (message, _) in zip(range(grammar.levels, -1, -1), upward, strict=True):
        weight = np.exp(message.log_weights - message.log_weights.max(0))
        true = np.take_along_axis(weight, trees[level].T[None], axis=0)[0]
        found[str(level)] = float((true / weight.sum(0)).mean())
    return found


CHECKS = (AnnealedMap(),)
