"""C24's threshold n_c m^L: where signal and noise of the leaf tuples meet."""

from __future__ import annotations

from layerproof.verify.checks.base import Check, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.cagnetta2024.joints import (
    SignalAndNoise,
    UniformParameters,
    leaf_joint,
    signal_and_noise,
)
from layerproof.verify.checks.edges import two_labels
from layerproof.verify.statistics import ratio_interval
from layerproof.verify.verdicts.claims import Equality


class Threshold(Check[UniformParameters]):
    """Noise over signal of leaf tuples at the threshold, which is where they meet."""

    id = "c24-threshold"
    statement = "C24.threshold"
    about_ensemble = True
    quantity = "noise / signal of leaf tuples at P*"
    forms = ("printed", "repaired")
    parameters = UniformParameters

    def trial(self, parameters: UniformParameters, trial: Trial) -> Outcome[SignalAndNoise]:
        """Signal and noise of one draw of the grammar and of P* samples."""
        grammar = trial.grammar(parameters)
        premises = two_labels(grammar)
        if any(premises.values()):
            return Outcome.without(premises)
        threshold = self.formula(trial.form, "threshold")(**parameters.sizes)
        found = signal_and_noise(leaf_joint(grammar, "tuple"), max(1, round(threshold)), trial)
        return Outcome(found, premises)

    def claim(
        self, parameters: UniformParameters, row: Row, outcomes: Outcomes[SignalAndNoise], form: str
    ) -> Equality:
        """Their ratio of means against 1."""
        noise = [outcome.values["noise"] for outcome in outcomes]
        signal = [outcome.values["signal"] for outcome in outcomes]
        interval = ratio_interval(noise, signal, 0.95)
        return Equality(interval, 1.0, parameters.margin, trials=len(outcomes))


CHECKS = (Threshold(),)
