"""A search for the crossover size; "up to 1/V corrections" is read as within l/V."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from pydantic import Field

from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


ROUNDING = 1e-9


class CrossoverLevel(SearchInstance):
    """Sizes of an ensemble, at any V."""

    V: int = Field(ge=2, le=10**9)
    m: int = Field(ge=2, le=10**4)
    level: int = Field(ge=2, le=12)


class CrossoverSize(ModelSearch[CrossoverLevel]):
    """N_× to leading order; "up to 1/V corrections" is read as within l/V, for V ≥ l²."""

    statement = "derived.crossover"
    quantity = "|N_×/leading order − 1|, against l/V"
    forms = ("printed", "repaired")
    instance = CrossoverLevel

    def strategy(self, form: str) -> SearchStrategy[CrossoverLevel]:
        """V up to 10^6."""
        from hypothesis import strategies as st

        @st.composite
        def levels(draw: DrawFn) -> CrossoverLevel:
            level, m = draw(st.integers(2, 6)), draw(st.integers(2, 16))
            return CrossoverLevel(level=level, m=m, V=draw(st.integers(level**2, 10**6)))

        return levels()

    def unmet(self, instance: CrossoverLevel, form: str) -> str:
        """So many tokens that 1/V corrections are small."""
        return "" if instance.level**2 <= instance.V else "V at least l²"

    def examine(self, instance: CrossoverLevel, form: str) -> Comparison:
        """The exact crossover of the ensemble against its leading order."""
        V, m, level = instance.V, instance.m, instance.level
        leading = self.formula(form, "leading order")(V=V, m=m, l=level)
        growth = Fraction(m * V - 1, V - 1)
        exact = m * (V - 1) * (growth ** (level - 1) - 1)
        deviation = abs(float(exact) / leading - 1.0)
        return Comparison(deviation, "<=", level / V, rounding=ROUNDING)

    def describe(self, instance: CrossoverLevel, form: str) -> Sequence[str]:
        """Sizes."""
        return [f"V = {instance.V}, m = {instance.m}, l = {instance.level}"]


SEARCHES = (CrossoverSize(),)
