"""Proposition 19: in the uniform-first-token ensemble, non-synonyms stay apart at every level."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import ClassVar, Literal, TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.deals import all_counts, deal_counts, first_child_counts
from layerproof.theory.errors import InputError
from layerproof.theory.evaluation import on_arrays
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.proposition_19 import STATEMENT as PROPOSITION_19
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.premises import (
    Answers,
    Given,
    Instance,
    OnGrammar,
    OnParameters,
    Why,
    definition_4,
    drawn_from,
    first_tokens_even,
)
from layerproof.verify.checks.ren2026.first_tokens import (
    ExactProbability,
    SizeParameters,
    exact_probability,
    least_square,
    never_close,
    with_probability,
)
from layerproof.verify.verdicts.claims import Claim, Inequality

EXACT = 2**53
"""Whole numbers up to this are exact in float64."""

EXACT_32 = 2**24
"""And up to this in float32."""


REGIME = 2.0
"""With this constant Θ and O of Proposition 19's regime are read."""

OPEN_REGIME = (
    "the printed regime m, V = Θ(log d), L = O(log d/log log d), d → ∞ leaves its constants open,"
    " so that no single size refutes it"
)


class SeparationParameters(InstanceParameters):
    """Grammars, or only their matrices where whole grammars would be large."""

    V: int = Field(8, ge=2)
    m: int = Field(8, ge=1)
    L: int = Field(3, ge=2, description="levels; at level 1 there is nothing to test")
    C: float = Field(1.0, gt=0, description="min(m, V) = C log³(1/δ)")
    source: Literal["grammar", "deal"] = Field("grammar", description="what a trial draws")
    regime: Literal["dropped", "printed"] = Field(
        "dropped", description="sizes of the printed regime m, V = Θ(log d), or any"
    )

    def outside_the_regime(self) -> str:
        """Why the sizes are not in the printed regime, d = s^L; empty where they are."""
        length = self.L * math.log(self.s)
        if length <= math.e:
            return f"d = {self.s}^{self.L} is too short for log log d to mean anything"
        sizes = {"V": self.V, "m": self.m}
        apart = [
            f"{name} = {size} is not within a factor {REGIME:g} of log d = {length:.3g}"
            for name, size in sizes.items()
            if not 1 / REGIME <= size / length <= REGIME
        ]
        most = REGIME * length / math.log(length)
        if most < self.L:
            apart.append(f"L = {self.L} is above {REGIME:g} log d/log log d = {most:.3g}")
        return "; ".join(apart)


def _unless_dealt(why: Why) -> Why:
    """Measured on grammars; where only their matrices are dealt, these are what is meant."""
    return lambda instance: "" if instance.parameters.source == "deal" else why(instance)


def _outside_the_regime(instance: Instance) -> str:
    """Why the sizes are not in the regime, where they are to be."""
    parameters = instance.parameters
    return parameters.outside_the_regime() if parameters.regime == "printed" else ""


READ = Given("the regime m, V = Θ(log d) is dropped: any V, m and L count")


class ClosestSquares(TypedDict):
    """The least square by level."""

    squares: list[float]


class NonSynonymsStayApart(Check[SeparationParameters]):
    """Proposition 19 on drawn grammars: the closest non-synonyms of every level.

    The evidence counts the grammars in which two non-synonyms share q exactly. For
    m ≤ 20 · 2^(1/(L−1)) these are the ones that fail, and no others.
    """

    id = "proposition-19"
    statement = PROPOSITION_19.id
    turned_by = ("identical-parents",)
    may_be_turned_by = ("ambiguous-rules",)
    quantity = "P[two non-synonyms too close]"
    forms = ("printed", "repaired")
    about_ensemble = True
    parameters = SeparationParameters
    answers: ClassVar[Answers] = {
        "R26.definition-4": OnGrammar(_unless_dealt(definition_4)),
        "ensemble.uniform-first-token": (
            drawn_from("uniform-first-token"),
            OnGrammar(_unless_dealt(first_tokens_even)),
        ),
        "R26.proposition-19/depth": OnParameters(_outside_the_regime),
    }

    def trial(self, parameters: SeparationParameters, trial: Trial) -> Outcome[ClosestSquares]:
        """min ‖m^(l−1)(q_μ − q_μ')‖² over non-synonyms, for l = 2 … L."""
        if parameters.source == "grammar":
            grammar = trial.grammar(parameters)
            counts = [first_child_counts(grammar, above) for above in range(grammar.levels - 1)]
        else:
            rng = generator(trial.derive("deals"))
            levels = range(parameters.L - 1)
            counts = [deal_counts(parameters.V, parameters.m, rng) for _ in levels]
        return Outcome({"squares": _closest_squares(counts)})

    def claim(
        self,
        parameters: SeparationParameters,
        row: Row,
        outcomes: Outcomes[ClosestSquares],
        form: str,
    ) -> Claim:
        """How often some level has two non-synonyms that are too close."""
        squares = np.array([outcome.values["squares"] for outcome in outcomes])
        separation = self.formula(form, "separation")
        matrices = range(1, parameters.depth)
        least = np.array([least_square(separation, parameters.m, l + 1, l) for l in matrices])
        bounds = dict(zip(matrices, least.tolist(), strict=True))
        dealt = parameters.source == "deal" or parameters.ensemble == "uniform-first-token"
        fails = np.any(squares < least, axis=1)
        equal = np.any(squares == 0, axis=1)
        found = with_probability(
            int(fails.sum()),
            len(outcomes),
            self.formula(form, "failure"),
            parameters.model_dump(include={"V", "m", "C", "L"}),
            {
                "closest / bound": float(np.sqrt(squares / least).min(initial=math.inf)),
                "with equal q": int(equal.sum()),
                "failing without equal q": int((fails & ~equal).sum()),
            },
            never_close(parameters.V, parameters.m, bounds) if dealt else "",
        )
        asymptotic = OPEN_REGIME if (form, parameters.regime) == ("printed", "printed") else ""
        return replace(found, asymptotic=asymptotic)


def closest_square(columns: np.ndarray) -> float:
    """The least squared distance of two columns of nonnegative whole numbers, exactly.

    Raises InputError where a column's sum squared, which bounds all that is computed, exceeds 2^53.
    """
    largest = float(columns.sum(axis=0).max()) ** 2
    if largest > EXACT:
        raise InputError("m^(2(L−1))", int(largest), "at most 2^53")
    columns = columns.astype(np.float32 if largest <= EXACT_32 else np.float64)
    gram = columns.T @ columns
    squares = np.diagonal(gram)
    distances = squares[:, None] + squares[None, :] - 2 * gram
    np.fill_diagonal(distances, math.inf)
    return float(distances.min())


def _closest_squares(counts: Sequence[np.ndarray]) -> list[float]:
    products = itertools.accumulate((matrix.astype(np.float64) for matrix in counts), np.matmul)
    return [closest_square(product) for product in products]


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

    def trial(self, parameters: LevelParameters, trial: Trial) -> Outcome[ExactProbability]:
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
        self, parameters: LevelParameters, row: Row, outcomes: Outcomes[ExactProbability], form: str
    ) -> Inequality:
        """The failure probability against δ."""
        allowed = float(on_arrays(self.formula(form, "failure"), **parameters.model_dump()))
        return exact_probability(outcomes[0].values["probability"], allowed)


CHECKS = (NonSynonymsStayApart(), NonSynonymsStayApartExactly())
