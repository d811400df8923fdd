"""Lemma 30 and Proposition 19 at tiny sizes, where the failure probability itself is computed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

import numpy as np
from pydantic import Field

from theory.deals import all_counts, image_law
from theory.evaluation import on_arrays
from theory.statements.lemma_30 import STATEMENT as LEMMA_30
from theory.statements.proposition_19 import STATEMENT as PROPOSITION_19
from verify.checks.base import Check, Outcome, Row, Trial
from verify.checks.premises import Answers, Given
from verify.checks.separation import (
    READ,
    ProductParameters,
    SizeParameters,
    closest_square,
    least_square,
    sizes_of,
)
from verify.claims import Inequality


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

    def trial(self, parameters: ProductParameters, trial: Trial) -> Outcome:
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
        self, parameters: ProductParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The failure probability against δ."""
        allowed = float(on_arrays(self.formula(form, "failure"), **sizes_of(parameters)))
        return _exact_probability(outcomes[0].values["probability"], allowed)


class LevelParameters(SizeParameters):
    """A grammar's matrices, one fewer than it has levels."""

    L: int = Field(2, ge=2, description="levels")


class NonSynonymsStayApartExactly(Check[LevelParameters]):
    """Proposition 19's failure probability itself, from all matrices of a tiny size."""

    id = "proposition-19-exact"
    statement = PROPOSITION_19.id
    quantity = "P[two non-synonyms too close], the regime dropped"
    parameters = LevelParameters
    answers: ClassVar[Answers] = {
        "R26.definition-4": Given("all matrices of such grammars are listed"),
        "ensemble.uniform-first-token": Given("all its matrices are listed with their law"),
        "R26.proposition-19/depth": READ,
    }

    def trial(self, parameters: LevelParameters, trial: Trial) -> Outcome:
        """The failure probability, a fraction: products that have not failed are carried on."""
        separation = self.formula(trial.form, "separation")
        matrices = [(np.array(rows), p) for rows, p in all_counts(parameters.V, parameters.m)]
        shape = (parameters.V, parameters.V)
        alive = {np.identity(parameters.V, np.int64).tobytes(): Fraction(1)}
        for level in range(2, parameters.L + 1):
            least = least_square(separation, parameters.m, level, level - 1)
            after: dict[bytes, Fraction] = {}
            for key, weight in alive.items():
                product = np.frombuffer(key, np.int64).reshape(shape)
                for counts, chance in matrices:
                    following = product @ counts
                    if closest_square(following) >= least:
                        name = following.tobytes()
                        after[name] = after.get(name, Fraction(0)) + weight * chance
            alive = after
        return Outcome({"probability": str(1 - sum(alive.values(), Fraction(0)))})

    def claim(
        self, parameters: LevelParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The failure probability against δ."""
        allowed = float(on_arrays(self.formula(form, "failure"), **parameters.model_dump()))
        return _exact_probability(outcomes[0].values["probability"], allowed)


def _exact_probability(probability: str, allowed: float) -> Inequality:
    found = Fraction(probability)
    return Inequality(
        float(found),
        "<=",
        allowed,
        examined=1,
        cannot_fail="" if found else "no matrices of this size bring tokens that close",
        worst={"probability": probability},
    )


CHECKS = (TokensStayApartExactly(), NonSynonymsStayApartExactly())
