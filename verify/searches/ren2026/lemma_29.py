"""A search for Lemma 29: how much one first-token matrix shortens a centred vector.

Probabilities are sums over every deal, in rational arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance, Whole
from layerproof.verify.searches.exact import Matrix, deals
from layerproof.verify.searches.strategies import centred_vectors

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


CONSTANTS = (1, 10, 100, 1000)


Vector = tuple[int, ...]


class Centred(SearchInstance):
    """A centred vector and the sizes of a first-token matrix."""

    V: int = Field(ge=2, le=4)
    m: int = Field(ge=1, le=4)
    z: tuple[Whole, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.z) != self.V or sum(self.z) != 0 or not any(self.z):
            raise ValueError("V values that sum to 0 and are not all 0")
        return self


class OneMatrixSearch(ModelSearch[Centred]):
    """Lemma 29: a bound that no matrix meets fails with certainty, whatever ≫ and O(δ) mean."""

    statement = "R26.lemma-29"
    quantity = "the largest ‖Pz‖ over all first-token matrices"
    instance = Centred

    def strategy(self, form: str) -> SearchStrategy[Centred]:
        """Vectors of whole numbers up to 100."""
        from hypothesis import strategies as st

        @st.composite
        def vectors(draw: DrawFn) -> Centred:
            V, m = draw(st.integers(2, 3)), draw(st.integers(1, 3))
            return Centred(V=V, m=m, z=draw(centred_vectors(V, 100)))

        return vectors()

    def examine(self, instance: Centred, form: str) -> Comparison:
        """The matrix that keeps most of z, against the bound."""
        m, z = instance.m, instance.z
        longest = max(square(image(counts, z)) for counts, _ in deals(instance.V, m))
        measured = self.formula(form, "measured")(square_image=longest / m**2)
        bound = self.formula(form, "bound")(m=m, square_length=square(z))
        return Comparison(measured, ">=", bound, rounding=1e-12, scale=bound)

    def describe(self, instance: Centred, form: str) -> Sequence[str]:
        """Sizes and vector."""
        length = math.sqrt(square(instance.z))
        return [
            f"V = {instance.V}, m = {instance.m}, z = {list(instance.z)}: ‖z‖ = {length:.4g},"
            f" 20m = {20 * instance.m}"
        ]


def image(counts: Matrix, z: Sequence[int]) -> Vector:
    """m P z for counts m P and whole numbers z."""
    return tuple(sum(a * b for a, b in zip(row, z, strict=True)) for row in counts)


def square(z: Sequence[int]) -> int:
    """‖z‖²."""
    return sum(value * value for value in z)


SEARCHES = (OneMatrixSearch(),)
