"""A search for Lemma 27: bins in the middle third, by exact enumeration."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import sympy as sp
from pydantic import Field, model_validator

from layerproof.verify.searches.base import (
    Comparison,
    FractionField,
    ModelSearch,
    SearchInstance,
    Whole,
)
from layerproof.verify.searches.exact import drawn
from layerproof.verify.searches.strategies import centred_vectors

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy
from layerproof.verify.searches.ren2026.lemma_26 import moments

ROUNDING = 1e-12
"""Relative: a formula's value is a double that was rounded once from 20 digits."""


class Bin(SearchInstance):
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
    mean, variance = moments(left, z)
    if m == 1:
        return variance + mean**2
    number = sum(left)
    square = variance + mean**2
    pair = (number * mean**2 - square) / (number - 1)
    return (square + (m - 1) * pair) / m


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


SEARCHES = (MiddleBins(),)
