"""Searches for the laws of sampling noise: sums over count laws against their formulas.

An approximation is judged under a reading: "≈" is within 5 %, "up to 1/V corrections" within l/V.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from theory.predictions import count_correction
from verify.refutation.base import Comparison, Instance, ModelSearch
from verify.refutation.exact import hypergeometric_variance

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

APPROXIMATELY = 0.05
SQUARE_NORM = 0.5
"""‖q‖² of two equally likely labels; the relative error of the noise does not depend on it."""
ROUNDING = 1e-9


class Counted(Instance):
    """|P_l| equally likely patches and N strings."""

    patches: int = Field(ge=1, le=4096)
    N: int = Field(ge=1, le=10**5)


class Noise(ModelSearch[Counted]):
    """E‖q̂_μ − q_μ‖² over samples in which μ was seen; "≈" is read as within 5 %."""

    statement = "derived.noise"
    quantity = "relative error of the formula for E‖q̂_μ − q_μ‖²"
    forms = ("printed", "repaired")
    instance = Counted

    def strategy(self, form: str) -> SearchStrategy[Counted]:
        """Up to 64 patches, seen up to 100 times each on average."""
        from hypothesis import strategies as st

        @st.composite
        def counted(draw: DrawFn) -> Counted:
            patches = draw(st.integers(1, 64))
            return Counted(patches=patches, N=draw(st.integers(patches, 100 * patches)))

        return counted()

    def unmet(self, instance: Counted, form: str) -> str:
        """So many strings that a patch is seen once on average."""
        return "" if instance.patches <= instance.N else "N at least |P_l|"

    def examine(self, instance: Counted, form: str) -> Comparison:
        """E[1/k | k > 0], summed over the binomial law, against the formula's factor."""
        N, p = instance.N, 1.0 / instance.patches
        formula = self.formula(form, "noise")(
            patches=instance.patches,
            N=N,
            square_norm=SQUARE_NORM,
            count_correction=count_correction(N, p),
        )
        exact = (1.0 - SQUARE_NORM) * _mean_inverse_count(N, p)
        return Comparison(abs(formula / exact - 1.0), "<=", APPROXIMATELY)

    def describe(self, instance: Counted, form: str) -> Sequence[str]:
        """Sizes."""
        seen = instance.N / instance.patches
        return [
            f"|P_l| = {instance.patches}, N = {instance.N}: {seen:.4g} strings a patch; ‖q‖² = 1/2"
        ]


def _mean_inverse_count(N: int, p: float) -> float:
    """E[1/k | k > 0], k ~ Binomial(N, p)."""
    if p == 1.0:
        return 1.0 / N
    log_term = N * math.log1p(-p)
    unseen = math.exp(log_term)
    odds = math.log(p) - math.log1p(-p)
    terms = []
    for k in range(1, N + 1):
        log_term += math.log(N - k + 1) - math.log(k) + odds
        terms.append(math.exp(log_term) / k)
    return math.fsum(terms) / (1.0 - unseen)


class Trained(Instance):
    """A stage of the uniform-first-token ensemble, n = V, trained on N strings."""

    V: int = Field(ge=2, le=256)
    m: int = Field(ge=2, le=64)
    level: int = Field(ge=2, le=6)
    N: int = Field(ge=1, le=10**6)


class SensitivityCurve(ModelSearch[Trained]):
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


class Level(Instance):
    """Sizes of an ensemble, at any V."""

    V: int = Field(ge=2, le=10**9)
    m: int = Field(ge=2, le=10**4)
    level: int = Field(ge=2, le=12)


class CrossoverSize(ModelSearch[Level]):
    """N_× to leading order; "up to 1/V corrections" is read as within l/V, for V ≥ l²."""

    statement = "derived.crossover"
    quantity = "|N_×/leading order − 1|, against l/V"
    forms = ("printed", "repaired")
    instance = Level

    def strategy(self, form: str) -> SearchStrategy[Level]:
        """V up to 10^6."""
        from hypothesis import strategies as st

        @st.composite
        def levels(draw: DrawFn) -> Level:
            level, m = draw(st.integers(2, 6)), draw(st.integers(2, 16))
            return Level(level=level, m=m, V=draw(st.integers(level**2, 10**6)))

        return levels()

    def unmet(self, instance: Level, form: str) -> str:
        """So many tokens that 1/V corrections are small."""
        return "" if instance.level**2 <= instance.V else "V at least l²"

    def examine(self, instance: Level, form: str) -> Comparison:
        """The exact crossover of the ensemble against its leading order."""
        V, m, level = instance.V, instance.m, instance.level
        leading = self.formula(form, "leading order")(V=V, m=m, l=level)
        growth = Fraction(m * V - 1, V - 1)
        exact = m * (V - 1) * (growth ** (level - 1) - 1)
        deviation = abs(float(exact) / leading - 1.0)
        return Comparison(deviation, "<=", level / V, rounding=ROUNDING)

    def describe(self, instance: Level, form: str) -> Sequence[str]:
        """Sizes."""
        return [f"V = {instance.V}, m = {instance.m}, l = {instance.level}"]


SEARCHES = (Noise(), SensitivityCurve(), CrossoverSize())
