"""Laws of the uniform-first-token ensemble, averaged over draws and compared with predictions."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from theory.population import (
    PatchLaw,
    mean_square_norm,
    mean_square_separation,
    patch_law,
)
from theory.predictions import PATCHES, count_correction, crossing_samples
from verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Parameters,
    Row,
    Trial,
)
from verify.checks.edges import non_synonyms
from verify.checks.premises import Answers, Given
from verify.claims import Claim, Equality, Inequality, Nothing
from verify.statistics import (
    bounded_mean_interval,
    bounded_ratio_interval,
    mean_interval,
    ratio_interval,
)

_crossing = cache(crossing_samples)
"""The same for every trial of an entry."""


class EnsembleParameters(InstanceParameters):
    """An ensemble, and how far an average may lie from its prediction."""

    margin: float = Field(0.05, gt=0, description="relative margin of the equivalence test")

    @property
    def sizes(self) -> dict[str, Any]:
        """V, m, s, L and the number of classes n, as formulas take them."""
        sizes = {"V": self.V, "m": self.m, "s": self.s, "L": self.depth}
        return sizes | {"n": self.classes or self.V}

    def patches(self, level: int) -> int:
        """|P_l|."""
        return PATCHES.integer(l=level, **self.sizes)


class _InstanceMean(Check[EnsembleParameters]):
    """An exact number of each draw, level by level, averaged over draws."""

    parameters = EnsembleParameters
    average: ClassVar[str]
    """The formula's name among those of the statement."""
    bounds: ClassVar[tuple[float, float]]
    """Between what the number lies for certain."""

    @abstractmethod
    def exact(self, law: PatchLaw) -> float:
        """The number, of one level of one draw."""

    def exists(self, laws: Sequence[PatchLaw]) -> dict[str, str]:
        """The premises without which there is no such number."""
        return {}

    def rows(self, parameters: EnsembleParameters) -> Sequence[Row]:
        """One row a level; at level 1 the posteriors are one-hot and there is nothing to test."""
        return [{"level": level} for level in range(2, parameters.depth + 1)]

    def trial(self, parameters: EnsembleParameters, trial: Trial) -> Outcome:
        """The exact numbers of one draw."""
        grammar = trial.grammar(parameters)
        laws = [patch_law(grammar, level) for level in range(2, grammar.levels + 1)]
        return Outcome({str(law.level): self.exact(law) for law in laws}, self.exists(laws))

    def claim(
        self, parameters: EnsembleParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        samples = [outcome.values[str(row["level"])] for outcome in outcomes]
        predicted = self.formula(form, self.average)(l=row["level"], **parameters.sizes)
        return Equality(
            mean_interval(samples, 0.95),
            predicted,
            parameters.margin,
            trials=len(samples),
            guaranteed=bounded_mean_interval(samples, 0.95, self.bounds),
        )


class MeanSquareSeparation(_InstanceMean):
    """Each draw's exact mean-square separation, averaged over draws."""

    id = "mean-square-separation"
    statement = "derived.mean-square-separation"
    about_ensemble = True
    quantity = "E‖q_μ − q_μ'‖²"
    average = "separation"
    bounds = 0.0, 2.0  # ‖q − q'‖² ≤ ‖q‖² + ‖q'‖², as no entry is negative

    def exact(self, law: PatchLaw) -> float:
        """The mean of ‖q − q'‖² over non-synonyms."""
        return mean_square_separation(law)

    def exists(self, laws: Sequence[PatchLaw]) -> dict[str, str]:
        """That there are two."""
        return non_synonyms(laws)


class MeanSquareNorm(_InstanceMean):
    """Each draw's exact mean of ‖q‖², averaged over draws."""

    id = "mean-square-norm"
    statement = "derived.mean-square-norm"
    about_ensemble = True
    quantity = "E‖q_μ‖²"
    average = "norm"
    bounds = 0.0, 1.0  # ‖q‖² ≤ (Σ q)²

    def exact(self, law: PatchLaw) -> float:
        """The mean of ‖q‖² over patches."""
        return mean_square_norm(law)


class NoiseParameters(EnsembleParameters):
    """Sample sizes in units of the number of patches."""

    samples_per_patch: tuple[float, ...] = Field(
        (1.0, 4.0, 16.0), description="N / |P_l|; the correction is largest at 4"
    )


class Noise(Check[NoiseParameters]):
    """‖q̂ − q‖² of label counts drawn directly from their multinomial law."""

    id = "noise"
    statement = "derived.noise"
    about_ensemble = True
    quantity = "E‖q̂_μ − q_μ‖²"
    forms = ("printed", "repaired")
    parameters = NoiseParameters

    def rows(self, parameters: NoiseParameters) -> Sequence[Row]:
        """One row for every level and sample size; at level 1 there is no noise."""
        return [
            {"level": level, "samples_per_patch": share}
            for level in range(2, parameters.depth + 1)
            for share in parameters.samples_per_patch
        ]

    def trial(self, parameters: NoiseParameters, trial: Trial) -> Outcome:
        """One draw of the grammar, and of the counts at every level and sample size."""
        grammar = trial.grammar(parameters)
        values: dict[str, Any] = {}
        laws = {level: patch_law(grammar, level) for level in range(2, grammar.levels + 1)}
        for row in self.rows(parameters):
            law, samples = laws[row["level"]], _samples(parameters, row)
            values[_key(row)] = sampled_noise(law, samples, trial, _key(row))
            values[f"norm {row['level']}"] = mean_square_norm(law)
        return Outcome(values)

    def claim(
        self, parameters: NoiseParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against that of the formula at each draw's ‖q‖²."""
        noise = [outcome.values[_key(row)] for outcome in outcomes]
        norms = [outcome.values[f"norm {row['level']}"] for outcome in outcomes]
        samples, patches = _samples(parameters, row), parameters.patches(row["level"])
        formula = self.formula(form, "noise")
        correction = count_correction(samples, 1 / patches)
        values = {"patches": patches, "N": samples, "count_correction": correction}
        predicted = [formula(square_norm=norm, **values) for norm in norms]
        largest = max(formula(square_norm=end, **values) for end in (0.0, 1.0))
        most = 2.0 / _share_seen(samples, patches), largest
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
    return float(error / (patches * _share_seen(samples, patches)))


def _share_seen(samples: int, patches: int) -> float:
    """The expected share of equally likely patches that `samples` hold."""
    # log1p(−1) is −∞, and not 0 there: the only patch is always seen.
    return 1.0 if patches == 1 else -math.expm1(samples * math.log1p(-1 / patches))


def _samples(parameters: NoiseParameters, row: Row) -> int:
    per_patch: float = row["samples_per_patch"]
    return max(1, round(per_patch * parameters.patches(row["level"])))


def _key(row: Row) -> str:
    return ",".join(f"{name}={value:g}" for name, value in row.items())


class Crossover(Check[EnsembleParameters]):
    """Noise between synonyms over separation of non-synonyms, at the predicted sample size."""

    id = "crossover"
    statement = "derived.crossover"
    about_ensemble = True
    quantity = "noise of synonyms / separation of non-synonyms"
    forms = ("printed", "repaired")
    parameters = EnsembleParameters

    def rows(self, parameters: EnsembleParameters) -> Sequence[Row]:
        """One row a level; at level 1 there is no noise."""
        return [{"level": level} for level in range(2, parameters.depth + 1)]

    def trial(self, parameters: EnsembleParameters, trial: Trial) -> Outcome:
        """One draw of the grammar, and of the counts at each level's crossover."""
        grammar = trial.grammar(parameters)
        values: dict[str, Any] = {}
        laws = [patch_law(grammar, level) for level in range(2, grammar.levels + 1)]
        premises = non_synonyms(laws)
        if any(premises.values()):
            return Outcome({}, premises)
        for law in laws:
            samples = self._samples(parameters, law.level, trial.form)[0]
            if samples is not None:
                noise = 2 * sampled_noise(law, samples, trial, str(law.level))
                values[str(law.level)] = (noise, mean_square_separation(law))
        return Outcome(values, premises)

    def claim(
        self, parameters: EnsembleParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """Their ratio of means against 1, up to the rounding of N to a whole number."""
        samples, exact = self._samples(parameters, row["level"], form)
        if exact == 0.0:
            return Nothing("q is one-hot: there is no noise that meets the separation", True)
        if samples is None:
            return Nothing("noise is below separation from one sample a patch on", False)
        pairs = np.array([outcome.values[str(row["level"])] for outcome in outcomes])
        noise, separation = pairs.T
        # At most 2 for each patch that was seen, and there are two synonyms.
        most = 4.0 / _share_seen(samples, parameters.patches(row["level"]))
        return Equality(
            ratio_interval(noise, separation, 0.95),
            exact / samples,
            parameters.margin,
            trials=len(pairs),
            guaranteed=bounded_ratio_interval(
                noise, separation, 0.95, most=most, bounds=MeanSquareSeparation.bounds
            ),
        )

    def _samples(
        self, parameters: EnsembleParameters, level: int, form: str
    ) -> tuple[int | None, float]:
        """N in whole samples, and the number whose rounding it is; None, 0 without noise."""
        crossover = self.formula(form, "crossover")(l=level, **parameters.sizes)
        if crossover == 0.0:
            return None, 0.0
        if form == "printed":
            return math.ceil(crossover), crossover
        equation = self.formula(form, "crossing")
        share = 1 / parameters.patches(level)
        samples = _crossing(crossover, share, equation)
        if samples is None:
            return None, crossover
        correction = count_correction(samples, share)
        return samples, equation(crossover=crossover, count_correction=correction)


class LeadingOrderParameters(Parameters):
    """Sizes at which a formula is compared with its leading order; nothing is drawn."""

    V: int = Field(1024, ge=2, description="vocabulary size and number of classes")
    m: int = Field(2, ge=2, description="rules per symbol")
    L: int = Field(4, ge=2, description="levels")


class CrossoverLeadingOrder(Check[LeadingOrderParameters]):
    """N_× "up to 1/V corrections", read as a relative deviation of at most (1 − 1/V)^(−l) − 1."""

    id = "crossover-leading-order"
    statement = "derived.crossover"
    about_ensemble = True
    quantity = "|N_× / leading order − 1|"
    forms = ("printed", "repaired")
    parameters = LeadingOrderParameters
    answers: ClassVar[Answers] = {
        "ensemble.uniform-first-token": Given("formulas are compared, no grammar is drawn")
    }

    def rows(self, parameters: LeadingOrderParameters) -> Sequence[Row]:
        """One row a level."""
        return [{"level": level} for level in range(2, parameters.L + 1)]

    def trial(self, parameters: LeadingOrderParameters, trial: Trial) -> Outcome:
        """Nothing is random."""
        return Outcome({})

    def claim(
        self,
        parameters: LeadingOrderParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Inequality:
        """|N_×/leading order − 1| against l/V, to first order in 1/V."""
        V, level = parameters.V, row["level"]
        sizes = {"V": V, "n": V, "m": parameters.m, "l": level}
        exact = self.formula(form, "crossover")(**sizes)
        leading = self.formula(form, "leading order")(**sizes)
        return Inequality(
            abs(exact / leading - 1),
            "<=",
            (1 - 1 / V) ** -level - 1,
            examined=1,
            rounding=1e-14,
            worst={"crossover": exact, "leading_order": leading},
        )


CHECKS = (
    MeanSquareSeparation(),
    MeanSquareNorm(),
    Noise(),
    Crossover(),
    CrossoverLeadingOrder(),
)
