"""A search among patch embeddings for Lemma 14, hypotheses met at equality."""

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


ROUNDING = 1e-9


Counts = tuple[tuple[Whole, Whole], tuple[Whole, Whole]]


class PatchClusters(SearchInstance):
    """Patches with two embeddings each, and a sample of them.

    ``counts[μ][j][ζ]`` strings show patch μ by its j-th embedding, with label ζ. Distinct patches
    have inner product ε_O = `overlap`/|P_l|, negative where `negative` is set; the embeddings of a
    patch lie ε_S = `spread`/(4|P_l|) apart.
    """

    counts: tuple[Counts, ...] = Field(min_length=1, max_length=64)
    overlap: FractionField
    spread: FractionField
    negative: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        numbers = [n for patch in self.counts for pair in patch for n in pair]
        if min(numbers) < 0 or not any(numbers):
            raise ValueError("counts of at least 0, not all 0")
        if not (0 <= self.overlap <= 1 and 0 <= self.spread <= 1):
            raise ValueError("overlap and spread in [0, 1]")
        return self

    @property
    def patches(self) -> int:
        """|P_l|."""
        return len(self.counts)

    @property
    def overlap_allowed(self) -> float:
        """ε_O."""
        return float(self.overlap) / self.patches if self.patches > 1 else 0.0

    def embeddings(self) -> Floats:
        """x_μj, (|P_l|, 2, 2|P_l|): √(1 − r²) b_μ ± r w_μ with r = ε_S/2, w_μ of μ's own."""
        size, radius = self.patches, float(self.spread) / (8 * self.patches)
        inner = self.overlap_allowed / (1.0 - radius**2) * (-1.0 if self.negative else 1.0)
        gram = np.full((size, size), inner) + (1.0 - inner) * np.eye(size)
        values, vectors = np.linalg.eigh(gram)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        shared = math.sqrt(1.0 - radius**2) * root
        own = radius * np.eye(size)
        return np.stack([np.hstack([shared, own]), np.hstack([shared, -own])], axis=1)


class RidgeOnePatch(ModelSearch[PatchClusters]):
    """Lemma 14: the ridge solution against the patch's own term, solved for directly."""

    statement = "R26.lemma-14"
    quantity = "largest ‖W_* x_μ − the term of μ‖"
    forms = ("printed", "repaired")
    instance = PatchClusters

    def strategy(self, form: str) -> SearchStrategy[PatchClusters]:
        """Up to 4 patches, seen a few times or never, with one label or two."""
        from hypothesis import strategies as st

        @st.composite
        def clusters(draw: DrawFn) -> PatchClusters:
            number = st.integers(0, 3)
            one_label = st.tuples(number, st.just(0))
            pair = one_label if draw(st.integers(0, 3)) == 3 else st.tuples(number, number)
            patch = st.tuples(pair, pair) | st.just(((0, 0), (0, 0)))
            counts = st.lists(patch, min_size=1, max_size=4).filter(_seen)
            return PatchClusters(
                counts=tuple(draw(counts)),
                overlap=Fraction(draw(st.just(0) | st.integers(0, 64)), 64),
                spread=1 - Fraction(draw(st.integers(0, 4)), 4),
                negative=draw(st.booleans()),
            )

        return clusters()

    def examine(self, instance: PatchClusters, form: str) -> Comparison:
        """The patch and embedding whose error exceeds its bound by most."""
        size = instance.patches
        x = instance.embeddings()
        weights = np.array(instance.counts, dtype=np.float64)
        weights /= weights.sum()
        best = _ridge(x, weights)
        pairs = []
        for mu in range(size):
            frequency = float(weights[mu].sum())
            bound = self._bound(form, instance, frequency)
            for point in x[mu]:
                term = _own_term(x[mu], weights[mu], point, 1.0 / size, form)
                pairs.append((float(np.linalg.norm(best @ point - term)), bound))
        error, bound = max(pairs, key=lambda pair: pair[0] - pair[1])
        return Comparison(error, "<=", bound, rounding=ROUNDING)

    def _bound(self, form: str, instance: PatchClusters, frequency: float) -> float:
        name = "error" if form == "printed" else "sharp error"
        values = {"patches": instance.patches, "frequency": frequency}
        return self.formula(form, name)(**values, epsilon_O=instance.overlap_allowed)

    def describe(self, instance: PatchClusters, form: str) -> Sequence[str]:
        """The sample."""
        sign = "−" if instance.negative else ""
        return [
            f"|P_l| = {instance.patches}, ε_O = {instance.overlap_allowed:.4g} (inner products"
            f" {sign}ε_O), ε_S = {float(instance.spread) / (4 * instance.patches):.4g}",
            "strings by patch, embedding and label: "
            + "; ".join(
                f"{mu}: {list(first)} {list(second)}"
                for mu, (first, second) in enumerate(instance.counts)
            ),
        ]

    def size(self, instance: PatchClusters) -> float:
        """The number of patches, then of strings."""
        strings = sum(n for patch in instance.counts for pair in patch for n in pair)
        return instance.patches + strings / 1000


def _seen(counts: Sequence[Counts]) -> bool:
    return any(n for patch in counts for pair in patch for n in pair)


def _ridge(x: Floats, weights: Floats) -> Floats:
    """W_* = Ê[e_ζ xᵀ](Ê[x xᵀ] + λ_W)^(−1), (2, D), λ_W = 1/|P_l|."""
    rows, shares = x.reshape(-1, x.shape[-1]), weights.reshape(-1, weights.shape[-1])
    moment = (rows * shares.sum(axis=1)[:, None]).T @ rows
    solution: Floats = np.linalg.solve(moment + np.eye(len(moment)) / len(x), rows.T @ shares).T
    return solution


def _own_term(x: Floats, weights: Floats, point: Floats, ridge: float, form: str) -> Floats:
    """p̂ Ê[x̂]ᵀ(p̂ Ê[x̂ x̂ᵀ] + λ)^(−1) x · q̂ as printed; as repaired with Ê[e_ζ x̂ᵀ] for q̂ Ê[x̂]ᵀ."""
    shares = weights.sum(axis=1)
    moment = (x * shares[:, None]).T @ x + ridge * np.eye(x.shape[1])
    direction = np.linalg.solve(moment, point)
    if form == "printed":
        total = float(shares.sum())
        law = weights.sum(axis=0) / total if total else weights.sum(axis=0)
        return np.asarray(law * float(shares @ x @ direction))
    return np.asarray(weights.T @ x @ direction)


SEARCHES = (RidgeOnePatch(),)
