"""A search for Lemma 24: the exact tail of a hypergeometric count against its bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp
from pydantic import Field

from layerproof.verify.searches.base import Comparison, FractionField, ModelSearch, SearchInstance

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


class Counts(SearchInstance):
    """A share γ of the bins and a relative deviation ε."""

    V: int = Field(ge=2, le=10**4)
    m: int = Field(ge=1, le=10**5)
    gamma: FractionField
    epsilon: FractionField


class CountTail(ModelSearch[Counts]):
    """Lemma 24: the tail of a hypergeometric count, summed term by term."""

    statement = "R26.lemma-24"
    quantity = "P[|N_{≤γV,μ} − γm| ≥ εγm]"
    forms = ("printed", "repaired")
    instance = Counts

    def strategy(self, form: str) -> SearchStrategy[Counts]:
        """γ and ε in hundredths as printed; whole bins and any ε as repaired."""
        from hypothesis import strategies as st

        @st.composite
        def counts(draw: DrawFn) -> Counts:
            V = draw(st.integers(2, 12))
            m = draw(st.integers(1, 2000))
            if form == "printed":
                gamma = Fraction(49 - draw(st.integers(0, 48)), 100)
                epsilon = Fraction(10 - draw(st.integers(0, 9)), 100)
            else:
                gamma = Fraction(draw(st.integers(1, V)), V)
                epsilon = Fraction(draw(st.integers(1, 100)), 100)
            return Counts(V=V, m=m, gamma=gamma, epsilon=epsilon)

        return counts()

    def unmet(self, instance: Counts, form: str) -> str:
        """γ < 1/2 and ε ≤ 1/10 as printed; γV ∈ ℕ, γ ≤ 1 and ε ≤ 1 as repaired."""
        gamma, epsilon = instance.gamma, instance.epsilon
        printed = 0 < gamma < Fraction(1, 2) and 0 < epsilon <= Fraction(1, 10)
        whole = (gamma * instance.V).denominator == 1
        repaired = whole and 0 < gamma <= 1 and 0 < epsilon <= 1
        if form == "printed":
            return "" if printed else "0 < γ < 1/2 and 0 < ε ≤ 1/10"
        return "" if repaired else "γV a positive integer, γ ≤ 1 and 0 < ε ≤ 1"

    def examine(self, instance: Counts, form: str) -> Comparison:
        """The exact tail against the bound."""
        bound = self.formula(form, "tail")(
            m=instance.m, gamma=_rational(instance.gamma), deviation=_rational(instance.epsilon)
        )
        return Comparison(_tail(instance), "<=", bound, rounding=1e-9, scale=bound)

    def describe(self, instance: Counts, form: str) -> Sequence[str]:
        """Sizes, and how many bins are counted."""
        bins = math.floor(instance.gamma * instance.V)
        return [
            f"V = {instance.V}, m = {instance.m}, γ = {float(instance.gamma):g},"
            f" ε = {float(instance.epsilon):g}; the first ⌊γV⌋ = {bins} bins hold"
            f" {bins * instance.m} of {instance.V * instance.m} balls"
        ]


def _tail(instance: Counts) -> float:
    """Σ of C(m, k) C(mV − m, n − k)/C(mV, n) over the k that deviate, n balls in the first bins."""
    V, m = instance.V, instance.m
    gamma, epsilon = instance.gamma, instance.epsilon
    balls = math.floor(gamma * V) * m
    mean, width = gamma * m, epsilon * gamma * m
    lowest, highest = max(0, balls - (m * V - m)), min(m, balls)
    total = _log_choose(m * V, balls)
    return math.fsum(
        math.exp(_log_choose(m, k) + _log_choose(m * V - m, balls - k) - total)
        for k in range(lowest, highest + 1)
        if abs(k - mean) >= width
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


SEARCHES = (CountTail(),)
