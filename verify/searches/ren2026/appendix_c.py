"""A search for R26's Appendix C: functions that layerwise learning in population leaves unlearned.

The algorithm runs on all 2^d inputs, in whole numbers and fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance, Whole

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

Support = tuple[int, ...]
LARGEST_DIMENSION = 8


class Spectrum(SearchInstance):
    """Σ c_S χ_S on {±1}^d: ``terms`` are pairs of a support S and a whole coefficient c_S."""

    d: int = Field(ge=2, le=LARGEST_DIMENSION)
    terms: tuple[tuple[Support, Whole], ...] = Field(min_length=1, max_length=2**LARGEST_DIMENSION)

    @model_validator(mode="after")
    def _expansion(self) -> Self:
        supports = [support for support, _ in self.terms]
        if len(set(supports)) < len(supports) or any(not c for _, c in self.terms):
            raise ValueError("distinct supports with coefficients other than 0")
        if any(list(s) != sorted(set(s)) or not set(s) <= set(range(self.d)) for s in supports):
            raise ValueError("supports in increasing order, from 0 to d - 1")
        return self

    @property
    def supports(self) -> list[Support]:
        """The supports, in their order."""
        return [support for support, _ in self.terms]


class LayerwiseProducts(ModelSearch[Spectrum]):
    """Appendix C: what is left of f after enough stages, as a share of ‖f‖²."""

    statement = "R26.appendix-c"
    quantity = "‖what is left of f‖² / ‖f‖²"
    forms = ("printed", "repaired")
    instance = Spectrum

    def strategy(self, form: str) -> SearchStrategy[Spectrum]:
        """Functions of the class: pairs, unions of pairs and, as printed, single inputs."""
        from hypothesis import strategies as st

        @st.composite
        def spectra(draw: DrawFn) -> Spectrum:
            d = draw(st.integers(1, LARGEST_DIMENSION // 2)) * 2
            order = draw(st.permutations(range(d)))
            pairs = [tuple(sorted(order[i : i + 2])) for i in range(0, d, 2)]
            pairs = pairs[: draw(st.integers(0 if form == "printed" else 1, len(pairs)))]
            supports = list(pairs)
            if len(pairs) >= 2 and draw(st.booleans()):
                quadruples = [_union(a, b) for a, b in zip(pairs[::2], pairs[1::2], strict=False)]
                supports += quadruples
                if len(quadruples) == 2 and draw(st.booleans()):
                    supports.append(_union(*quadruples))
            if form == "printed":
                supports += [(i,) for i in range(draw(st.integers(0 if pairs else 1, d)))]
            coefficients = [draw(st.integers(1, 5)) for _ in supports]
            return Spectrum(d=d, terms=tuple(zip(supports, coefficients, strict=True)))

        return spectra()

    def unmet(self, instance: Spectrum, form: str) -> str:
        """Degrees 2^k, k ≥ 1 as repaired; disjoint within a degree; unions of two of half."""
        supports = instance.supports
        degrees = {len(support) for support in supports}
        least = 1 if form == "printed" else 2
        if any(q < least or q & (q - 1) for q in degrees):
            return f"degrees 2^k of at least {least}"
        for a, b in combinations(supports, 2):
            if len(a) == len(b) and set(a) & set(b):
                return "disjoint supports within a degree"
        for support in supports:
            halves = [s for s in supports if 2 * len(s) == len(support)]
            unions = {_union(a, b) for a, b in combinations(halves, 2)}
            if len(support) > 2 and support not in unions:
                return "every support of degree above 2 the union of two of half the degree"
        return ""

    def examine(self, instance: Spectrum, form: str) -> Comparison:
        """The population algorithm on the whole cube."""
        points = list(product((1, -1), repeat=instance.d))
        left = [Fraction(sum(c * _character(s, x) for s, c in instance.terms)) for x in points]
        total = sum(value * value for value in left)
        survivors: list[Support] = [(i,) for i in range(instance.d)]
        for _ in range(instance.d.bit_length()):
            found: dict[Support, Fraction] = {}
            for a, b in combinations(survivors, 2):
                support = tuple(sorted(set(a) ^ set(b)))
                values = [_character(support, x) for x in points]
                products = (v * y for v, y in zip(values, left, strict=True))
                coefficient = sum(products, Fraction(0)) / len(points)
                if coefficient:
                    found[support] = found.get(support, Fraction(0)) + coefficient
            left = [
                y - sum((c * _character(s, x) for s, c in found.items()), Fraction(0))
                for x, y in zip(points, left, strict=True)
            ]
            survivors = list(found)
        share = sum(value * value for value in left) / total
        return Comparison(float(share), "<=", 0.0)

    def describe(self, instance: Spectrum, form: str) -> Sequence[str]:
        """The function."""
        terms = " + ".join(f"{c} {' '.join(f'x_{i}' for i in s)}" for s, c in instance.terms)
        return [f"d = {instance.d}, f = {terms}"]

    def size(self, instance: Spectrum) -> float:
        """The number of inputs and of terms."""
        return float(instance.d + len(instance.terms))


def _union(a: Support, b: Support) -> Support:
    return tuple(sorted({*a, *b}))


def _character(support: Support, point: Sequence[int]) -> int:
    return prod(point[i] for i in support)


SEARCHES = (LayerwiseProducts(),)
