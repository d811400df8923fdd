"""With Zipf's law on rules the signal contracts less from level to level."""

from __future__ import annotations

from typing import ClassVar, TypedDict

from pydantic import Field

from layerproof.theory.statements.derived.zipf_contraction import STATEMENT as CONTRACTION
from layerproof.theory.token_laws import first_token_law
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.edges import two_labels
from layerproof.verify.checks.premises import Answers, drawn_from
from layerproof.verify.statistics import bounded_mean_interval, mean_interval
from layerproof.verify.verdicts.claims import Equality


class ContractionParameters(InstanceParameters):
    """One level of rules with one exponent; `margin` is relative."""

    zipf: float | None = Field(1.0, ge=0, description="Zipf exponent of the rules")
    L: int = Field(2, ge=2, description="levels; the rules below the labels are looked at")
    margin: float = Field(0.02, gt=0, description="relative margin of the equivalence test")


class Contraction(TypedDict):
    """The mean over pairs of one level."""

    contraction: float


class ZipfContraction(Check[ContractionParameters]):
    """‖P(e_μ − e_μ')‖²/2 of one transition matrix, averaged over all pairs of tokens."""

    id = "zipf-contraction"
    statement = CONTRACTION.id
    quantity = "E‖P z‖²/‖z‖²"
    trials = 200
    parameters = ContractionParameters
    about_ensemble = True
    answers: ClassVar[Answers] = {
        "ensemble.uniform-first-token": drawn_from("uniform-first-token", weighted=True)
    }

    def trial(self, parameters: ContractionParameters, trial: Trial) -> Outcome[Contraction]:
        """The mean over pairs, from one drawn level."""
        grammar = trial.grammar(parameters)
        if grammar.vocabularies[0] != grammar.vocabularies[1]:
            return Outcome.without({"R26.definition-4": "There are not as many labels as tokens."})
        premises = two_labels(grammar)
        if any(premises.values()):
            return Outcome.without(premises)
        P = first_token_law(grammar, 1)
        spread = ((P - P.mean(axis=1, keepdims=True)) ** 2).sum()
        # The mean of ‖P e_μ − P e_μ'‖² over μ ≠ μ' is 2 · spread/(V − 1), and ‖e_μ − e_μ'‖² is 2.
        return Outcome({"contraction": float(spread / (P.shape[1] - 1))}, premises)

    def claim(
        self,
        parameters: ContractionParameters,
        row: Row,
        outcomes: Outcomes[Contraction],
        form: str,
    ) -> Equality:
        """The mean over draws against the formula."""
        found = [outcome.values["contraction"] for outcome in outcomes]
        predicted = self.formula(form, "contraction")(
            V=parameters.V, m=parameters.m, zipf=parameters.zipf or 0.0
        )
        # Every one of the V rows of P is a law, with Σ (P − 1/V)² ≤ 1 − 1/V.
        sure = bounded_mean_interval(found, 0.95, (0.0, 1.0))
        nominal = mean_interval(found, 0.95)
        return Equality(nominal, predicted, parameters.margin, len(found), guaranteed=sure)


CHECKS = (ZipfContraction(),)
