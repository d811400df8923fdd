"""Searches for the quantitative laws: exact expectations over an ensemble against their formulas.

An approximation is judged under a reading that its search names: "≈" is within 5 %, "to leading
order" within a factor 2, "up to 1/V corrections" within l/V.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from theory.predictions import count_correction
from verify.refutation.base import Comparison, Instance, ModelSearch
from verify.refutation.exact import deals, drawn

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

APPROXIMATELY = 0.05
LEADING_ORDER = 2.0
SQUARE_NORM = 0.5
"""‖q‖² of two equally likely labels; the relative error of the noise does not depend on it."""
ROUNDING = 1e-9


class Sizes(Instance):
    """V tokens, m rules, n classes, a level; small enough to list every deal."""

    V: int = Field(ge=2, le=4)
    m: int = Field(ge=1, le=4)
    n: int = Field(ge=2, le=6)
    level: int = Field(ge=1, le=4)

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.n * self.m % self.V or self.V * self.m > 12 or self.n * self.m > 12:
            raise ValueError("V a divisor of n m, and at most 12 balls")
        return self


class _SecondMoment(ModelSearch[Sizes]):
    instance = Sizes
    name: str

    def strategy(self, form: str) -> SearchStrategy[Sizes]:
        """Every size whose deals can be listed."""
        from hypothesis import assume
        from hypothesis import strategies as st

        @st.composite
        def sizes(draw: DrawFn) -> Sizes:
            V, m = draw(st.integers(2, 4)), draw(st.integers(1, 4))
            n, level = draw(st.integers(2, 6)), draw(st.integers(1, 3))
            assume(n * m % V == 0 and V * m <= 8 and n * m <= 8)
            return Sizes(V=V, m=m, n=n, level=level)

        return sizes()

    def examine(self, instance: Sizes, form: str) -> Comparison:
        """The exact expectation over all deals against the formula."""
        exact = self._exact(instance)
        formula = self.formula(form, self.name)(
            V=instance.V, m=instance.m, n=instance.n, l=instance.level
        )
        return Comparison(abs(float(exact) - formula), "<=", 0.0, rounding=ROUNDING)

    def describe(self, instance: Sizes, form: str) -> Sequence[str]:
        """Sizes and the exact value."""
        return [
            f"V = {instance.V}, m = {instance.m}, n = {instance.n}, l = {instance.level}:"
            f" exactly {self._exact(instance)}"
        ]

    def _exact(self, instance: Sizes) -> Fraction:
        raise NotImplementedError


class MeanSquareSeparation(_SecondMoment):
    """E‖q_μ − q_μ'‖² over the uniform-first-token ensemble."""

    statement = "derived.mean-square-separation"
    quantity = "|E‖q_μ − q_μ'‖² − formula|"
    name = "separation"

    def _exact(self, instance: Sizes) -> Fraction:
        return _mean_square(instance, (1, -1))


class MeanSquareNorm(_SecondMoment):
    """E‖q_μ‖² over the uniform-first-token ensemble."""

    statement = "derived.mean-square-norm"
    quantity = "|E‖q_μ‖² − formula|"
    name = "norm"

    def _exact(self, instance: Sizes) -> Fraction:
        return _mean_square(instance, (1,))


def _mean_square(sizes: Sizes, start: tuple[int, ...]) -> Fraction:
    """E‖Q P ⋯ P z‖² for z with the entries `start` at the first tokens; Q the top matrix.

    The posterior of the patches of token ν of level l − 1 is the ν-th column of Q P_2 ⋯ P_{l−1}.
    """
    tokens = sizes.n if sizes.level == 1 else sizes.V
    law: dict[tuple[int, ...], Fraction] = {(*start, *(0,) * (tokens - len(start))): Fraction(1)}
    for _ in range(sizes.level - 2):
        law = _image_law(law, deals(sizes.V, sizes.m))
    scale = sizes.m ** max(0, sizes.level - 2)
    if sizes.level >= 2:
        each = sizes.n * sizes.m // sizes.V
        law = _image_law(law, _top_deals(sizes.V, each, sizes.n, sizes.m))
        scale *= each
    total = sum((p * sum(x * x for x in z) for z, p in law.items()), Fraction(0))
    return total / Fraction(scale**2)


