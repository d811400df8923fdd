"""The strings from which a layerwise denoiser knows the rules of a level, and of all levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.premises import LEARNABLE, Answers, Given, Instance, OnParameters
from layerproof.verify.checks.signal_parameter import SignalDepthsParameters, path_crossover
from layerproof.verify.checks.threshold_runs import ended, geometric_means, learnable
from layerproof.verify.statistics import log_exponent_interval, slope_weights
from layerproof.verify.statistics.thresholds import RATIO, search_threshold
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Claim, Equality

if TYPE_CHECKING:
    from torch import Tensor

MISSED = 0.1
"""The share of a level's information that is missed at N*."""
START = 4.0
"""N/N_× at which the walk begins."""
COUNTED = 8192
"""Strings that the decoder counts at most: they cost it 1 % of a level's information."""
LOWEST = 2
"""The last stage of the encoder: no token of the string teaches level 1."""


class DenoiserThresholdParameters(SignalDepthsParameters):
    """Grammars of several depths, and what the encoder's stages predict."""

    strings: int = Field(400, ge=50, description="test strings of every size")
    margin: float = Field(0.35, gt=0, description="margin of the exponents of m^L and of m^(-l)")


def _known_crossover(instance: Instance) -> str:
    """Why no formula has the crossovers of the signal."""
    found: DenoiserThresholdParameters = instance.parameters
    if found.all_ways(LOWEST):
        return ""
    return f"{found.signal} is no token by first children outside the patch"


class Thresholds(TypedDict):
    """N*: of all levels by depth, and of the levels 1 … L − 1 of the deepest grammar."""

    depths: dict[str, float]
    levels: dict[str, float]


class DenoiserThreshold(Check[DenoiserThresholdParameters]):
    """log N* against log m^L, and against log m^(−l): slopes of single trials.

    What a level misses is told by exact window likelihoods of test strings
    (:mod:`layerproof.layerwise.denoising.levels`), the true rules being the floor.
    """

    id = "denoiser-threshold"
    statement = "derived.denoiser-threshold"
    may_be_turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents", "uncorrelated-rules")
    quantity = "exponent of N*"
    parameters = DenoiserThresholdParameters
    about_ensemble = True
    needs_torch = True
    answers: ClassVar[Answers] = {
        **LEARNABLE,
        "ensemble.uniform-first-token": Given("the default ensemble, at every depth"),
        "signal.crossover": OnParameters(_known_crossover),
    }

    def rows(self, parameters: DenoiserThresholdParameters) -> Sequence[Row]:
        """How the threshold grows with depth; with three levels or more, from level to level."""
        several = max(parameters.depths) > 2
        return [{"of": "depth"}, *([{"of": "level"}] if several else [])]

    def trial(self, parameters: DenoiserThresholdParameters, trial: Trial) -> Outcome[Thresholds]:
        """One grammar of every depth; the levels of the deepest, which comes last."""
        found: Thresholds = {"depths": {}, "levels": {}}
        for L in sorted(parameters.depths):
            instance = parameters.instance(L)
            grammar, premises = learnable(instance, trial, parameters.target)
            if any(premises.values()):
                return Outcome.without(premises)
            missed = _missed(parameters, grammar, trial)
            start = START * max(self._crossovers(parameters, L).values())
            found["depths"][str(L)] = _on_the_grid(missed, None, start)
        for level, crossover in self._crossovers(parameters, L).items():
            found["levels"][str(level)] = _on_the_grid(missed, level, START * crossover)
        return Outcome(found, premises)

    def claim(
        self,
        parameters: DenoiserThresholdParameters,
        row: Row,
        outcomes: Sequence[Outcome[Thresholds]],
        form: str,
    ) -> Claim:
        """The mean slope against that of the crossovers of the stages."""
        places, sizes, crossovers = self._curve(parameters, row, form)
        found = _found(row, places, outcomes)
        predicted = float(np.log(np.divide(crossovers, crossovers[0])) @ slope_weights(sizes))
        interval = log_exponent_interval(sizes, found, 0.95)
        return Equality(interval, predicted, parameters.margin, trials=len(found), absolute=True)

    def pictures(
        self,
        parameters: DenoiserThresholdParameters,
        row: Row,
        outcomes: Sequence[Outcome[Thresholds]],
        form: str,
    ) -> Sequence[Picture]:
        """N* beside the crossovers, scaled to the first."""
        places, _, crossovers = self._curve(parameters, row, form)
        x = [float(place) for place in places]
        measured = geometric_means("measured", x, _found(row, places, outcomes))
        scale = measured.y[0] / crossovers[0]
        line = Series(
            f"{scale:.2f} N_×", x, [scale * each for each in crossovers], role="predicted"
        )
        of = "number of levels L" if row["of"] == "depth" else "level l"
        return (
            Chart(
                f"Strings that a denoiser taught by {parameters.signal} needs",
                "Marks follow the line where N* goes as the crossover of the stage below does.",
                Axis(of),
                Axis("N* (strings)", "log"),
                [measured, line],
            ),
        )

    def _curve(
        self, parameters: DenoiserThresholdParameters, row: Row, form: str
    ) -> tuple[list[int], list[float], list[float]]:
        """Depths with m^L, or levels with m^(−l), and the crossovers that set N*."""
        if row["of"] == "depth":
            places = list(parameters.depths)
            hardest = [max(self._crossovers(parameters, L, form).values()) for L in places]
            return places, [float(parameters.m) ** L for L in places], hardest
        found = self._crossovers(parameters, max(parameters.depths), form)
        return list(found), [float(parameters.m) ** -level for level in found], list(found.values())

    def _crossovers(
        self, parameters: DenoiserThresholdParameters, L: int, form: str = "printed"
    ) -> Mapping[int, float]:
        """Of the levels 1 … L − 1: the crossover of the stage that finds their tokens."""
        path = self.formula(form, "path")
        stages = range(LOWEST, L + 1)
        return {stage - 1: path_crossover(path, parameters, L, stage) for stage in stages}


