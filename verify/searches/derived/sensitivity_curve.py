"""A search for the sensitivity curve: sums over count laws against its formula.

"≈" is read as within 5 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from layerproof.theory.predictions import count_correction
from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance
from layerproof.verify.searches.exact import hypergeometric_variance

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy
from layerproof.verify.searches.derived.noise import APPROXIMATELY


class Trained(SearchInstance):
    """A stage of the uniform-first-token ensemble, n = V, trained on N strings."""

    V: int = Field(ge=2, le=256)
    m: int = Field(ge=2, le=64)
    level: int = Field(ge=2, le=6)
    N: int = Field(ge=1, le=10**6)


class SensitivityCurveSearch(ModelSearch[Trained]):
    """S(N) over pairs of patches that were both seen; "is" is read as within 5 %, for V ≥ 8."""

    statement = "derived.sensitivity-curve"
    quantity = "relative error of the formula for S(N)"
    forms = ("printed", "repaired")
    instance = Trained

    def strategy(self, form: str) -> SearchStrategy[Trained]:
        """From one string a patch to a few thousand."""
        from hypothesis import strategies as st

        @st.composite
        def stages(draw: DrawFn) -> Trained:
            V, m, level = draw(st.integers(8, 32)), draw(st.integers(2, 8)), draw(st.integers(2, 3))
            return Trained(V=V, m=m, level=level, N=V * m + draw(st.integers(0, 8000)))

        return stages()

    def unmet(self, instance: Trained, form: str) -> str:
        """Not too few tokens, and as many strings as patches."""
        V, m = instance.V, instance.m
        return "" if V >= 8 and V * m <= instance.N else "V at least 8 and N at least |P_l| = V m"

    def examine(self, instance: Trained, form: str) -> Comparison:
        """Mean squares over grammars and samples, from hypergeometric and trinomial sums."""
        V, m, level, N = instance.V, instance.m, instance.level, instance.N
        p = 1.0 / (V * m)
        remains = float(deal_step(V, m)) ** (level - 1)
        noise = 2.0 * (1.0 - 1.0 / V) * (1.0 - remains) * _inverse_of_both_seen(N, p)
        exact = noise / (noise + 2.0 * remains)
        formula = self.formula(form, "sensitivity")(
            N=N,
            crossover=self.formula(form, "crossover")(V=V, m=m, n=V, l=level),
            count_correction=count_correction(N, p),
        )
        return Comparison(abs(formula / exact - 1.0), "<=", APPROXIMATELY)

    def describe(self, instance: Trained, form: str) -> Sequence[str]:
        """Sizes, and N in units of the crossover."""
        V, m, level, N = instance.V, instance.m, instance.level, instance.N
        crossover = self.formula(form, "crossover")(V=V, m=m, n=V, l=level)
        return [
            f"V = n = {V}, m = {m}, l = {level}, N = {N}: {N / (V * m):.4g} strings a patch,"
            f" N/N_× = {N / crossover:.4g}"
        ]


def deal_step(V: int, m: int) -> Fraction:
    """E‖Pz‖²/‖z‖² for centred z, P a first-token matrix: (V/m²)(Var N − Cov(N, N')).

    N and N' count the balls of two colours in one bin; N and N + N' are hypergeometric.
    """
    single, double = _bin_variance(V, m, m), _bin_variance(V, m, 2 * m)
    return Fraction(V, m * m) * (single - (double - 2 * single) / 2)


def _bin_variance(V: int, m: int, marked: int) -> Fraction:
    """The variance of how many of the m balls of a bin are among `marked` of all mV."""
    return hypergeometric_variance(m * V, marked, m)


def _inverse_of_both_seen(N: int, p: float) -> float:
    """E[1/k | k > 0, k' > 0] of two counts of a multinomial, each with probability p."""
    from scipy.stats import binom

    counts = np.arange(1, N + 1)
    law = binom.pmf(counts, N, p)
    other = -np.expm1((N - counts) * np.log1p(-p / (1.0 - p)))
    return float((law * other / counts).sum() / (law * other).sum())


SEARCHES = (SensitivityCurveSearch(),)
