"""Lemma 30: a product of first-token matrices keeps two tokens apart."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar, TypedDict

from pydantic import Field

from layerproof.theory.deals import deal, image_law
from layerproof.theory.errors import InputError
from layerproof.theory.evaluation import on_arrays
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.lemma_30 import STATEMENT as LEMMA_30
from layerproof.verify.checks.base import Check, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.premises import (
    Answers,
    Given,
)
from layerproof.verify.checks.ren2026.first_tokens import (
    ExactProbability,
    SizeParameters,
    exact_probability,
    least_square,
    never_close,
    with_probability,
)
from layerproof.verify.checks.ren2026.proposition_19 import EXACT
from layerproof.verify.checks.ren2026.vectors import vector
from layerproof.verify.verdicts.claims import Claim, Inequality


class ProductParameters(SizeParameters):
    """A product of `matrices` first-token matrices."""

    matrices: int = Field(2, ge=1, description="l, the number of matrices")


class Square(TypedDict):
    """‖z‖² of one product."""

    square: float


class TokensStayApart(Check[ProductParameters]):
    """Lemma 30: l random matrices on e_μ − e_μ', in whole numbers."""

    id = "lemma-30"
    statement = LEMMA_30.id
    quantity = "P[two tokens too close]"
    forms = ("printed", "repaired")
    parameters = ProductParameters
    answers: ClassVar[Answers] = {
        "R26.lemma-30/tokens": Given("tokens 0 and 1, before anything is dealt")
    }

    def trial(self, parameters: ProductParameters, trial: Trial) -> Outcome[Square]:
        """‖m^l P_1 ⋯ P_l (e_μ − e_μ')‖²."""
        if parameters.m**parameters.matrices > EXACT:
            raise InputError("matrices", parameters.matrices, "small enough that m^l ≤ 2^53")
        rng = generator(trial.derive("deals"))
        z = vector("pair", parameters.V, rng)
        for _ in range(parameters.matrices):
            z = deal(z, parameters.m, rng).sum(axis=1)
        return Outcome({"square": float(z @ z)})

    def claim(
        self, parameters: ProductParameters, row: Row, outcomes: Outcomes[Square], form: str
    ) -> Claim:
        """How often the tokens are too close."""
        least = least_square(self.formula(form, "separation"), parameters.m, parameters.matrices)
        squares = [outcome.values["square"] for outcome in outcomes]
        return with_probability(
            sum(square < least for square in squares),
            len(squares),
            self.formula(form, "failure"),
            sizes_of(parameters),
            {"closest": min(squares), "least": least, "identical": squares.count(0.0)},
            never_close(parameters.V, parameters.m, {parameters.matrices: least}),
        )


def sizes_of(parameters: ProductParameters) -> dict[str, Any]:
    """The values of the symbols V, m, C and l."""
    return parameters.model_dump(include={"V", "m", "C"}) | {"l": parameters.matrices}


class TokensStayApartExactly(Check[ProductParameters]):
    """Lemma 30's failure probability itself, from the exact law of P_1 ⋯ P_l (e_μ − e_μ').

    For tiny sizes only: the law is listed.
    """

    id = "lemma-30-exact"
    statement = LEMMA_30.id
    quantity = "P[two tokens too close]"
    parameters = ProductParameters
    answers: ClassVar[Answers] = {
        "R26.lemma-30/tokens": Given("tokens 0 and 1, before anything is dealt")
    }

    def trial(self, parameters: ProductParameters, trial: Trial) -> Outcome[ExactProbability]:
        """The failure probability, a fraction."""
        separation = self.formula(trial.form, "separation")
        least = least_square(separation, parameters.m, parameters.matrices)
        law = {(1, -1) + (0,) * (parameters.V - 2): Fraction(1)}
        for _ in range(parameters.matrices):
            after: dict[tuple[int, ...], Fraction] = {}
            for z, weight in law.items():
                for image, chance in image_law(z, parameters.m).items():
                    after[image] = after.get(image, Fraction(0)) + weight * chance
            law = after
        failing = (p for z, p in law.items() if sum(x * x for x in z) < least)
        return Outcome({"probability": str(sum(failing, Fraction(0)))})

    def claim(
        self,
        parameters: ProductParameters,
        row: Row,
        outcomes: Outcomes[ExactProbability],
        form: str,
    ) -> Inequality:
        """The failure probability against δ."""
        allowed = float(on_arrays(self.formula(form, "failure"), **sizes_of(parameters)))
        return exact_probability(outcomes[0].values["probability"], allowed)


CHECKS = (TokensStayApart(), TokensStayApartExactly())