def _missed(
    parameters: DenoiserThresholdParameters, grammar: Grammar, trial: Trial
) -> Callable[[float], list[float]]:
    """From N to the share of each level's information that is missed, the levels 1 … L."""
    import torch

    from layerproof.layerwise.clustering import cluster_chain
    from layerproof.layerwise.denoising.ladder import decoded, sampled_strings
    from layerproof.layerwise.denoising.levels import level_information
    from layerproof.layerwise.denoising.rule_network import RuleNetwork

    seed = trial.derive("test", grammar.levels)
    test = torch.cat(list(sampled_strings(grammar, parameters.strings, seed=seed)))

    def known(network: RuleNetwork) -> Tensor:
        return level_information(network, test).mean(0)

    floor, kept = known(RuleNetwork.of(grammar)), dict[int, list[float]]()

    def missed(ratio: float) -> list[float]:
        samples = max(1, math.ceil(ratio * trial.control.samples))
        if samples not in kept:
            seed = trial.derive("training", grammar.levels, samples)
            chain = cluster_chain(grammar, samples, parameters.target, seed=seed)
            network = decoded(chain, min(samples, COUNTED), seed=seed)
            kept[samples] = (1 - known(network) / floor).tolist()
        return kept[samples]

    return missed


def _on_the_grid(missed: Callable[[float], list[float]], level: int | None, start: float) -> float:
    """N* of a level, or of all, by the stated rule.

    It is walked on the powers of √2, so that all levels share the sizes.
    """

    def error(N: float) -> float:
        found = missed(N)
        return max(found) if level is None else found[level - 1]

    first = RATIO ** round(math.log(start) / math.log(RATIO))
    return search_threshold(error, first, MISSED).threshold


def _found(
    row: Row, places: Sequence[int], outcomes: Sequence[Outcome[Thresholds]]
) -> NDArray[np.float64]:
    """N* of every trial. Raises ThinEvidence where a search did not end."""
    key: Literal["depths", "levels"] = "depths" if row["of"] == "depth" else "levels"
    tables = [outcome.values[key] for outcome in outcomes]
    return ended([[table[str(place)] for place in places] for table in tables])


CHECKS = (DenoiserThreshold(),)
