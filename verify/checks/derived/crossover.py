"""The crossover sample size, where noise equals separation: located, and at leading order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.population import (
    mean_square_separation,
    patch_law,
)
from layerproof.theory.predictions import count_correction, crossing_samples
from layerproof.verify.checks.base import (
    Check,
    Outcome,
    Parameters,
    Row,
    Trial,
    at_level,
)
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.derived.mean_square_separation import MeanSquareSeparation
from layerproof.verify.checks.derived.noise import sampled_noise, share_seen
from layerproof.verify.checks.edges import non_synonyms
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.statistics import (
    bounded_ratio_interval,
    ratio_interval,
)
from layerproof.verify.verdicts.claims import Claim, Equality, Inequality, Nothing

_crossing = cache(crossing_samples)
"""The same for every trial of an entry."""


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
            return Outcome.without(premises)
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
        pairs = np.array(at_level(outcomes, row["level"]))
        noise, separation = pairs.T
        # At most 2 for each patch that was seen, and there are two synonyms.
        most = 4.0 / share_seen(samples, parameters.patches(row["level"]))
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
        self, parameters: LeadingOrderParameters, row: Row, outcomes: Sequence[Outcome], form: str
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


CHECKS = (Crossover(), CrossoverLeadingOrder())
