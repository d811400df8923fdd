"""Sampling noise of an empirical label posterior, measured on counts that are drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field

from layerproof.theory.population import (
    PatchLaw,
    mean_square_norm,
    patch_law,
)
from layerproof.theory.predictions import count_correction
from layerproof.verify.checks.base import (
    Check,
    Outcome,
    Row,
    Trial,
)
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.statistics import (
    bounded_ratio_interval,
    ratio_interval,
)
from layerproof.verify.verdicts.claims import Equality


class PatchNoiseParameters(EnsembleParameters):
    """Sample sizes in units of the number of patches."""

    samples_per_patch: tuple[float, ...] = Field(
        (1.0, 4.0, 16.0), description="N / |P_l|; the correction is largest at 4"
    )


class PatchNoise(Check[PatchNoiseParameters]):
    """‖q̂ − q‖² of label counts drawn directly from their multinomial law."""

    id = "noise"
    statement = "derived.noise"
    turned_by = ("dead-symbol",)
    about_ensemble = True
    quantity = "E‖q̂_μ − q_μ‖²"
    forms = ("printed", "repaired")
    parameters = PatchNoiseParameters

    def rows(self, parameters: PatchNoiseParameters) -> Sequence[Row]:
        """One row for every level and sample size; at level 1 there is no noise."""
        return [
            {"level": level, "samples_per_patch": share}
            for level in range(2, parameters.depth + 1)
            for share in parameters.samples_per_patch
        ]

    def trial(self, parameters: PatchNoiseParameters, trial: Trial) -> Outcome:
        """One draw of the grammar, and of the counts at every level and sample size."""
        grammar = trial.grammar(parameters)
        values: dict[str, Any] = {}
        laws = {level: patch_law(grammar, level) for level in range(2, grammar.levels + 1)}
        for row in self.rows(parameters):
            law, samples = laws[row["level"]], _samples(parameters, row)
            values[_key(row)] = sampled_noise(law, samples, trial, _key(row))
            values[_norm(row)] = mean_square_norm(law)
        return Outcome(values)

    def claim(
        self, parameters: PatchNoiseParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against that of the formula at each draw's ‖q‖²."""
        noise = [outcome.values[_key(row)] for outcome in outcomes]
        norms = [outcome.values[_norm(row)] for outcome in outcomes]
        samples, patches = _samples(parameters, row), parameters.patches(row["level"])
        formula = self.formula(form, "noise")
        correction = count_correction(samples, 1 / patches)
        values = {"patches": patches, "N": samples, "count_correction": correction}
        predicted = [formula(square_norm=norm, **values) for norm in norms]
        largest = max(formula(square_norm=end, **values) for end in (0.0, 1.0))
        most = 2.0 / share_seen(samples, patches), largest
        return against_own(noise, predicted, parameters.margin, most)


def against_own(
    measured: Sequence[float], predicted: Sequence[float], margin: float, most: tuple[float, float]
) -> Equality:
    """E[measured] = E[predicted], where each trial has a prediction of its own.

    Judged as a ratio of means, so that the sampling error of the predictions counts too, and shown
    in units of their mean. `most`: how large either can be; neither is negative.
    """
    mean = float(np.mean(predicted))
    sure = bounded_ratio_interval(measured, predicted, 0.95, most=most[0], bounds=(0.0, most[1]))
    return Equality(
        ratio_interval(measured, predicted, 0.95).scaled(mean),
        mean,
        margin,
        trials=len(measured),
        guaranteed=sure.scaled(mean),
    )


def sampled_noise(law: PatchLaw, samples: int, trial: Trial, name: str) -> float:
    """Mean ‖q̂_μ − q_μ‖² over patches that were seen, without bias where p_μ = 1/|P_l|.

    The sum over the patches seen is divided by their expected number, not by the number of one
    draw, which goes with the counts.
    """
    drawn = max(1, round(samples * trial.control.samples))
    rng = np.random.default_rng(trial.derive("counts", name))
    cells = law.joint.ravel() / law.joint.sum()
    counts = rng.multinomial(drawn, cells).reshape(law.joint.shape)
    seen = counts.sum(axis=1)
    at = seen > 0
    error = ((counts[at] / seen[at, None] - law.posterior[at]) ** 2).sum()
    patches = len(law.patch)
    return float(error / (patches * share_seen(samples, patches)))


def share_seen(samples: int, patches: int) -> float:
    """The expected share of equally likely patches that `samples` hold."""
    # log1p(−1) is −∞, and not 0 there: the only patch is always seen.
    return 1.0 if patches == 1 else -math.expm1(samples * math.log1p(-1 / patches))


def _samples(parameters: PatchNoiseParameters, row: Row) -> int:
    per_patch: float = row["samples_per_patch"]
    return max(1, round(per_patch * parameters.patches(row["level"])))


def _norm(row: Row) -> str:
    return f"norm {row['level']}"


def _key(row: Row) -> str:
    return ",".join(f"{name}={value:g}" for name, value in row.items())


CHECKS = (PatchNoise(),)
