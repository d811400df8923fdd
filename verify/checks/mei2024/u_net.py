"""M24: the explicit network against exact posteriors, where transitions are as it asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from layerproof.theory.statements.mei2024.premises import BOUNDED, FACTORISED
from layerproof.theory.statements.mei2024.u_net import STATEMENT
from layerproof.verify.checks.base import Outcome, Row, Trial
from layerproof.verify.checks.derived.unet_is_belief_propagation import (
    DenoisedParameters,
    Inferred,
    inferred,
)
from layerproof.verify.checks.mei2024.premises import (
    TransitionCheck,
    TransitionParameters,
    not_bounded,
    not_factorised,
)
from layerproof.verify.checks.premises import Answers, OnGrammar
from layerproof.verify.verdicts.claims import Inequality


class ApproximationParameters(TransitionParameters, DenoisedParameters):
    """Transitions, what is seen of the strings, and the accuracy that is asked for."""

    accuracy: float = Field(1e-10, gt=0, description="largest deviation of a posterior")


class UNetApproximates(TransitionCheck[ApproximationParameters]):
    """The network that is wired by the transitions: what it gives tokens and labels."""

    id = "m24-u-net"
    statement = STATEMENT.id
    turned_by = ("miswired-rule",)
    quantity = "largest |network − posterior|"
    parameters = ApproximationParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        FACTORISED.id: OnGrammar(not_factorised),
        BOUNDED.id: OnGrammar(not_bounded),
    }

    def rows(self, parameters: ApproximationParameters) -> Sequence[Row]:
        """The U-Net on tokens, its encoder on the label."""
        return [{"of": "tokens"}, {"of": "label"}]

    def trial(self, parameters: ApproximationParameters, trial: Trial) -> Outcome[Inferred]:
        """One grammar, its network, and strings with noise on them."""
        return Outcome(inferred(self.instance(parameters, trial), parameters, trial))

    def claim(
        self,
        parameters: ApproximationParameters,
        row: Row,
        outcomes: Sequence[Outcome[Inferred]],
        form: str,
    ) -> Inequality:
        """The largest deviation over all draws against the accuracy, with the network's size."""
        level = "0" if row["of"] == "label" else str(parameters.depth)
        worst = max(outcome.values["beliefs"][level] for outcome in outcomes)
        shown = {"weights": outcomes[0].values["weights"]}
        return Inequality(
            worst, self.relation(form), parameters.accuracy, len(outcomes), worst=shown
        )


CHECKS = (UNetApproximates(),)
