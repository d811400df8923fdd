"""A search for Lemma 17: is the sample size enough, on the most favourable embedding?

Patches are embedded as orthonormal vectors, one each. Then ε_O = ε_S = 0, W x_μ is a multiple of
q̂_μ for the ridge solution and after every step of gradient descent, and the output is q̂_μ: the
conclusion fails with probability P[‖q̂_μ − q_μ‖ > ε_* for some μ], which is computed exactly.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from layerproof.theory.frequencies import (
    ROUNDING,
    Good,
    PatchKind,
    failure_probability,
    label_law_within,
    refuse_endless,
)
from layerproof.theory.grammar_checks import Floats
from layerproof.verify.searches.base import Comparison, FractionField, ModelSearch, SearchInstance

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


SMALLEST_TOLERANCE, LARGEST_TOLERANCE = Fraction(1, 1000), Fraction(1, 10)


Weight = Annotated[int, Field(ge=0, le=1000)]


class TwoLabels(SearchInstance):
    """A joint law of patch and label: P[μ, ζ] is proportional to ``weights[μ][ζ]``."""

    weights: tuple[tuple[Weight, Weight], ...] = Field(min_length=2, max_length=256)
    epsilon: FractionField
    delta: FractionField

    @model_validator(mode="after")
    def _law(self) -> Self:
        if any(sum(pair) == 0 for pair in self.weights):
            raise ValueError("weights that are positive for one label")
        if not SMALLEST_TOLERANCE <= self.epsilon < LARGEST_TOLERANCE:
            raise ValueError("ε_* in [0.001, 0.1)")
        if not 0 < self.delta < LARGEST_TOLERANCE:
            raise ValueError("δ in (0, 0.1)")
        return self

    @property
    def total(self) -> int:
        """The sum of all weights."""
        return sum(map(sum, self.weights))

    @property
    def rarest(self) -> float:
        """The least p_μ."""
        return min(map(sum, self.weights)) / self.total

    @property
    def kappa(self) -> Fraction:
        """The largest 1/(|P_l| p_μ)."""
        return Fraction(self.total, len(self.weights) * min(map(sum, self.weights)))


class SampleSize(ModelSearch[TwoLabels]):
    """Searches for a sample size that is not enough, on orthonormal embeddings of two labels."""

    forms = ("printed", "repaired")
    quantity = "P[‖q̂_μ − q_μ‖ > ε_* for some patch μ], against δ"
    instance = TwoLabels
    allowance: ClassVar[int] = 1
    """How many times δ the failure probability may be."""
    most: ClassVar[int] = 40
    """Each label's weight of the commonest patch, at most; simplest, so that few patches are."""

    def strategy(self, form: str) -> SearchStrategy[TwoLabels]:
        """From 2 patches of very different probability to some dozens of equal probability."""
        from hypothesis import strategies as st

        tolerance = st.sampled_from([Fraction(99, 1000), Fraction(1, 20)])
        delta = st.sampled_from([Fraction(99, 1000), Fraction(1, 100)])

        @st.composite
        def laws(draw: DrawFn) -> TwoLabels:
            kinds = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), min_size=1))
            rare = (kinds * draw(st.integers(1, 8)))[:63]
            common = self.most - draw(st.integers(0, self.most - 1))
            weights = (*rare, (common, common))
            return TwoLabels(weights=weights, epsilon=draw(tolerance), delta=draw(delta))

        return laws()

    def size(self, instance: TwoLabels) -> float:
        """The number of patches."""
        return float(len(instance.weights))

    def examine(self, instance: TwoLabels, form: str) -> Comparison:
        """The exact failure probability at the least N that the statement asks for."""
        radius = float(instance.epsilon)
        bound = min(1.0, self.allowance * float(instance.delta))
        kinds = [
            PatchKind((a + b) / instance.total, number, _label_law(a / (a + b), radius))
            for (a, b), number in Counter(instance.weights).items()
        ]
        samples = self._samples(instance, form)
        refuse_endless(samples, kinds)
        failure = failure_probability(samples, kinds, enough=bound / 2)
        return Comparison(failure, "<=", bound, rounding=ROUNDING)

    def describe(self, instance: TwoLabels, form: str) -> Sequence[str]:
        """The law, N, and how often the rarest patch is seen."""
        rarest = self._samples(instance, form) * instance.rarest
        return [
            f"{len(instance.weights)} patches, weights of the two labels"
            f" {_grouped(instance.weights)}; κ = {float(instance.kappa):.4g},"
            f" ε_* = {float(instance.epsilon):g}, δ = {float(instance.delta):g}",
            f"N = {self._samples(instance, form)}; the rarest patch is seen {rarest:.4g} times on"
            " average",
        ]

    def _samples(self, instance: TwoLabels, form: str) -> int:
        size = self.formula(form, "N")(
            patches=len(instance.weights),
            kappa=float(instance.kappa),
            epsilon=float(instance.epsilon),
            delta=float(instance.delta),
        )
        return math.ceil(size)


class OneLayerSearch(SampleSize):
    """Lemma 17: N ≥ 8 (κ ∨ ε_*^(−2)) log(4|P_l|/δ) as printed."""

    statement = "R26.lemma-17"


def _label_law(share: float, radius: float) -> Good:
    """A patch is good where its empirical label law is close; one never seen has none."""

    def good(counts: Floats) -> Floats:
        return np.nan_to_num(label_law_within(counts, share, radius), nan=0.0)

    return good


def _grouped(weights: Sequence[tuple[int, int]]) -> str:
    """Equal patches said once: "7 × (1, 1), (40, 40)"."""
    kinds = Counter(weights).items()
    return ", ".join(f"{n} × {pair}" if n > 1 else str(pair) for pair, n in kinds)


SEARCHES = (OneLayerSearch(),)
