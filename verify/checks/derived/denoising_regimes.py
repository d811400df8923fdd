"""Whether belief in the true symbol rises or falls from level to level, draw by draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import Field

from layerproof.theory.forward_backward import Channel, MapSize, kept_in_mean_field
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.inference import Weights, sample_derivations
from layerproof.theory.randomness import generator
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.cagnetta2024.joints import UniformParameters
from layerproof.verify.checks.derived.annealed_map import planted, true_beliefs
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Frequency

Evidence = Literal["planted", "masking", "uniform"]

POPULATION = 4000
"""Messages of a level: means are off by less than 0.02."""


class RegimeParameters(UniformParameters):
    """An ensemble, the noise and what it does to a leaf, and strings a draw."""

    evidence: Evidence = Field("planted", description="on the true leaf, or noise as it is")
    noise: float = Field(0.5, gt=0, lt=1, description="the probability that a leaf is hit")
    strings: int = Field(20, ge=1, description="strings drawn of a grammar")
    delta: float = Field(0.2, gt=0, lt=1, description="share of draws that go the other way")


class DenoisingRegimes(Check[RegimeParameters]):
    """Each draw's mean belief in the label, by that in the tokens half-way up."""

    id = "denoising-regimes"
    statement = "derived.denoising-regimes"
    about_ensemble = True
    quantity = "share of draws whose belief goes the other way"
    parameters = RegimeParameters

    def trial(self, parameters: RegimeParameters, trial: Trial) -> Outcome:
        """One draw: messages upward, each normalised at its node."""
        grammar, rng = trial.grammar(parameters), generator(trial.derive("noisy strings"))
        trees = sample_derivations(grammar, parameters.strings, rng).levels
        symbols = grammar.vocabularies[-1]
        leaves = _log_evidence(trees[-1], symbols, parameters.evidence, parameters.noise, rng)
        return Outcome(true_beliefs(grammar, trees, Weights({grammar.levels: leaves})))

    def claim(
        self, parameters: RegimeParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Frequency:
        """How many draws go the other way between half of the height and the label."""
        half = str(parameters.depth - parameters.depth // 2)
        rises = self._rises(parameters, form)
        pairs = [(one.values[half], one.values["0"]) for one in outcomes]
        failures = sum((label > below) != rises for below, label in pairs)
        labels = [label for _, label in pairs]
        shown = {
            "rises": rises,
            "half-way up": math.fsum(below for below, _ in pairs) / len(pairs),
            "label": math.fsum(labels) / len(labels),
        }
        if len(labels) > 1:
            interval = mean_interval(labels, 0.95)
            shown |= {"label, from": interval.low, "label, to": interval.high}
        return Frequency(failures, len(pairs), parameters.delta, worst=shown)

    def _rises(self, parameters: RegimeParameters, form: str) -> bool:
        """By the map where evidence is planted; else by its slopes, and between by the mean field.

        Where 1/V and 1 are both stable the noise at which the label is lost depends on what the
        noise is.
        """
        sizes = parameters.sizes
        if parameters.evidence == "planted":
            start = self.formula(form, "start")(epsilon=parameters.noise, **sizes)
            return self.formula(form, "map")(belief=start, **sizes) > start
        if self.formula(form, "slope at 1/V")(**sizes) > 1:
            return True
        if self.formula(form, "slope at 1")(**sizes) > 1:
            return False
        size = MapSize(parameters.V, parameters.m, parameters.s, parameters.depth)
        half = size._replace(levels=parameters.depth // 2)
        channel, noise = parameters.evidence, parameters.noise
        return label_kept(size, channel, noise) > label_kept(half, channel, noise)


def _log_evidence(
    leaves: Integers, symbols: int, evidence: Evidence, noise: float, rng: np.random.Generator
) -> Floats:
    """log P[what is seen of a leaf | its symbol], (strings, d, V)."""
    if evidence == "masking":
        hidden = rng.random(leaves.shape) < noise
        with np.errstate(divide="ignore"):
            return np.asarray(np.where(hidden[..., None], 0.0, np.log(np.eye(symbols)[leaves])))
    if evidence == "uniform":
        hit = rng.random(leaves.shape) < noise
        leaves = np.where(hit, rng.integers(symbols, size=leaves.shape), leaves)
    return planted(leaves, symbols, noise)


@lru_cache(64)
def label_kept(size: MapSize, channel: Channel, noise: float) -> float:
    """The probability of the true label in the mean field, which is drawn once for all trials."""
    rng = generator(0, "regimes", *size, channel, f"{noise:g}")
    return float(kept_in_mean_field(size, channel, noise, POPULATION, rng)[0])


CHECKS = (DenoisingRegimes(),)
