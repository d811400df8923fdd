"""Searches for the laws of separations and norms: expectations over every deal of an ensemble."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from verify.refutation.base import Comparison, Instance, ModelSearch
from verify.refutation.exact import deals, drawn

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

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


class UniformSizes(Instance):
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


SEARCHES = (MeanSquareSeparation(), MeanSquareNorm(), UniformStep())
