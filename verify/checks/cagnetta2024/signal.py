"""C24's signal: how much the label's law varies over what is seen at the leaves."""

from __future__ import annotations

from typing import Literal, TypedDict

from pydantic import Field

from layerproof.verify.checks.base import Check, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.cagnetta2024.joints import (
    UniformParameters,
    centred,
    leaf_joint,
    relative_variance,
)
from layerproof.verify.checks.edges import two_labels
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Equality


class SignalParameters(UniformParameters):
    """What is seen at the leaves: the first s-tuple, or its first symbol alone."""

    seen: Literal["tuple", "symbol"] = Field("tuple", description="what is seen at the leaves")


class FoundSignal(TypedDict):
    """The signal of one draw."""

    signal: float


class JointSignal(Check[SignalParameters]):
    """The exact relative variance of each draw's joint law, averaged over draws."""

    id = "c24-signal"
    statement = "C24.signal"
    about_ensemble = True
    quantity = "relative variance of P(label | leaves), weighted by p²"
    forms = ("printed", "repaired")
    parameters = SignalParameters

    def trial(self, parameters: SignalParameters, trial: Trial) -> Outcome[FoundSignal]:
        """The signal of one draw."""
        grammar = trial.grammar(parameters)
        joint = leaf_joint(grammar, parameters.seen)
        return Outcome({"signal": relative_variance(centred(joint))}, two_labels(grammar))

    def claim(
        self, parameters: SignalParameters, row: Row, outcomes: Outcomes[FoundSignal], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        found = [outcome.values["signal"] for outcome in outcomes]
        predicted = self.formula(form, parameters.seen)(**parameters.sizes)
        return Equality(mean_interval(found, 0.95), predicted, parameters.margin, len(found))


CHECKS = (JointSignal(),)
