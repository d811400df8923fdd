"""A search for Lemma 30: how close products of first-token matrices bring two tokens.

Probabilities are sums over every deal, in rational arithmetic. The condition min(m, V) ≫ log³(1/δ)
is read with a constant C that the instance names.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance
from layerproof.verify.searches.exact import deals

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy
from layerproof.verify.searches.ren2026.lemma_29 import CONSTANTS, Vector, image, square

MOST_PRODUCTS = 20_000
"""Products of matrices that an instance may take to list."""


class MatrixChain(SearchInstance):
    """Sizes, a number of matrices or levels, and the constant C of min(m, V) ≥ C log³(1/δ)."""

    V: int = Field(ge=2, le=4)
    m: int = Field(ge=1, le=6)
    length: int = Field(ge=1, le=6)
    C: int = Field(ge=1, le=10**9)

    @model_validator(mode="after")
    def _listable(self) -> Self:
        if self.V * self.m > 12 or len(deals(self.V, self.m)) ** self.length > MOST_PRODUCTS:
            raise ValueError(f"at most {MOST_PRODUCTS} products of matrices to list")
        return self


class Chains(ModelSearch[MatrixChain]):
    """Searches over products of matrices that can be listed."""

    instance = MatrixChain

    def strategy(self, form: str) -> SearchStrategy[MatrixChain]:
        """Products that can be listed."""
        from hypothesis import assume
        from hypothesis import strategies as st

        @st.composite
        def chains(draw: DrawFn) -> MatrixChain:
            C = draw(st.sampled_from(CONSTANTS))
            length = draw(st.integers(1, 4))
            V, m = draw(st.integers(2, 4)), draw(st.integers(1, 4))
            assume(V * m <= 12 and len(deals(V, m)) ** length <= MOST_PRODUCTS)
            return MatrixChain(V=V, m=m, length=length, C=C)

        return chains()

    def _allowed(self, instance: MatrixChain, form: str) -> float:
        return self.formula(form, "failure")(m=instance.m, V=instance.V, C=instance.C)

    def describe(self, instance: MatrixChain, form: str) -> Sequence[str]:
        """Sizes, and the δ that the reading allows."""
        return [
            f"V = {instance.V}, m = {instance.m}, {self.unit} = {instance.length},"
            f" C = {instance.C}: δ = {self._allowed(instance, form):.4g}"
        ]

    unit = "l"


class Products(Chains):
    """Lemma 30: how likely l matrices bring two tokens closer than the bound, over all deals."""

    statement = "R26.lemma-30"
    quantity = "P[‖P_1 ⋯ P_l (e_μ − e_μ')‖ < (20m)^(−l/2)]"

    def examine(self, instance: MatrixChain, form: str) -> Comparison:
        """The exact failure probability against δ."""
        V, m, length = instance.V, instance.m, instance.length
        least = self.formula(form, "separation")(m=m, l=length)
        law: dict[Vector, Fraction] = {(1, -1, *(0,) * (V - 2)): Fraction(1)}
        for _ in range(length):
            dealt: dict[Vector, Fraction] = defaultdict(Fraction)
            for z, chance in law.items():
                for counts, probability in deals(V, m):
                    dealt[image(counts, z)] += chance * probability
            law = dealt
        failure = sum(
            (p for z, p in law.items() if math.sqrt(square(z)) / m**length < least), Fraction(0)
        )
        return Comparison(float(failure), "<=", self._allowed(instance, form))


SEARCHES = (Products(),)
