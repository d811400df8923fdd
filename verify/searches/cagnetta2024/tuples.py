"""Searches for C24's signal, noise and threshold of leaf tuples, n = V classes.

"To leading order" is read as within a factor 2, from 16 tokens on.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance
from layerproof.verify.searches.exact import hypergeometric_variance

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


LEADING_ORDER = 2.0


class TupleSizes(SearchInstance):
    """C24's ensemble with n = V classes: V tokens, m rules, patches of s, L levels."""

    V: int = Field(ge=2, le=64)
    m: int = Field(ge=1, le=256)
    s: int = Field(ge=2, le=3)
    L: int = Field(ge=2, le=6)
    samples: int = Field(1, ge=1, le=10**15)

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.m > self.V ** (self.s - 1):
            raise ValueError("m at most V^(s-1)")
        return self


class Tuples(ModelSearch[TupleSizes]):
    """Searches over the sizes of C24's ensemble, at leading order."""

    instance = TupleSizes
    forms = ("printed", "repaired")

    def strategy(self, form: str) -> SearchStrategy[TupleSizes]:
        """From 16 to 64 tokens, pairs."""
        from hypothesis import strategies as st

        @st.composite
        def sizes(draw: DrawFn) -> TupleSizes:
            V = draw(st.integers(16, 64))
            m, L = draw(st.integers(1, V)), draw(st.integers(2, 3))
            return TupleSizes(V=V, m=m, s=2, L=L, samples=V * m)

        return sizes()

    def unmet(self, instance: TupleSizes, form: str) -> str:
        """So many tokens that a leading order means something."""
        return "" if instance.V >= 16 else "V at least 16"

    def describe(self, instance: TupleSizes, form: str) -> Sequence[str]:
        """Sizes."""
        return [
            f"V = n = {instance.V}, m = {instance.m}, s = {instance.s}, L = {instance.L},"
            f" P = {instance.samples}"
        ]

    def _against(self, exact: float, formula: float) -> Comparison:
        """How many times one is the other."""
        factor = max(exact / formula, formula / exact)
        return Comparison(factor, "<=", LEADING_ORDER)


def tuple_signal(sizes: TupleSizes) -> float:
    """V m n E Σ_μ p_μ² ‖q_μ − 1/n‖² over leaf tuples μ, n = V.

    A tuple has 1/m of its parent's probability and its parent's posterior.
    """
    V, m = sizes.V, sizes.m
    deviation = Fraction(V - 1, V**2) * one_step(V, m, sizes.s) ** (sizes.L - 1)
    return float(V * m * V * deviation * m / m**2)


def one_step(V: int, m: int, s: int) -> Fraction:
    """E‖xᵀT‖²/‖x‖² for centred x, T = N/m the first-child matrix of the uniform ensemble.

    (V/m²)(Var N − Cov(N, N')) with N, N' the numbers of patches of two parents that start with one
    token; N and N + N' are hypergeometric, and their variances are summed term by term.
    """
    single, double = _variance(V, m, s), _variance(V, 2 * m, s)
    covariance = (double - 2 * single) / 2
    return Fraction(V, m * m) * (single - covariance)


def _variance(V: int, draws: int, s: int) -> Fraction:
    """The variance of how many of `draws` distinct patches among V^s start with one token."""
    return hypergeometric_variance(V**s, V ** (s - 1), draws)
