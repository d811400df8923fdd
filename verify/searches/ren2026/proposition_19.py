"""A search for Proposition 19: the closest non-synonyms, over every deal of an ensemble."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from layerproof.verify.searches.base import Comparison
from layerproof.verify.searches.exact import Matrix, deals

if TYPE_CHECKING:
    pass
from layerproof.verify.searches.ren2026.lemma_30 import Chains, MatrixChain


class Separation(Chains):
    """Proposition 19: how likely two non-synonyms of some level lie closer than the bound."""

    statement = "R26.proposition-19"
    quantity = "P[some non-synonyms of a level l ≤ L lie closer than (20m)^(−(l−1)/2)]"
    unit = "L"

    def examine(self, instance: MatrixChain, form: str) -> Comparison:
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


SEARCHES = (Separation(),)
