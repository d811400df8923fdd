"""A search for the one-step factor of C24's ensemble: expectations over every draw of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance
from layerproof.verify.searches.exact import drawn

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy
from layerproof.verify.searches.derived.mean_square_separation import ROUNDING


class UniformSizes(SearchInstance):
    """C24's ensemble with n = V classes at level 2, small enough to list its first tokens."""

    V: int = Field(ge=2, le=4)
    m: int = Field(ge=1, le=12)
    s: int = Field(ge=2, le=3)

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.m > self.V ** (self.s - 1) or self.V * self.m > 12:
            raise ValueError("m at most V^(s-1), and at most 12 patches")
        return self


class UniformStep(ModelSearch[UniformSizes]):
    """One rule level of C24's ensemble, by listing the labels of every token's patches."""

    statement = "derived.joint-law"
    quantity = "relative error of the formula"
    forms = ("printed", "repaired")
    instance = UniformSizes

    def strategy(self, form: str) -> SearchStrategy[UniformSizes]:
        """Every size that can be listed."""
        from hypothesis import strategies as st

        @st.composite
        def sizes(draw: DrawFn) -> UniformSizes:
            V, s = draw(st.integers(2, 4)), draw(st.integers(2, 3))
            m = draw(st.integers(1, min(V ** (s - 1), 12 // V)))
            return UniformSizes(V=V, m=m, s=s)

        return sizes()

    def examine(self, instance: UniformSizes, form: str) -> Comparison:
        """E‖q − q'‖² as printed, E Σ p² ‖q − 1/n‖² as repaired, at level 2."""
        V, m, s = instance.V, instance.m, instance.s
        name, exact = {
            "printed": ("separation", separation_of_uniform(V, m, s)),
            "repaired": ("deviation", deviation_of_uniform(V, m, s)),
        }[form]
        formula = self.formula(form, name)(V=V, m=m, s=s, n=V, l=2)
        return Comparison(abs(formula / float(exact) - 1.0), "<=", ROUNDING)

    def describe(self, instance: UniformSizes, form: str) -> Sequence[str]:
        """Sizes."""
        V, m, s = instance.V, instance.m, instance.s
        return [f"V = n = {V}, m = {m}, s = {s}, l = 2"]


def separation_of_uniform(V: int, m: int, s: int) -> Fraction:
    """E‖q − q'‖² of two tokens at level 2 that both come first."""
    each, weight, total = V ** (s - 1), Fraction(0), Fraction(0)
    for (first, second, _), chance in drawn((each, each, V**s - 2 * each), V * m):
        if first and second:
            weight += chance
            total += chance * _square_distance(V, m, first, second)
    return total / weight


def _square_distance(V: int, m: int, first: int, second: int) -> Fraction:
    """E‖a/first − b/second‖², a and b the labels of the patches that start with two tokens."""
    total = Fraction(0)
    for a, chance in drawn((m,) * V, first):
        left = tuple(m - count for count in a)
        for b, other in drawn(left, second):
            square = sum(
                (Fraction(x, first) - Fraction(y, second)) ** 2 for x, y in zip(a, b, strict=True)
            )
            total += chance * other * square
    return total


def deviation_of_uniform(V: int, m: int, s: int) -> Fraction:
    """E Σ_ν p_ν² ‖q_ν − 1/n‖² at level 2, n = V: Σ_ν ‖(a_ν − mean)/(V m)‖²."""
    each, total = V ** (s - 1), Fraction(0)
    for (count, _), chance in drawn((each, V**s - each), V * m):
        for a, p in drawn((m,) * V, count):
            square = sum((x - Fraction(count, V)) ** 2 for x in a)
            total += chance * p * square
    return V * total / (V * m) ** 2


SEARCHES = (UniformStep(),)
