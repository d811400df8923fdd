"""A search for the law of sampling noise: sums over count laws against its formula.

"≈" is read as within 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from layerproof.theory.predictions import count_correction
from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


APPROXIMATELY = 0.05


SQUARE_NORM = 0.5
"""‖q‖² of two equally likely labels; the relative error of the noise does not depend on it."""


class Counted(SearchInstance):
    """|P_l| equally likely patches and N strings."""

    patches: int = Field(ge=1, le=4096)
    N: int = Field(ge=1, le=10**5)


class NoiseSearch(ModelSearch[Counted]):
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


SEARCHES = (NoiseSearch(),)
