"""The synonym sensitivity of the trained learner, in units of the crossover."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.inverse_moments import binomial
from layerproof.theory.population import PatchLaw, crossover_samples, patch_law
from layerproof.theory.predictions import PATCHES, count_correction
from layerproof.theory.schedule import multiple_samples, practical
from layerproof.theory.signals import LABEL, Signal, signal_named
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Row,
    Trial,
)
from layerproof.verify.checks.costs import curve_seconds
from layerproof.verify.checks.edges import MOST_SAMPLES, uncounted
from layerproof.verify.checks.premises import Answers, drawn_from
from layerproof.verify.checks.signal_parameter import SignalName
from layerproof.verify.statistics import ThinEvidence, ratio_interval
from layerproof.verify.verdicts.claims import Equality

if TYPE_CHECKING:
    from layerproof.layerwise.network import LayerwiseLearner
from layerproof.verify.statistics import Interval
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series

CLEAN_MULTIPLE = 1024.0
"""N/(n m^l) of the stages below the one under test, so that what they add can be neglected."""


class SensitivityParameters(InstanceParameters):
    """The curve S(N): one stage at a time, at N given in units of its crossover size."""

    ratios: tuple[float, ...] = Field((1.0, 4.0, 16.0), description="N / N_× of the stage")
    levels: tuple[int, ...] | None = Field(None, description="stages; all but level 1 by default")
    margin: float = Field(0.05, gt=0, description="relative margin of the equivalence test")

    @property
    def target(self) -> Signal:
        """What the stages predict."""
        return LABEL

    @property
    def stages(self) -> tuple[int, ...]:
        """The levels under test. At level 1 the label is a function of the patch: S is 0."""
        wanted = self.levels or tuple(range(2, self.depth + 1))
        return tuple(level for level in wanted if level <= self.depth)


class SensitivityCurve(Check[SensitivityParameters]):
    """⟨‖h_μ − h_μ'‖²⟩ over synonyms and over non-synonyms, as a ratio of means over trials.

    On drawn grammars N_× is the ensemble's formula, and both means are over grammars too; on a file
    N_× and e(N) are the instance's own.
    """

    id = "sensitivity-curve"
    statement = "derived.sensitivity-curve"
    turned_by = ("ambiguous-rules", "too-few-samples")
    may_be_turned_by = ("dead-symbol", "identical-parents", "uncorrelated-rules")
    quantity = "S(N)"
    forms = ("printed", "repaired")
    parameters = SensitivityParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        "ensemble.uniform-first-token": drawn_from("uniform-first-token", file=True)
    }

    def trial_seconds(self, parameters: SensitivityParameters) -> float:
        """The curve, in proportion to its sizes."""
        return curve_seconds(parameters.extent) * max(1.0, len(parameters.ratios) / 3.0)

    def rows(self, parameters: SensitivityParameters) -> Sequence[Row]:
        """One row for every stage and sample size."""
        return [
            {"level": level, "N_over_crossover": ratio}
            for level in parameters.stages
            for ratio in parameters.ratios
        ]

    def trial(self, parameters: SensitivityParameters, trial: Trial) -> Outcome:
        """Train up to every stage and measure both mean squares, at every sample size."""
        grammar = trial.grammar(parameters)
        values: dict[str, tuple[float, ...]] = {}
        for row in self.rows(parameters):
            point = self._point(grammar, parameters, row, trial.form)
            if not 0 < point["crossover"] < math.inf:
                reason = f"Level {row['level']}: N_× is {point['crossover']:g}."
                return Outcome.without({"derived.crossover": reason})
            if many := uncounted(row["level"], point["N"]):
                return Outcome.without({"derived.crossover": many})
            samples = math.ceil(point["N"])
            found = _mean_squares(grammar, row, samples, trial, parameters.target)
            values[_key(row)] = (*found, point["N"], point["crossover"], point["count_correction"])
        return Outcome(values)

    def claim(
        self, parameters: SensitivityParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The ratio of the means against the curve."""
        found = np.array([outcome.values[_key(row)] for outcome in outcomes])
        interval = ratio_interval(found[:, 0], found[:, 1], 0.95)
        names = ("N", "crossover", "count_correction")
        points = np.unique(found[:, 2:], axis=0).tolist()  # one, or each instance's own
        curve = self.formula(form, "sensitivity")
        predicted = [curve(**dict(zip(names, point, strict=True))) for point in points]
        return Equality(interval, fmean(predicted), parameters.margin, trials=len(found))

    def _point(
        self, grammar: Grammar, parameters: SensitivityParameters, row: Row, form: str
    ) -> dict[str, float]:
        """N in whole samples, N_× and e(N) at one row."""
        level, ratio = row["level"], row["N_over_crossover"]
        if parameters.grammar is not None or parameters.target != LABEL:
            law = patch_law(grammar, level, signal=parameters.target)
            crossover = crossover_samples(law)
            if not 0 < crossover < math.inf:
                return {"crossover": crossover}
            N = max(1, math.ceil(ratio * crossover))
            correction = mean_correction(law, N) if N <= MOST_SAMPLES else math.nan
            return {"N": N, "crossover": crossover, "count_correction": correction}
        sizes = {"V": parameters.V, "m": parameters.m, "n": parameters.classes or parameters.V}
        crossover = self.formula(form, "crossover")(l=level, **sizes)
        if not 0 < crossover < math.inf:
            return {"crossover": crossover}
        N = max(1, math.ceil(ratio * crossover))
        correction = count_correction(N, 1 / PATCHES.integer(l=level, **sizes))
        return {"N": N, "crossover": crossover, "count_correction": correction}


