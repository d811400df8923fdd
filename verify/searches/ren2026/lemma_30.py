"""Searches on products of first-token matrices: R26's Lemmas 20, 29, 30 and Proposition 19.

Probabilities are sums over every deal, in rational arithmetic. The condition min(m, V) ≫ log³(1/δ)
is read with a constant C that the instance names.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from theory.evaluation import exactly
from theory.grammar import Grammar
from verify.refutation.base import Comparison, GrammarSearch, Instance, ModelSearch, Whole
from verify.refutation.exact import Matrix, deals, first_patches, posterior
from verify.refutation.strategies import centred_vectors, first_token_grammars

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

CONSTANTS = (1, 10, 100, 1000)
MOST_PRODUCTS = 20_000
"""Products of matrices that an instance may take to list."""
Vector = tuple[int, ...]


class LabelPosterior(GrammarSearch):
    """Lemma 20 on grammars uniform in the first token: posteriors are products of matrices."""

    statement = "R26.lemma-20"
    quantity = "largest |P[label = ζ | first level-l token = μ] − (P_1 ⋯ P_l)_ζμ|"

    def strategy(self, form: str) -> SearchStrategy[Grammar]:
        """The uniform-first-token ensemble at small sizes."""
        return first_token_grammars()

    def unmet(self, instance: Grammar, form: str) -> str:
        """Definition 4, and that every token starts m patches of every level."""
        if not (instance.is_uniform and instance.is_nonambiguous):
            return "(V, m)-uniform and without a patch of two parents"
        firsts = [Counter(int(p[0]) for s in level for p in s) for level in instance.rules]
        every = {instance.rules_per_symbol}
        even = all(set(f.values()) == every and len(f) == instance.classes for f in firsts)
        return "" if even else "every token starts m patches of every level"

    def examine(self, instance: Grammar, form: str) -> Comparison:
        """The largest deviation over levels and tokens, exactly."""
        levels = range(1, instance.levels)
        worst = max((self._deviation(instance, level, form) for level in levels), default=0)
        return Comparison(float(worst), "<=", 0.0)

    def _deviation(self, grammar: Grammar, level: int, form: str) -> Fraction:
        V = grammar.classes
        factors = self.formula(form, "factors").integer(l=level)
        product = [[Fraction(int(i == j)) for j in range(V)] for i in range(V)]
        for above in range(factors):
            product = _times(product, self._matrix(grammar, above, form))
        laws = first_patches(grammar, level + 1)
        deviations = []
        for symbol, rules in enumerate(grammar.rules[level]):
            exact = posterior(laws[tuple(rules[0].tolist())], V)
            deviations += [abs(exact[zeta] - product[zeta][symbol]) for zeta in range(V)]
        return max(deviations)

    def _matrix(self, grammar: Grammar, above: int, form: str) -> list[list[Fraction]]:
        """Rows: symbols of level `above`; columns: their first children."""
        entry = self.formula(form, "entry")
        m, V = grammar.rules_per_symbol, grammar.classes
        assert m is not None  # the ensemble's grammars
        values = [exactly(entry, count=count, m=m) or Fraction(0) for count in range(m + 1)]
        firsts = [rules[:, 0].tolist() for rules in grammar.rules[above]]
        return [[values[row.count(token)] for token in range(V)] for row in firsts]


def _times(first: list[list[Fraction]], second: list[list[Fraction]]) -> list[list[Fraction]]:
    columns = list(zip(*second, strict=True))
    return [
        [sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in columns]
        for row in first
    ]


class Centred(Instance):
    """A centred vector and the sizes of a first-token matrix."""

    V: int = Field(ge=2, le=4)
    m: int = Field(ge=1, le=4)
    z: tuple[Whole, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.z) != self.V or sum(self.z) != 0 or not any(self.z):
            raise ValueError("V values that sum to 0 and are not all 0")
        return self


class OneMatrix(ModelSearch[Centred]):
    """Lemma 29: a bound that no matrix meets fails with certainty, whatever ≫ and O(δ) mean."""

    statement = "R26.lemma-29"
    quantity = "the largest ‖Pz‖ over all first-token matrices"
    instance = Centred

    def strategy(self, form: str) -> SearchStrategy[Centred]:
        """Vectors of whole numbers up to 100."""
        from hypothesis import strategies as st

        @st.composite
        def vectors(draw: DrawFn) -> Centred:
            V, m = draw(st.integers(2, 3)), draw(st.integers(1, 3))
            return Centred(V=V, m=m, z=draw(centred_vectors(V, 100)))

        return vectors()

    def examine(self, instance: Centred, form: str) -> Comparison:
        """The matrix that keeps most of z, against the bound."""
        m, z = instance.m, instance.z
        longest = max(_square(_image(counts, z)) for counts, _ in deals(instance.V, m))
        measured = self.formula(form, "measured")(square_image=longest / m**2)
        bound = self.formula(form, "bound")(m=m, square_length=_square(z))
        return Comparison(measured, ">=", bound, rounding=1e-12, scale=bound)

    def describe(self, instance: Centred, form: str) -> Sequence[str]:
        """Sizes and vector."""
        length = math.sqrt(_square(instance.z))
        return [
            f"V = {instance.V}, m = {instance.m}, z = {list(instance.z)}: ‖z‖ = {length:.4g},"
            f" 20m = {20 * instance.m}"
        ]


class Chain(Instance):
    """Sizes, a number of matrices or levels, and the constant C of min(m, V) ≥ C log³(1/δ)."""

    V: int = Field(ge=2, le=4)
    m: int = Field(ge=1, le=6)
    length: int = Field(ge=1, le=6)
    C: int = Field(ge=1, le=10**9)

    @model_validator(mode="after")
    def _listable(self) -> Self:
        if self.V * self.m > 12 or len(deals(self.V, self.m)) ** self.length > MOST_PRODUCTS:
            raise ValueError(f"at most {MOST_PRODUCTS} products of matrices to list")
        return self


class _Chains(ModelSearch[Chain]):
    instance = Chain

    def strategy(self, form: str) -> SearchStrategy[Chain]:
        """Products that can be listed."""
        from hypothesis import assume
        from hypothesis import strategies as st

        @st.composite
        def chains(draw: DrawFn) -> Chain:
            C = draw(st.sampled_from(CONSTANTS))
            length = draw(st.integers(1, 4))
            V, m = draw(st.integers(2, 4)), draw(st.integers(1, 4))
            assume(V * m <= 12 and len(deals(V, m)) ** length <= MOST_PRODUCTS)
            return Chain(V=V, m=m, length=length, C=C)

        return chains()

    def _allowed(self, instance: Chain, form: str) -> float:
        return self.formula(form, "failure")(m=instance.m, V=instance.V, C=instance.C)

    def describe(self, instance: Chain, form: str) -> Sequence[str]:
        """Sizes, and the δ that the reading allows."""
        return [
            f"V = {instance.V}, m = {instance.m}, {self.unit} = {instance.length},"
            f" C = {instance.C}: δ = {self._allowed(instance, form):.4g}"
        ]

    unit = "l"


class Products(_Chains):
    """Lemma 30: how likely l matrices bring two tokens closer than the bound, over all deals."""

    statement = "R26.lemma-30"
    quantity = "P[‖P_1 ⋯ P_l (e_μ − e_μ')‖ < (20m)^(−l/2)]"

    def examine(self, instance: Chain, form: str) -> Comparison:
        """The exact failure probability against δ."""
        V, m, length = instance.V, instance.m, instance.length
        least = self.formula(form, "separation")(m=m, l=length)
        law: dict[Vector, Fraction] = {(1, -1, *(0,) * (V - 2)): Fraction(1)}
        for _ in range(length):
            image: dict[Vector, Fraction] = defaultdict(Fraction)
            for z, chance in law.items():
                for counts, probability in deals(V, m):
                    image[_image(counts, z)] += chance * probability
            law = image
        failure = sum(
            (p for z, p in law.items() if math.sqrt(_square(z)) / m**length < least), Fraction(0)
        )
        return Comparison(float(failure), "<=", self._allowed(instance, form))


class Separation(_Chains):
    """Proposition 19: how likely two non-synonyms of some level lie closer than the bound."""

    statement = "R26.proposition-19"
    quantity = "P[some non-synonyms of a level l ≤ L lie closer than (20m)^(−(l−1)/2)]"
    unit = "L"

    def examine(self, instance: Chain, form: str) -> Comparison:
        """The exact failure probability against δ."""
        V, m = instance.V, instance.m
        unit: Matrix = tuple(tuple(int(i == j) for j in range(V)) for i in range(V))
        law: dict[Matrix, Fraction] = {unit: Fraction(1)}
        for level in range(2, instance.length + 1):
            least = self.formula(form, "separation")(m=m, l=level)
            products: dict[Matrix, Fraction] = defaultdict(Fraction)
            for product, chance in law.items():
                for counts, probability in deals(V, m):
                    products[_product(product, counts)] += chance * probability
            scale = m ** (level - 1)
            law = {a: p for a, p in products.items() if _closest(a) / scale >= least}
        failure = 1 - sum(law.values(), Fraction(0))
        return Comparison(float(failure), "<=", self._allowed(instance, form))


def _product(first: Matrix, second: Matrix) -> Matrix:
    columns = list(zip(*second, strict=True))
    return tuple(
        tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns)
        for row in first
    )


def _closest(matrix: Matrix) -> float:
    """The least distance of two columns."""
    columns = zip(*matrix, strict=True)
    return min(math.dist(a, b) for a, b in combinations(columns, 2))


def _image(counts: Matrix, z: Sequence[int]) -> Vector:
    return tuple(sum(a * b for a, b in zip(row, z, strict=True)) for row in counts)


def _square(z: Sequence[int]) -> int:
    return sum(value * value for value in z)


SEARCHES = (LabelPosterior(), OneMatrix(), Products(), Separation())
