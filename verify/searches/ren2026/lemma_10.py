"""A search for Lemma 10 at M → ∞, where inner products are the kernel's.

A violation there is one at every large M.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from layerproof.verify.searches.base import Comparison, FractionField, ModelSearch, SearchInstance

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


class Tolerances(SearchInstance):
    """What is asked of patch embeddings, and how far tokens lie apart."""

    epsilon_O: FractionField
    epsilon_S: FractionField
    square_separation: FractionField
    s: int = Field(ge=1, le=64)

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if not (0 < self.epsilon_O < 1 and 0 < self.epsilon_S < 1 and self.square_separation > 0):
            raise ValueError("ε_O and ε_S in (0, 1), ρ̃² > 0")
        return self


class KernelOverlap(ModelSearch[Tolerances]):
    """Lemma 10: two patches that differ in one token, and two embeddings of one patch."""

    statement = "R26.lemma-10"
    quantity = (
        "|⟨Φ, Φ'⟩|/ε_O of patches that differ in one token, or ‖Φ − Φ'‖/ε_S in a patch, M → ∞"
    )
    forms = ("printed", "repaired")
    instance = Tolerances

    def strategy(self, form: str) -> SearchStrategy[Tolerances]:
        """Tolerances of whole reciprocals; one-hot tokens first."""
        from hypothesis import strategies as st

        @st.composite
        def tolerances(draw: DrawFn) -> Tolerances:
            return Tolerances(
                epsilon_O=Fraction(1, draw(st.integers(2, 10**4))),
                epsilon_S=Fraction(1, draw(st.integers(2, 1000))),
                square_separation=Fraction(2, draw(st.integers(1, 50))),
                s=draw(st.integers(1, 8)),
            )

        return tolerances()

    def examine(self, instance: Tolerances, form: str) -> Comparison:
        """The kernel at the distances that the hypotheses allow, at equality."""
        overlap, spread = self._ratios(instance, form)
        return Comparison(max(overlap, spread), "<=", 1.0, rounding=1e-12)

    def _ratios(self, instance: Tolerances, form: str) -> tuple[float, float]:
        separation = math.sqrt(instance.square_separation)
        small, near = float(instance.epsilon_O), float(instance.epsilon_S)
        sigma = self.formula(form, "bandwidth")(token_separation=separation, epsilon_O=small)
        token = self.formula(form, "token spread")(epsilon_S=near, sigma=sigma, s=instance.s)
        overlap = math.exp(-((separation / sigma) ** 2) / 2)
        inside = math.exp(-instance.s * (token / sigma) ** 2 / 2)
        return overlap / small, math.sqrt(2.0 * (1.0 - inside)) / near

    def describe(self, instance: Tolerances, form: str) -> Sequence[str]:
        """The tolerances, and what the kernel makes of them."""
        overlap, spread = self._ratios(instance, form)
        small, near = float(instance.epsilon_O), float(instance.epsilon_S)
        return [
            f"ε_O = {small:g}, ε_S = {near:g}, ρ̃² = {instance.square_separation},"
            f" s = {instance.s}: patches that differ in one token overlap by {overlap * small:.4g},"
            f" embeddings of one patch lie up to {spread * near:.4g} apart"
        ]


SEARCHES = (KernelOverlap(),)
