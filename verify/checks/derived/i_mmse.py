"""The exact errors of Gaussian denoising at signal-to-noise ratios that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.inference import Weights, infer, sample_derivations
from layerproof.theory.randomness import generator
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Trial
from layerproof.verify.checks.derived.masked_entropy import string_sizes
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Equality

MIDDLE = 6.0
"""g: half of the signal-to-noise ratios drawn are below; it changes the noise of the estimate."""


class IMmseParameters(InstanceParameters):
    """Instances, and how many noisy strings are drawn of each."""

    strings: int = Field(1000, ge=1, description="noisy strings of a grammar")
    margin: float = Field(0.01, gt=0, description="relative margin of the equivalence test")


class Integral(TypedDict):
    """An estimate of half of the integral, and the sizes of the grammar."""

    integral: float
    sizes: dict[str, int]


class IMmse(Check[IMmseParameters]):
    """Strings in noise; their error is exact given what is seen, and γ is drawn from a density."""

    id = "i-mmse"
    statement = "derived.i-mmse"
    turned_by = ("ambiguous-rules",)
    quantity = "½ ∫ mmse(γ) dγ"
    parameters = IMmseParameters

    def trial(self, parameters: IMmseParameters, trial: Trial) -> Outcome[Integral]:
        """One grammar: E[½ mmse(γ)/density(γ)], the quantiles of γ drawn one in each stratum."""
        grammar, rng = trial.grammar(parameters), generator(trial.derive("noisy strings"))
        count, size = parameters.strings, grammar.vocabularies[-1]
        strings = sample_derivations(grammar, count, rng).levels[-1]
        quantile = (np.arange(count) + rng.random(count)) / count
        snr = MIDDLE * quantile / (1 - quantile)
        root = np.sqrt(snr)[:, None, None]
        seen = root * np.eye(size)[strings] + rng.standard_normal((*strings.shape, size))
        found = infer(grammar, Weights({grammar.levels: root * seen})).levels[-1]
        # E‖x − E[x|y]‖² given y: every leaf is one-hot.
        errors = (1 - (found**2).sum(2)).sum(1)
        integral = float((errors / 2 * (MIDDLE + snr) ** 2 / MIDDLE).mean())
        return Outcome({"integral": integral, "sizes": string_sizes(grammar)})

    def claim(
        self,
        parameters: IMmseParameters,
        row: object,
        outcomes: Sequence[Outcome[Integral]],
        form: str,
    ) -> Equality:
        """The mean over draws against the entropy."""
        found = [outcome.values["integral"] for outcome in outcomes]
        entropy = self.formula(form, "entropy")(**outcomes[0].values["sizes"])
        interval = mean_interval(found, 0.95)
        return Equality(interval, entropy, parameters.margin, trials=len(found))


CHECKS = (IMmse(),)
