"""Lemmas 29, 30 and Proposition 19: first-token matrices do not bring tokens too close together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from theory.deals import deal, deal_counts, first_child_counts
from theory.errors import InputError
from theory.evaluation import on_arrays
from theory.formula import Formula
from theory.randomness import generator
from theory.statements.lemma_29 import STATEMENT as LEMMA_29
from theory.statements.lemma_30 import STATEMENT as LEMMA_30
from theory.statements.proposition_19 import STATEMENT as PROPOSITION_19
from verify.checks.base import Check, InstanceParameters, Outcome, Parameters, Row, Trial
from verify.checks.premises import (
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
from verify.checks.vectors import KINDS, Kind, vector
from verify.claims import Claim, Frequency, Inequality

ROUNDING = 1e-9
"""Relative; far above what V^2 additions of float64 lose, far below any deviation of interest."""

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

NEVER_SHORT = "no matrix of this size shortens a vector that much"


class SizeParameters(Parameters):
    """Sizes, and the constant with which min(m, V) ≫ log³(1/δ) is read (printed form)."""

    V: int = Field(8, ge=2)
    m: int = Field(8, ge=1)
    C: float = Field(1.0, gt=0, description="min(m, V) = C log³(1/δ)")


class ShorteningParameters(SizeParameters):
    """Vectors that one matrix is applied to; `length` is ‖z‖."""

    z: tuple[Kind, ...] = KINDS
    length: float = Field(1.0, gt=0, description="‖z‖")


class OneMatrix(Check[ShorteningParameters]):
    """Lemma 29: one random matrix on one vector, chosen before the matrix is drawn."""

    id = "lemma-29"
    statement = LEMMA_29.id
    quantity = "P[image too short]"
    forms = ("printed", "repaired")
    parameters = ShorteningParameters

    def rows(self, parameters: ShorteningParameters) -> Sequence[Row]:
        """One row a vector."""
        return [{"z": z} for z in parameters.z]

    def trial(self, parameters: ShorteningParameters, trial: Trial) -> Outcome:
        """‖P z‖² for one deal of every vector."""
        images: dict[str, float] = {}
        for kind in parameters.z:
            rng = generator(trial.derive("deal", kind))
            z = vector(kind, parameters.V, rng)
            z *= parameters.length / math.sqrt(z @ z)
            images[kind] = float((deal(z, parameters.m, rng).mean(axis=1) ** 2).sum())
        return Outcome(images)

    def claim(
        self, parameters: ShorteningParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """How often the image is too short."""
        images = np.array([outcome.values[row["z"]] for outcome in outcomes])
        measured = on_arrays(self.formula(form, "measured"), square_image=images)
        sizes = {"m": parameters.m, "square_length": parameters.length**2}
        bound = float(on_arrays(self.formula(form, "bound"), **sizes))
        least = np.array([parameters.length**2 * _least_factor(parameters.V, parameters.m)])
        shortest = float(on_arrays(self.formula(form, "measured"), square_image=least)[0])
        return _with_probability(
            int((measured < bound * (1 - ROUNDING)).sum()),
            len(images),
            self.formula(form, "failure"),
            parameters.model_dump(include={"V", "m", "C"}),
            {"shortest": float(measured.min()), "bound": bound},
            NEVER_SHORT if shortest >= bound * (1 - ROUNDING) else "",
        )


class ProductParameters(SizeParameters):
    """A product of `matrices` first-token matrices."""

    matrices: int = Field(2, ge=1, description="l, the number of matrices")


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

    def trial(self, parameters: ProductParameters, trial: Trial) -> Outcome:
        """‖m^l P_1 ⋯ P_l (e_μ − e_μ')‖²."""
        if parameters.m**parameters.matrices > EXACT:
            raise InputError("matrices", parameters.matrices, "small enough that m^l ≤ 2^53")
        rng = generator(trial.derive("deals"))
        z = vector("pair", parameters.V, rng)
        for _ in range(parameters.matrices):
            z = deal(z, parameters.m, rng).sum(axis=1)
        return Outcome({"square": float(z @ z)})

    def claim(
        self, parameters: ProductParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """How often the tokens are too close."""
        least = least_square(self.formula(form, "separation"), parameters.m, parameters.matrices)
        squares = [outcome.values["square"] for outcome in outcomes]
        return _with_probability(
            sum(square < least for square in squares),
            len(squares),
            self.formula(form, "failure"),
            sizes_of(parameters),
            {"closest": min(squares), "least": least, "identical": squares.count(0.0)},
            _never_close(parameters.V, parameters.m, {parameters.matrices: least}),
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


class NonSynonymsStayApart(Check[SeparationParameters]):
    """Proposition 19 on drawn grammars: the closest non-synonyms of every level.

    The evidence counts the grammars in which two non-synonyms share q exactly. For
    m ≤ 20 · 2^(1/(L−1)) these are the ones that fail, and no others.
    """

    id = "proposition-19"
    statement = PROPOSITION_19.id
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

    def trial(self, parameters: SeparationParameters, trial: Trial) -> Outcome:
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
        self, parameters: SeparationParameters, row: Row, outcomes: Sequence[Outcome], form: str
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
        found = _with_probability(
            int(fails.sum()),
            len(outcomes),
            self.formula(form, "failure"),
            parameters.model_dump(include={"V", "m", "C", "L"}),
            {
                "closest / bound": float(np.sqrt(squares / least).min(initial=math.inf)),
                "with equal q": int(equal.sum()),
                "failing without equal q": int((fails & ~equal).sum()),
            },
            _never_close(parameters.V, parameters.m, bounds) if dealt else "",
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


def least_square(separation: Formula, m: int, level: int, matrices: int | None = None) -> float:
    """The bound on the distance, squared, in units of m^(−matrices)."""
    distance = separation.exact(m=m, l=level)
    return float((distance**2 * m ** (2 * (level if matrices is None else matrices))).evalf(20))


def _never_close(V: int, m: int, least: dict[int, float]) -> str:
    """Why tokens are never closer than `least`, number of matrices → square in units of m^(−l)."""
    # ‖e_μ − e_μ'‖² = 2, and the units are m^l as large.
    surely = (2.0 * (_least_factor(V, m) * m**2) ** l >= bound for l, bound in least.items())
    return NEVER_SHORT if all(surely) else ""


def _least_factor(V: int, m: int) -> float:
    """What ‖P z‖²/‖z‖² is at least, whatever the deal, where that is known without one.

    With m = 1 P is a permutation; with two tokens it keeps z_0 + z_1 and multiplies z_0 − z_1 by
    (2a − m)/m, a whole number a, which is no less than 1/m for odd m.
    """
    if m == 1:
        return 1.0
    return m**-2.0 if V == 2 and m % 2 else 0.0


def sizes_of(parameters: ProductParameters) -> dict[str, Any]:
    """The values of the symbols V, m, C and l."""
    return parameters.model_dump(include={"V", "m", "C"}) | {"l": parameters.matrices}


def _with_probability(
    failures: int,
    trials: int,
    failure: Formula,
    sizes: dict[str, Any],
    worst: dict[str, Any],
    cannot_fail: str = "",
) -> Frequency | Inequality:
    """``P[failure] ≤`` the formula; where that is 1 or more, nothing is claimed at this size."""
    allowed = float(on_arrays(failure, **sizes))
    if allowed < 1:
        return Frequency(failures, trials, allowed, cannot_fail, worst)
    larger = np.arange(2, 100_000)
    told = on_arrays(failure, **sizes | {"V": larger, "m": larger}) < 1
    why = (
        f"the failure probability allowed at this size is {allowed:.3g};"
        f" it is below 1 from V = m = {larger[told.argmax()]} on"
    )
    share = failures / trials
    return Inequality(share, "<=", 1.0, examined=trials, cannot_fail=why, worst=worst)


CHECKS = (
    OneMatrix(),
    TokensStayApart(),
    NonSynonymsStayApart(),
)
