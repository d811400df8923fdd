"""The synonym sensitivity of learners of grammars whose patches are not equally likely."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import (
    PatchLaw,
    crossover_samples,
    mean_noise,
    mean_square_separation,
    patch_law,
)
from layerproof.theory.predictions import CROSSOVER, PATCHES, SENSITIVITY_REPAIRED, count_correction
from layerproof.theory.schedule import practical
from layerproof.theory.statements.derived.uneven_sensitivity import STATEMENT as CURVE
from layerproof.theory.uneven import seen_squares
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Row,
    Trial,
)
from layerproof.verify.checks.derived.sensitivity_curve import CLEAN_MULTIPLE, seen_pairs
from layerproof.verify.checks.edges import MOST_SAMPLES, uncounted
from layerproof.verify.statistics import ratio_interval
from layerproof.verify.verdicts.claims import Claim, Equality, Nothing


class UnevenParameters(InstanceParameters):
    """S(N) at N in units of the ensemble's crossover size with uniform rules.

    So every exponent is measured at the same N. `prediction` "uniform" judges the learner by the
    curve of uniform rules: the negative control of the other.
    """

    ratios: tuple[float, ...] = Field((1.0, 4.0, 16.0, 64.0), description="N / N_×(a = 0)")
    levels: tuple[int, ...] | None = Field(None, description="stages; all but level 1 by default")
    margin: float = Field(0.1, gt=0, description="relative margin of the equivalence test")
    prediction: Literal["instance", "uniform"] = "instance"

    @property
    def stages(self) -> tuple[int, ...]:
        """The levels under test. At level 1 the label is a function of the patch: S is 0."""
        wanted = self.levels or tuple(range(2, self.depth + 1))
        return tuple(level for level in wanted if level <= self.depth)

    @property
    def sizes(self) -> dict[str, int]:
        """V, m, n as formulas take them."""
        return {"V": self.V, "m": self.m, "n": self.classes or self.V}


class UnevenSensitivity(Check[UnevenParameters]):
    """⟨‖h_μ − h_μ'‖²⟩ of synonyms over that of others, as a ratio of means over trials.

    Prediction and measurement are averaged over the same grammars, and the interval speaks of the
    noise on these: what the exact means say of a grammar is taken off each trial, and their average
    put back, which moves no mean.
    """

    id = "zipf-sensitivity"
    statement = CURVE.id
    turned_by = ("ambiguous-rules",)
    quantity = "S(N)"
    forms = ("printed", "repaired")
    parameters = UnevenParameters
    needs_torch = True

    def rows(self, parameters: UnevenParameters) -> Sequence[Row]:
        """One row for every stage and sample size."""
        return [
            {"level": level, "N_over_uniform": ratio}
            for level in parameters.stages
            for ratio in parameters.ratios
        ]

    def trial(self, parameters: UnevenParameters, trial: Trial) -> Outcome:
        """Train up to every stage and measure both mean squares, beside what each predicts."""
        grammar = trial.grammar(parameters)
        values: dict[str, Any] = {}
        for row in self.rows(parameters):
            law = patch_law(grammar, row["level"])
            if not 0 < crossover_samples(law) < math.inf:
                reason = f"Level {row['level']}: N_× is {crossover_samples(law):g}."
                return Outcome.without({"derived.crossover": reason})
            N = _samples(parameters, row, law)
            if many := uncounted(row["level"], N):
                return Outcome.without({"derived.crossover": many})
            exact = [mean_noise(law), mean_square_separation(law), *seen_squares(law, N)]
            if not all(map(math.isfinite, exact)):
                reason = f"Level {row['level']}: no two synonyms or others are seen, or too rarely."
                return Outcome.without({"derived.crossover": reason})
            found = _measure(law, max(1, math.ceil(N * trial.control.samples)), row, trial)
            values[_key(row)] = [*found, N, *exact]
        return Outcome(values)

    def claim(
        self, parameters: UnevenParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The ratio of the means against the prediction."""
        if parameters.grammar is not None and parameters.prediction == "uniform":
            return Nothing("the curve of uniform rules is an ensemble's", premise_failed=True)
        found = np.array([outcome.values[_key(row)] for outcome in outcomes])
        exact = np.stack([found[:, 5], found[:, 6] + found[:, 7]], axis=1)
        top, bottom = (found[:, :2] - exact + exact.mean(axis=0)).T
        interval = ratio_interval(top, bottom, 0.95)
        predicted = self._predicted(parameters, row, found[:, 2:].mean(axis=0).tolist(), form)
        return Equality(interval, predicted, parameters.margin, trials=len(found))

    def _predicted(
        self, parameters: UnevenParameters, row: Row, means: list[float], form: str
    ) -> float:
        N, noise, separation, synonym, other, seen = means
        if parameters.prediction == "uniform":
            level = row["level"]
            correction = count_correction(
                round(N), 1 / PATCHES.integer(l=level, **parameters.sizes)
            )
            crossover = CROSSOVER(l=level, **parameters.sizes)
            return SENSITIVITY_REPAIRED(N=N, crossover=crossover, count_correction=correction)
        curve = self.formula(form, "sensitivity")
        if form == "repaired":
            return curve(synonym_noise=synonym, other_noise=other, square_separation=seen)
        crossover = self.formula(form, "crossover")(mean_noise=noise, square_separation=separation)
        return curve(N=N, crossover=crossover)


def _key(row: Row) -> str:
    return f"{row['level']}@{row['N_over_uniform']:g}"


def _samples(parameters: UnevenParameters, row: Row, law: PatchLaw) -> int:
    """N in whole samples; a file has no ensemble, and its own crossover size is the unit."""
    if parameters.grammar is not None:
        unit = crossover_samples(law)
    else:
        unit = CROSSOVER(l=row["level"], **parameters.sizes)
    return max(1, math.ceil(float(row["N_over_uniform"]) * unit))


def _measure(law: PatchLaw, samples: int, row: Row, trial: Trial) -> tuple[float, float]:
    """Mean squared distances of synonyms and of others, over patches that were in the sample."""
    from layerproof.layerwise.training import train

    grammar, level = law.grammar, law.level
    sizes = [clean_samples(grammar, below) for below in range(1, grammar.levels + 1)]
    sizes[level - 1] = samples
    schedule = practical(grammar, samples_per_level=sizes).down_from(level)
    training = train(grammar, schedule, seed=trial.derive("train", _key(row)), device=trial.device)
    return seen_pairs(training.learner, law, trial.derive("measure"))


def clean_samples(grammar: Grammar, level: int) -> int:
    """So many samples that the stage adds nothing: a multiple of what it needs."""
    return _whole(CLEAN_MULTIPLE * max(needed(patch_law(grammar, level)).values()))


def needed(law: PatchLaw) -> dict[str, float]:
    """N_× of a stage (0 at level 1, and of no pair), and κ|P_l| = 1/min p, over first patches."""
    rarest = float(law.probability[law.can_come_first].min())
    crossover = 0.0 if law.level == 1 else crossover_samples(law)
    crossover = 0.0 if math.isnan(crossover) else crossover
    return {"crossover": crossover, "seen": 1.0 / rarest}


def _whole(samples: float) -> int:
    return max(1, math.ceil(min(samples, MOST_SAMPLES)))


CHECKS = (UnevenSensitivity(),)