def _image_law(
    law: dict[tuple[int, ...], Fraction],
    matrices: Sequence[tuple[tuple[tuple[int, ...], ...], Fraction]],
) -> dict[tuple[int, ...], Fraction]:
    image: dict[tuple[int, ...], Fraction] = defaultdict(Fraction)
    for z, chance in law.items():
        for counts, probability in matrices:
            product = tuple(sum(a * b for a, b in zip(row, z, strict=True)) for row in counts)
            image[product] += chance * probability
    return image


def _top_deals(
    V: int, each: int, n: int, m: int
) -> list[tuple[tuple[tuple[int, ...], ...], Fraction]]:
    """Every deal of V colours, `each` balls of each, into n bins of m."""
    found: list[tuple[tuple[tuple[int, ...], ...], tuple[int, ...], Fraction]]
    found = [((), (each,) * V, Fraction(1))]
    for _ in range(n):
        found = [
            ((*rows, row), tuple(a - b for a, b in zip(left, row, strict=True)), chance * p)
            for rows, left, chance in found
            for row, p in drawn(left, m)
        ]
    return [(rows, chance) for rows, _, chance in found]


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


class TupleSizes(Instance):
    """C24's ensemble with n = V classes: V tokens, m rules, patches of s, L levels."""

    V: int = Field(ge=2, le=64)
    m: int = Field(ge=1)
    s: int = Field(ge=2, le=3)
    L: int = Field(ge=2, le=6)
    samples: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.m > self.V ** (self.s - 1):
            raise ValueError("m at most V^(s-1)")
        return self


class _Tuples(ModelSearch[TupleSizes]):
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


class TupleSignal(_Tuples):
    """C24 eq. C49 for leaf tuples; leading order is read as within a factor 2."""

    statement = "C24.signal"
    quantity = "exact signal of a leaf tuple over the formula, or its inverse"

    def examine(self, instance: TupleSizes, form: str) -> Comparison:
        """The joint law's second moment, one first-child step after the other."""
        V = instance.V
        formula = self.formula(form, "tuple")(V=V, m=instance.m, s=instance.s, n=V, L=instance.L)
        return self._against(tuple_signal(instance), formula)


class TupleNoise(_Tuples):
    """C24 eq. C54 for leaf tuples; leading order is read as within a factor 2."""

    statement = "C24.noise"
    quantity = "exact noise of a leaf tuple over the formula, or its inverse"

    def examine(self, instance: TupleSizes, form: str) -> Comparison:
        """V m n Σ_μ Var(1[μ](e_ζ − 1/n)) of one sample, over P."""
        V, m = instance.V, instance.m
        signal = tuple_signal(instance)
        formula = self.formula(form, "tuple")(V=V, m=m, n=V, N=instance.samples, signal=signal)
        exact = (V * m * V * (1.0 - 1.0 / V) - signal) / instance.samples
        return self._against(exact, formula)


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
    marked, others = V ** (s - 1), V**s - V ** (s - 1)
    total = comb(marked + others, draws)
    counts = range(max(0, draws - others), min(marked, draws) + 1)
    law = [(k, comb(marked, k) * comb(others, draws - k)) for k in counts]
    mean = Fraction(sum(k * weight for k, weight in law), total)
    return Fraction(sum(k * k * weight for k, weight in law), total) - mean**2


class UniformSizes(Instance):
    """C24's ensemble with n = V classes at level 2, small enough to list its first tokens."""

    V: int = Field(ge=2, le=4)
    m: int = Field(ge=1)
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


SEARCHES = (
    MeanSquareSeparation(),
    MeanSquareNorm(),
    Noise(),
    CrossoverSize(),
    TupleSignal(),
    TupleNoise(),
    UniformStep(),
)
