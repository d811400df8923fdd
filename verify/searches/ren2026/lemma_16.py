"""A search among patch embeddings for Lemma 16, hypotheses met at equality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import Field, model_validator

from layerproof.theory.grammar_checks import Floats
from layerproof.verify.searches.base import (
    Comparison,
    FractionField,
    ModelSearch,
    SearchInstance,
    Whole,
)

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy
from layerproof.verify.searches.ren2026.lemma_14 import ROUNDING


class Arc(SearchInstance):
    """Embeddings of one patch on a circle: angles in units of the widest that ε_S allows.

    ``angles`` are shares of the arc whose chord is ε_S = 1/(4|P_l|); the sample shows the i-th with
    weight ``weights[i]``, and x_μ is the one with index `point`. p̂_μ = `frequency`.
    """

    patches: int = Field(ge=1, le=4096)
    angles: tuple[FractionField, ...] = Field(min_length=1, max_length=16)
    weights: tuple[Whole, ...]
    point: int = Field(ge=0, le=15)
    frequency: FractionField

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.weights) != len(self.angles) or self.point >= len(self.angles):
            raise ValueError("one weight for each angle, and the index of one of them")
        if min(self.weights) < 0 or not any(self.weights):
            raise ValueError("weights of at least 0, not all 0")
        if not all(0 <= angle <= 1 for angle in self.angles) or not 0 < self.frequency <= 1:
            raise ValueError("angles in [0, 1] and a frequency in (0, 1]")
        return self

    def embeddings(self) -> Floats:
        """Unit vectors, (number of angles, 2)."""
        widest = 2.0 * math.asin(1.0 / (8 * self.patches))
        angles = widest * np.array([float(angle) for angle in self.angles])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)


class LeastCoefficient(ModelSearch[Arc]):
    """Lemma 16: the multiple of q̂_μ, solved for directly."""

    statement = "R26.lemma-16"
    quantity = "c_μ"
    forms = ("printed", "repaired")
    instance = Arc
    printed_is_true = True

    def strategy(self, form: str) -> SearchStrategy[Arc]:
        """Up to 5 embeddings."""
        from hypothesis import strategies as st

        @st.composite
        def arcs(draw: DrawFn) -> Arc:
            size = draw(st.integers(1, 5))
            share = st.integers(0, 8).map(lambda k: Fraction(k, 8))
            weights = st.tuples(*[st.integers(0, 4)] * size).filter(any)
            return Arc(
                patches=draw(st.integers(1, 32)),
                angles=draw(st.tuples(*[share] * size)),
                weights=draw(weights),
                point=draw(st.integers(0, size - 1)),
                frequency=Fraction(1, draw(st.integers(1, 64))),
            )

        return arcs()

    def examine(self, instance: Arc, form: str) -> Comparison:
        """c_μ against the bound at the spread that the embeddings have, as a share of it."""
        x = instance.embeddings()
        weights = np.array(instance.weights) / sum(instance.weights)
        frequency, ridge = float(instance.frequency), 1.0 / instance.patches
        moment = frequency * (x * weights[:, None]).T @ x + ridge * np.eye(2)
        found = float(weights @ x @ np.linalg.solve(moment, x[instance.point]))
        spread = float(np.linalg.norm(x[:, None] - x[None], axis=-1).max())
        bound = self.formula(form, "coefficient")(
            frequency=frequency, ridge=ridge, epsilon_S=spread
        )
        return Comparison(found, ">=", bound, rounding=ROUNDING, scale=bound)

    def describe(self, instance: Arc, form: str) -> Sequence[str]:
        """The arc."""
        angles = ", ".join(map(str, instance.angles))
        return [
            f"|P_l| = {instance.patches}, p̂_μ = {instance.frequency}; angles {angles} of the arc"
            f" with chord 1/(4|P_l|), weights {list(instance.weights)}, x_μ the one of index"
            f" {instance.point}"
        ]


SEARCHES = (LeastCoefficient(),)
