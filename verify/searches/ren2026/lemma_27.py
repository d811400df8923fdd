"""Searches among balls in bins: R26's Lemmas 21, 26 and 27, by exact enumeration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import sympy as sp
from pydantic import Field, model_validator

from theory.evaluation import exactly
from verify.refutation.base import Comparison, FractionField, Instance, ModelSearch, Whole
from verify.refutation.exact import drawn
from verify.refutation.strategies import centred_vectors, shuffled_balls

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

ROUNDING = 1e-12
"""Relative: a formula's value is a double that was rounded once from 20 digits."""


class Deal(Instance):
    """The balls of V colours, m of each, in the order in which they are dealt."""

    V: int = Field(ge=1, le=16)
    m: int = Field(ge=1, le=64)
    balls: tuple[Whole, ...]

    @model_validator(mode="after")
    def _all_there(self) -> Self:
        if sorted(self.balls) != [colour for colour in range(self.V) for _ in range(self.m)]:
            raise ValueError("m balls of each of the colours 0 to V - 1")
        return self


class WithoutReplacement(ModelSearch[Deal]):
    """Lemma 21: a sequence of colours has the probability of draws without replacement."""

    statement = "R26.lemma-21"
    quantity = "|P[colours in this order] − product of the law of the next ball|"
    instance = Deal

    def strategy(self, form: str) -> SearchStrategy[Deal]:
        """Orders of up to 12 balls."""
        return shuffled_balls(3, 4).map(lambda found: Deal(**found))

    def examine(self, instance: Deal, form: str) -> Comparison:
        """One over the number of distinct orders, against the product of the formula."""
        V, m = instance.V, instance.m
        exact = Fraction(math.factorial(m) ** V, math.factorial(m * V))
        formula = self.formula(form, "next ball")
        product = Fraction(1)
        for position, colour in enumerate(instance.balls):
            before = instance.balls[:position].count(colour)
            factor = exactly(formula, V=V, m=m, dealt=position, dealt_colour=before)
            product *= Fraction(0) if factor is None else factor
        return Comparison(float(abs(exact - product)), "<=", 0.0)

    def describe(self, instance: Deal, form: str) -> Sequence[str]:
        """Sizes and order."""
        colours = " ".join(map(str, instance.balls))
        return [f"V = {instance.V}, m = {instance.m}, colours {colours}"]


class Prefix(Instance):
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
        mean, variance = _moments(instance.left, instance.z)
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


def _moments(left: Sequence[int], z: Sequence[int]) -> tuple[Fraction, Fraction]:
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


class Bin(Instance):
    """A bin of the middle third, a centred vector, a failure probability."""

    V: int = Field(ge=2, le=4)
    m: int = Field(ge=1, le=100)
    nu: int = Field(ge=1, le=16)
    z: tuple[Whole, ...]
    delta: FractionField

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.z) != self.V or sum(self.z) != 0 or not any(self.z):
            raise ValueError("V values that sum to 0 and are not all 0")
        if not self.V <= 3 * self.nu <= 2 * self.V:
            raise ValueError("ν in [V/3, 2V/3]")
        if not 0 < self.delta < 1:
            raise ValueError("δ in (0, 1)")
        return self


class MiddleBins(ModelSearch[Bin]):
    """Lemma 27: how likely a bin of the middle third leaves its bounds, over all deals."""

    statement = "R26.lemma-27"
    quantity = "P[E[τ_ν² | F_{ν−1}] leaves its bounds], against δ"
    forms = ("printed", "repaired")
    instance = Bin

    def strategy(self, form: str) -> SearchStrategy[Bin]:
        """Few bins; so many balls as repaired that the sharper lower bound says something."""
        from hypothesis import strategies as st

        @st.composite
        def bins(draw: DrawFn) -> Bin:
            V = draw(st.integers(2, 4 if form == "printed" else 3))
            m = draw(st.integers(1, 4 if form == "printed" else 60))
            nu = draw(st.integers(-(-V // 3), 2 * V // 3))
            delta = draw(st.sampled_from([Fraction(1, 10), Fraction(1, 100)]))
            return Bin(V=V, m=m, nu=nu, z=draw(centred_vectors(V, 3)), delta=delta)

        return bins()

    def examine(self, instance: Bin, form: str) -> Comparison:
        """The exact probability against δ."""
        low, high = self._bounds(instance, form)
        V, m = instance.V, instance.m
        outside = Fraction(0)
        for row, chance in drawn((m,) * V, m * (instance.nu - 1)):
            left = [m - count for count in row]
            moment = float(_second_moment_by_pairs(left, instance.z, m))
            if moment < low * (1 - ROUNDING) or moment > high * (1 + ROUNDING):
                outside += chance
        return Comparison(float(outside), "<=", float(instance.delta))

    def describe(self, instance: Bin, form: str) -> Sequence[str]:
        """The bin, the vector and the bounds."""
        low, high = self._bounds(instance, form)
        return [
            f"V = {instance.V}, m = {instance.m}, bin ν = {instance.nu}, z = {list(instance.z)},"
            f" δ = {float(instance.delta):g}; bounds [{low:.4g}, {high:.4g}], on average"
            f" {self._average(instance):.4g}"
        ]

    def _bounds(self, instance: Bin, form: str) -> tuple[float, float]:
        values = {
            "V": instance.V,
            "m": instance.m,
            "nu": instance.nu,
            "delta": _rational(instance.delta),
            "square_length": sum(value * value for value in instance.z),
            "sign": 1,
        }
        names = ["lower", *(["sharp lower"] if form == "repaired" else [])]
        low = max(self.formula(form, name)(**values) for name in names)
        return low, self.formula(form, "upper")(**values)

    def _average(self, instance: Bin) -> float:
        whole = (instance.m,) * instance.V
        return float(_second_moment_by_pairs(whole, instance.z, instance.m))


def _second_moment_by_pairs(left: Sequence[int], z: Sequence[int], m: int) -> Fraction:
    """E[τ²] = (E[Z²] + (m − 1) E[Z₁ Z₂])/m, for bins of many balls."""
    mean, variance = _moments(left, z)
    if m == 1:
        return variance + mean**2
    number = sum(left)
    square = variance + mean**2
    pair = (number * mean**2 - square) / (number - 1)
    return (square + (m - 1) * pair) / m


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


SEARCHES = (WithoutReplacement(), BinMoments(), MiddleBins())
