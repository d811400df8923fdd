"""C24's noise: how much the empirical statistics of the leaves vary from sample to sample."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from layerproof.theory.predictions import THRESHOLD
from layerproof.verify.checks.base import Check, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.cagnetta2024.joints import (
    SignalAndNoise,
    leaf_joint,
    signal_and_noise,
)
from layerproof.verify.checks.cagnetta2024.signal import SignalParameters
from layerproof.verify.checks.edges import two_labels
from layerproof.verify.statistics import ratio_interval
from layerproof.verify.verdicts.claims import Equality


class JointNoiseParameters(SignalParameters):
    """And how many samples are drawn."""

    multiple: float = Field(1.0, gt=0, description="P / (n m^L)")

    @property
    def samples(self) -> int:
        """P."""
        threshold = THRESHOLD.integer(**self.sizes)
        return max(1, round(self.multiple * threshold))


class JointNoise(Check[JointNoiseParameters]):
    """The relative variance of the empirical joint law, from counts drawn directly."""

    id = "c24-noise"
    statement = "C24.noise"
    about_ensemble = True
    quantity = "relative variance of the empirical P(label | leaves)"
    forms = ("printed", "repaired")
    parameters = JointNoiseParameters

    def trial(self, parameters: JointNoiseParameters, trial: Trial) -> Outcome[SignalAndNoise]:
        """Signal and noise of one draw."""
        grammar = trial.grammar(parameters)
        joint = leaf_joint(grammar, parameters.seen)
        found = signal_and_noise(joint, parameters.samples, trial)
        return Outcome(found, two_labels(grammar))

    def claim(
        self,
        parameters: JointNoiseParameters,
        row: Row,
        outcomes: Outcomes[SignalAndNoise],
        form: str,
    ) -> Equality:
        """The mean over draws against that of the formula at each draw's signal."""
        found = [outcome.values["noise"] for outcome in outcomes]
        formula = self.formula(form, parameters.seen)
        sizes = parameters.sizes | {"N": parameters.samples}
        predicted = [formula(signal=outcome.values["signal"], **sizes) for outcome in outcomes]
        # As a ratio of means, so that the sampling error of the predictions counts too.
        mean = float(np.mean(predicted))
        interval = ratio_interval(found, predicted, 0.95).scaled(mean)
        return Equality(interval, mean, parameters.margin, len(found))


CHECKS = (JointNoise(),)
