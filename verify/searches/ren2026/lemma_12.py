"""A search for Lemma 12 at M = 1.

With a single frequency ω the supremum over the ball depends on ‖ω‖ alone, which has a χ law, and
the failure probability is exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import Field, model_validator

from layerproof.verify.searches.base import Comparison, FractionField, ModelSearch, SearchInstance

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


class OneFrequency(SearchInstance):
    """The dimension, the bandwidth, the error and the ball of one random frequency."""

    d_h: int = Field(ge=1, le=10**4)
    sigma: FractionField
    epsilon: FractionField
    radius: FractionField

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if not (self.sigma > 0 and 0 < self.epsilon <= 2 and self.radius > 0):
            raise ValueError("σ > 0, 0 < ε ≤ 2, R > 0")
        return self


class Uniformity(ModelSearch[OneFrequency]):
    """Lemma 12 at M = 1, where its bound is below 1."""

    statement = "R26.lemma-12"
    quantity = "P[sup |⟨Φ(h), Φ(h')⟩ − ψ_σ(h, h')| ≥ ε] at M = 1"
    forms = ("printed", "repaired")
    instance = OneFrequency
    printed_is_true = True

    def strategy(self, form: str) -> SearchStrategy[OneFrequency]:
        """Bandwidths from about where the bound falls below 1."""
        from hypothesis import strategies as st

        @st.composite
        def frequencies(draw: DrawFn) -> OneFrequency:
            d_h = draw(st.integers(1, 32))
            epsilon = Fraction(draw(st.integers(1, 40)), 20)
            radius = 1 if form == "printed" else draw(st.integers(1, 8))
            least = 16 * radius * math.sqrt(d_h) / float(epsilon)
            sigma = math.ceil(least * draw(st.integers(5, 16)) / 8)
            return OneFrequency(
                d_h=d_h, sigma=Fraction(sigma), epsilon=epsilon, radius=Fraction(radius)
            )

        return frequencies()

    def unmet(self, instance: OneFrequency, form: str) -> str:
        """The unit ball, as printed."""
        return "R = 1" if form == "printed" and instance.radius != 1 else ""

    def examine(self, instance: OneFrequency, form: str) -> Comparison:
        """The exact probability against the bound, as a share of the bound."""
        bound = self.formula(form, "failure")(
            d_h=instance.d_h,
            sigma=float(instance.sigma),
            deviation=float(instance.epsilon),
            radius=float(instance.radius),
            M=1,
        )
        return Comparison(_failure(instance), "<=", bound, rounding=1e-9, scale=bound)

    def describe(self, instance: OneFrequency, form: str) -> Sequence[str]:
        """The sizes."""
        return [
            f"M = 1, d_h = {instance.d_h}, σ = {float(instance.sigma):g},"
            f" ε = {float(instance.epsilon):g}, R = {float(instance.radius):g}"
        ]


def _failure(instance: OneFrequency) -> float:
    """P[sup over ‖Δ‖ ≤ 2R of |cos ω·Δ − exp(−‖Δ‖²/(2σ²))| ≥ ε], ω normal with covariance σ^(−2).

    cos − ψ is at most 1 − ψ(2R); where that reaches ε, 1 is returned (for d_h > 1 it is exact).
    Else ψ − cos counts: largest for Δ along ω, and nondecreasing in ‖ω‖, so that the event is
    ‖ω‖ ≥ w.
    """
    from scipy.stats import chi2

    sigma, epsilon = float(instance.sigma), float(instance.epsilon)
    diameter = 2.0 * float(instance.radius)
    if 1.0 - math.exp(-((diameter / sigma) ** 2) / 2) >= epsilon:
        return 1.0
    along = np.linspace(0.0, diameter, 4001)[1:]
    kernel = np.exp(-((along / sigma) ** 2) / 2)
    low, high = 0.0, 2e4 / diameter
    if float((kernel - np.cos(high * along)).max()) < epsilon:
        return 0.0
    for _ in range(60):
        middle = (low + high) / 2
        reached = float((kernel - np.cos(middle * along)).max()) >= epsilon
        low, high = (low, middle) if reached else (middle, high)
    return float(chi2.sf((sigma * low) ** 2, instance.d_h))


SEARCHES = (Uniformity(),)
