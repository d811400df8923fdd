"""A search for Lemma 26: the moments of the next bin, by exact enumeration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from layerproof.theory.evaluation import exactly
from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance, Whole
from layerproof.verify.searches.exact import drawn
from layerproof.verify.searches.strategies import shuffled_balls

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


class Prefix(SearchInstance):
    """The balls left of each colour before bin ν is filled, and the values of the colours."""

    V: int = Field(ge=1, le=8)
    m: int = Field(ge=1, le=8)
    nu: int = Field(ge=1, le=16)
    left: tuple[Whole, ...]
    z: tuple[Whole, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.nu > self.V or len(self.left) != self.V or len(self.z) != self.V:
            raise ValueError("one number of balls and one value for each of V colours, ν ≤ V")
        if any(not 0 <= count <= self.m for count in self.left):
            raise ValueError("from 0 to m balls of each colour")
        if sum(self.left) != self.m * (self.V - self.nu + 1):
            raise ValueError("m (V − ν + 1) balls left")
        return self


class BinMoments(ModelSearch[Prefix]):
    """Lemma 26: the moments of the next bin, over everything it can hold."""

    statement = "R26.lemma-26"
    quantity = "deviation from the formulas of E[τ_ν²] and Cov(Z_ν1, Z_ν2)"
    forms = ("printed", "repaired")
    instance = Prefix

    def strategy(self, form: str) -> SearchStrategy[Prefix]:
        """Up to 12 balls of 4 colours, dealt up to bin ν; the last bins first."""
        from hypothesis import strategies as st

        @st.composite
        def prefixes(draw: DrawFn) -> Prefix:
            fewest, most = (1, 2) if form == "printed" else (2, 3)
            deal = draw(shuffled_balls(4, most, fewest))
            V, m = deal["V"], deal["m"]
            nu = V - draw(st.integers(0, V - 1))
            rest = deal["balls"][m * (nu - 1) :]
            left = tuple(rest.count(colour) for colour in range(V))
            z = draw(st.tuples(*[st.integers(-3, 3)] * V))
            return Prefix(V=V, m=m, nu=nu, left=left, z=z)

        return prefixes()

    def unmet(self, instance: Prefix, form: str) -> str:
        """Two balls a bin, as repaired."""
        return "m at least 2" if form == "repaired" and instance.m < 2 else ""

    def examine(self, instance: Prefix, form: str) -> Comparison:
        """The larger of the two deviations; infinite where a formula is undefined."""
        mean, variance = moments(instance.left, instance.z)
        values = {"V": instance.V, "m": instance.m, "nu": instance.nu}
        second = second_moment(instance.left, instance.z, instance.m)
        pairs = (
            (second, "second moment"),
            (_pair_product(instance.left, instance.z) - mean**2, "covariance"),
        )
        deviations = []
        for exact, name in pairs:
            found = exactly(
                self.formula(form, name), **values, variance=variance, remaining_mean=mean
            )
            deviations.append(math.inf if found is None else abs(float(exact - found)))
        return Comparison(max(deviations), "<=", 0.0)

    def describe(self, instance: Prefix, form: str) -> Sequence[str]:
        """What is left, and what the next bin is."""
        return [
            f"V = {instance.V}, m = {instance.m}, bin ν = {instance.nu}; left of the colours"
            f" {list(instance.left)}, their values {list(instance.z)}"
        ]


def moments(left: Sequence[int], z: Sequence[int]) -> tuple[Fraction, Fraction]:
    """Mean and mean square of a ball drawn from what is left: counts (k,), values (k,)."""
    number = sum(left)
    mean = Fraction(sum(a * b for a, b in zip(left, z, strict=True)), number)
    square = Fraction(sum(a * b * b for a, b in zip(left, z, strict=True)), number)
    return mean, square - mean**2


def second_moment(left: Sequence[int], z: Sequence[int], m: int) -> Fraction:
    """E[τ²] of the mean τ of m balls drawn from those left, over everything they can be."""
    return sum(
        (
            chance * Fraction(sum(a * b for a, b in zip(row, z, strict=True)), m) ** 2
            for row, chance in drawn(left, m)
        ),
        Fraction(0),
    )


def _pair_product(left: Sequence[int], z: Sequence[int]) -> Fraction:
    """E[Z₁ Z₂] of two balls drawn one after the other; of one ball, where there is no other, z²."""
    balls = [value for count, value in zip(left, z, strict=True) for _ in range(count)]
    if len(balls) == 1:
        return Fraction(balls[0] ** 2)
    total = sum(balls) ** 2 - sum(value * value for value in balls)
    return Fraction(total, len(balls) * (len(balls) - 1))


SEARCHES = (BinMoments(),)
