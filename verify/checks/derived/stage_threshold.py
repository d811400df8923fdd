"""How the threshold of the hardest stage grows with depth, by what the stages predict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from layerproof.theory.ensembles import DEFAULT
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import LABEL
from layerproof.theory.signals.path import OutsideSignal
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.premises import LEARNABLE, Answers, Given, Instance, OnParameters
from layerproof.verify.checks.signal_parameter import (
    SignalDepthsParameters,
    SignalName,
    path_crossover,
)
from layerproof.verify.checks.threshold_runs import ended, geometric_means, learnable
from layerproof.verify.statistics import log_exponent_interval, slope_weights
from layerproof.verify.statistics.thresholds import search_threshold
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Claim, Equality

ERROR = 0.1
"""The share of patches in another cluster than their parent's, at N*."""
START = 2.0
"""N/N_× at which the walk begins."""
LOWEST = 2
"""The last stage: no token of the string teaches level 1."""


class DepthStageParameters(SignalDepthsParameters):
    """Grammars of several depths, and what the stages predict."""

    signal: SignalName = "label"
    strings: int = Field(2000, ge=100, description="test strings of every stage")
    margin: float = Field(0.1, gt=0, description="margin of the exponent of m^L")


def _known_crossover(instance: Instance) -> str:
    """Why no formula has the crossovers of the signal."""
    found: DepthStageParameters = instance.parameters
    if found.target == LABEL or found.all_ways(LOWEST):
        return ""
    return f"{found.signal} is neither the label nor a token by first children outside the patch"


class StageThreshold(Check[DepthStageParameters]):
    """log N* against log m^L: slopes of single trials, one grammar of each depth.

    The stage clusters patches by their counts (:mod:`layerproof.layerwise.clustering`).
    """

    id = "stage-threshold"
    statement = "derived.stage-threshold"
    may_be_turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents", "uncorrelated-rules")
    quantity = "exponent of N*"
    parameters = DepthStageParameters
    about_ensemble = True
    needs_torch = True
    answers: ClassVar[Answers] = {
        **LEARNABLE,
        "ensemble.uniform-first-token": Given(f"{DEFAULT}, at every depth"),
        "signal.crossover": OnParameters(_known_crossover),
        "derived.stage-threshold/below": Given("the stages below are given the true parents"),
    }

    def trial(self, parameters: DepthStageParameters, trial: Trial) -> Outcome:
        """N* of one grammar of every depth."""
        values: dict[str, float] = {}
        for L in parameters.depths:
            instance = parameters.instance(L)
            grammar, premises = learnable(instance, trial, parameters.target)
            if any(premises.values()):
                return Outcome.without(premises)
            level, crossover = self._hardest(parameters, L)
            values[str(L)] = _threshold(parameters, grammar, level, crossover, trial)
        return Outcome(values, premises)

    def claim(
        self, parameters: DepthStageParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The mean slope against that of the largest crossover over the same depths."""
        sizes = [float(parameters.m) ** L for L in parameters.depths]
        found = _found(parameters, outcomes)
        hardest = [self._hardest(parameters, L)[1] for L in parameters.depths]
        # Against the first: equal ones give 0 and not its rounding.
        predicted = float(np.log(np.divide(hardest, hardest[0])) @ slope_weights(sizes))
        interval = log_exponent_interval(sizes, found, 0.95)
        return Equality(interval, predicted, parameters.margin, trials=len(found), absolute=True)

    def pictures(
        self, parameters: DepthStageParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """N* against L, beside the largest crossover, scaled to the least depth."""
        depths = [float(L) for L in parameters.depths]
        measured = geometric_means("measured", depths, _found(parameters, outcomes))
        hardest = [self._hardest(parameters, L)[1] for L in parameters.depths]
        scale = measured.y[0] / hardest[0]
        line = [scale * each for each in hardest]
        name = f"{scale:.2f} N_× of the hardest stage"
        return (
            Chart(
                f"Strings that the hardest stage on {parameters.signal} needs",
                "Marks follow the line where N* grows as the largest crossover does.",
                Axis("number of levels L"),
                Axis("N* (strings)", "log"),
                [measured, Series(name, depths, line, role="predicted")],
            ),
        )

    def _hardest(self, parameters: DepthStageParameters, L: int) -> tuple[int, float]:
        """The level of the largest crossover in a grammar of L levels, and that crossover."""
        levels = range(LOWEST, L + 1)
        found = [(self._crossover(parameters, L, level), -level) for level in levels]
        crossover, level = max(found)
        return -level, crossover

    def _crossover(self, parameters: DepthStageParameters, L: int, level: int) -> float:
        if isinstance(parameters.target, OutsideSignal):
            return path_crossover(self.formula("printed", "path"), parameters, L, level)
        sizes = {"V": parameters.V, "m": parameters.m, "s": parameters.s}
        return self.formula("printed", "label")(n=parameters.V, l=level, **sizes)


def _threshold(
    parameters: DepthStageParameters, grammar: Grammar, level: int, crossover: float, trial: Trial
) -> float:
    """N* by the rule of :mod:`layerproof.verify.statistics.thresholds`; inf where none is found."""
    from layerproof.layerwise.clustering import cluster_chain, true_chain

    below = true_chain(grammar, level + 1)

    def error(ratio: float) -> float:
        samples = max(1, math.ceil(ratio * crossover * trial.control.samples))
        name = (grammar.levels, f"{ratio:.6g}")
        seed, test = trial.derive("stage", *name), trial.derive("test", *name)
        found = cluster_chain(
            grammar, samples, parameters.target, seed=seed, lowest=level, below=below
        )
        return 1.0 - found.accuracy(level, strings=parameters.strings, seed=test)

    return crossover * search_threshold(error, START, ERROR).threshold


def _found(parameters: DepthStageParameters, outcomes: Sequence[Outcome]) -> NDArray[np.float64]:
    """N* of every trial and depth. Raises ThinEvidence where a search did not end."""
    return ended([[outcome.values[str(L)] for L in parameters.depths] for outcome in outcomes])


CHECKS = (StageThreshold(),)
