"""A search for the mean square separation: expectations over every deal of an ensemble."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance
from layerproof.verify.searches.exact import deals, drawn

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


ROUNDING = 1e-9


class SeparationSizes(SearchInstance):
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


class SecondMoment(ModelSearch[SeparationSizes]):
    """Searches for an expectation over every deal of the ensemble, in rational arithmetic."""

    instance = SeparationSizes
    name: str

    def strategy(self, form: str) -> SearchStrategy[SeparationSizes]:
        """Every size whose deals can be listed."""
        from hypothesis import assume
        from hypothesis import strategies as st

        @st.composite
        def sizes(draw: DrawFn) -> SeparationSizes:
            V, m = draw(st.integers(2, 4)), draw(st.integers(1, 4))
            n, level = draw(st.integers(2, 6)), draw(st.integers(1, 3))
            assume(n * m % V == 0 and V * m <= 8 and n * m <= 8)
            return SeparationSizes(V=V, m=m, n=n, level=level)

        return sizes()

    def examine(self, instance: SeparationSizes, form: str) -> Comparison:
        """The exact expectation over all deals against the formula."""
        exact = self._exact(instance)
        formula = self.formula(form, self.name)(
            V=instance.V, m=instance.m, n=instance.n, l=instance.level
        )
        return Comparison(abs(float(exact) - formula), "<=", 0.0, rounding=ROUNDING)

    def describe(self, instance: SeparationSizes, form: str) -> Sequence[str]:
        """Sizes and the exact value."""
        return [
            f"V = {instance.V}, m = {instance.m}, n = {instance.n}, l = {instance.level}:"
            f" exactly {self._exact(instance)}"
        ]

    def _exact(self, instance: SeparationSizes) -> Fraction:
        raise NotImplementedError


class MeanSquareSeparationSearch(SecondMoment):
    """E‖q_μ − q_μ'‖² over the uniform-first-token ensemble."""

    statement = "derived.mean-square-separation"
    quantity = "|E‖q_μ − q_μ'‖² − formula|"
    name = "separation"

    def _exact(self, instance: SeparationSizes) -> Fraction:
        return mean_square(instance, (1, -1))


def mean_square(sizes: SeparationSizes, start: tuple[int, ...]) -> Fraction:
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


SEARCHES = (MeanSquareSeparationSearch(),)
