"""Searches on one layer's ridge problem: R26's Lemma 15, by running gradient descent.

Embeddings are built from their Gram matrix; the ridge solution is solved for directly, and gradient
descent is run step by step, in double precision.
"""

from __future__ import annotations

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


class PatchCounts(SearchInstance):
    """How often every patch was seen, with which label, and how its embeddings overlap.

    ``counts[μ]`` strings show patch μ, all with label ``labels[μ]``; distinct patches have unit
    embeddings with inner product `overlap`. The step count is `steps`.
    """

    counts: tuple[Whole, ...] = Field(min_length=1, max_length=64)
    labels: tuple[Whole, ...]
    overlap: FractionField
    steps: int = Field(ge=1, le=10**4)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.labels) != len(self.counts) or not set(self.labels) <= set(range(64)):
            raise ValueError("one label from 0 to 63 for each patch")
        if min(self.counts) < 0 or sum(self.counts) == 0:
            raise ValueError("counts of at least 0, not all 0")
        if not 0 <= self.overlap < 1:
            raise ValueError("an overlap in [0, 1)")
        return self


class DescentSearch(ModelSearch[PatchCounts]):
    """Lemma 15: T steps from W = 0 against the ridge solution."""

    statement = "R26.lemma-15"
    quantity = "‖W_T − W_*‖_F / ‖W_*‖_F"
    forms = ("printed", "repaired")
    instance = PatchCounts

    def strategy(self, form: str) -> SearchStrategy[PatchCounts]:
        """Up to 6 patches; a few see most of the strings, or all."""
        from hypothesis import strategies as st

        @st.composite
        def samples(draw: DrawFn) -> PatchCounts:
            size = draw(st.integers(1, 6))
            counts = draw(st.tuples(*[st.integers(0, 6)] * size).filter(any))
            labels = draw(st.tuples(*[st.integers(0, 1)] * size))
            overlap = Fraction(draw(st.integers(0, 7)), 8)
            steps = draw(st.integers(1, 6 * size))
            return PatchCounts(counts=counts, labels=labels, overlap=overlap, steps=steps)

        return samples()

    def size(self, instance: PatchCounts) -> float:
        """The number of patches."""
        return float(len(instance.counts))

    def examine(self, instance: PatchCounts, form: str) -> Comparison:
        """Gradient descent with the step size of the form, against the rate."""
        patches = len(instance.counts)
        step = self.formula(form, "step size")(patches=patches)
        rate = self.formula(form, "contraction")(T=instance.steps, patches=patches)
        embeddings = common_overlap(patches, float(instance.overlap))
        share = np.array(instance.counts) / sum(instance.counts)
        targets = np.eye(max(instance.labels) + 1)[list(instance.labels)]
        curvature = (embeddings * share[:, None]).T @ embeddings + np.eye(patches) / patches
        slope = (targets * share[:, None]).T @ embeddings
        best = np.linalg.solve(curvature, slope.T).T
        weights = np.zeros_like(best)
        for _ in range(instance.steps):
            weights = weights - step * (weights @ curvature - slope)
        ratio = float(np.linalg.norm(weights - best) / np.linalg.norm(best))
        return Comparison(ratio, "<=", rate, rounding=1e-9, scale=rate)

    def describe(self, instance: PatchCounts, form: str) -> Sequence[str]:
        """The sample, in words."""
        patches = len(instance.counts)
        step = self.formula(form, "step size")(patches=patches)
        return [
            f"|P_l| = {patches}, patches seen {list(instance.counts)} times with labels"
            f" {list(instance.labels)}, inner products {float(instance.overlap):g};"
            f" η = {step:.6g}, T = {instance.steps}"
        ]


def common_overlap(size: int, overlap: float) -> Floats:
    """Unit vectors, (size, size), any two with inner product `overlap`."""
    gram = np.full((size, size), overlap) + (1.0 - overlap) * np.eye(size)
    values, vectors = np.linalg.eigh(gram)
    root: Floats = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return root


SEARCHES = (DescentSearch(),)