def mean_correction(law: PatchLaw, samples: int) -> float:
    """e(N) of an instance: its mean noise by exact inverse counts over the same by 1/(N p_μ).

    Where κ = 1 it is :func:`layerproof.theory.predictions.count_correction`.
    """
    first = law.can_come_first
    p = law.probability[first]
    spread = 1.0 - (law.posterior[first] ** 2).sum(axis=1)
    inverse = np.array([binomial(samples, min(1.0, float(share))).first for share in p])
    return float((spread * inverse).sum() / (spread / (samples * p)).sum())


def _key(row: Row) -> str:
    return f"{row['level']}@{row['N_over_crossover']:g}"


def _mean_squares(
    grammar: Grammar, row: Row, samples: int, trial: Trial, signal: Signal
) -> tuple[float, float]:
    """Mean squared distances of synonyms and of others, over patches that were in the sample.

    0, 0 where too little was seen for pairs.
    """
    from layerproof.layerwise.training import train

    level = row["level"]
    per_level = multiple_samples(grammar, CLEAN_MULTIPLE)
    per_level[level - 1] = max(1, math.ceil(samples * trial.control.samples))
    schedule = practical(grammar, samples_per_level=per_level).down_from(level)
    seed = trial.derive("train", _key(row))
    learner = train(grammar, schedule, seed=seed, device=trial.device, signal=signal).learner
    return seen_pairs(learner, patch_law(grammar, level, signal=signal), trial.derive("measure"))


def seen_pairs(learner: LayerwiseLearner, law: PatchLaw, seed: int) -> tuple[float, float]:
    """Mean squared distances of synonyms and of others at one level, over patches that were seen.

    0, 0 where too little was seen for pairs.
    """
    from layerproof.verify.measure.in_sample import in_sample
    from layerproof.verify.measure.invariance import synonym_mean_squares

    seen = in_sample(learner, law.grammar, law.level, seed=seed)
    law = replace(law, joint=law.joint * seen[:, None])
    try:
        return synonym_mean_squares(learner, law.grammar, law.level, seed=seed, law=law)
    except ThinEvidence:
        return 0.0, 0.0


class SensitivityDecades(SensitivityCurve):
    """`sensitivity-curve` with its chart: each level measured and predicted."""

    id = "sensitivity-decades"

    def pictures(
        self, parameters: SensitivityParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """Beside the first row: S over N/N_× at every level."""
        if row != self.rows(parameters)[0]:
            return ()
        series: list[Series] = []
        for level in parameters.stages:
            claims = []
            for ratio in parameters.ratios:
                about = {"level": level, "N_over_crossover": ratio}
                claims.append(self.claim(parameters, about, outcomes, form))
            intervals = [claim.interval for claim in claims]
            predicted = [claim.predicted for claim in claims]
            series += _measured_and_predicted(level, parameters.ratios, intervals, predicted)
        caption = "Marks lie on the line of their level if the prediction holds; nothing is fitted."
        axes = Axis("N/N_× of the stage", "log"), Axis("synonym sensitivity S", "log")
        return (Chart("Synonym sensitivity at every level", caption, *axes, series),)


def _measured_and_predicted(
    level: int, x: Sequence[float], found: Sequence[Interval], predicted: Sequence[float]
) -> list[Series]:
    measured = Series(
        f"level {level}",
        list(x),
        [interval.estimate for interval in found],
        [interval.low for interval in found],
        [interval.high for interval in found],
    )
    return [
        measured,
        Series(f"level {level}, predicted", list(x), list(predicted), role="predicted"),
    ]


class SignalSensitivityParameters(SensitivityParameters):
    """The curve of stages that predict another signal than the label."""

    signal: SignalName = "own-latent"

    @property
    def target(self) -> Signal:
        """What the stages predict."""
        return signal_named(self.signal)


class SignalSensitivity(SensitivityCurve):
    """`sensitivity-curve` where the label is not what a stage predicts; N_× is the instance's."""

    id = "signal-sensitivity"
    parameters = SignalSensitivityParameters


CHECKS = (SensitivityCurve(), SensitivityDecades(), SignalSensitivity())
