"""A search for Lemma 18: on grammars with two labels its failure probability is known exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.frequencies import (
    ROUNDING,
    Good,
    PatchKind,
    failure_probability,
    label_law_within,
    refuse_endless,
)
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.statements.ren2026.lemma_18 import LEAST_RATIO
from layerproof.verify.searches.base import (
    Comparison,
    FractionField,
    GrammarField,
    ModelSearch,
    SearchInstance,
    grammar_lines,
)
from layerproof.verify.searches.exact import all_patches, first_patches
from layerproof.verify.searches.strategies import binary_grammars

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

TIE = 1e-12
Part = Literal["posterior", "frequency", "both"]
DELTAS = (Fraction(1, 10), Fraction(1, 100))


class LevelSample(SearchInstance):
    """A level of a grammar with two labels, a sample size and a failure probability.

    `part` is what is looked at: q̂ or p̂ alone, or both, as the lemma says.
    """

    part: Part = "both"
    grammar: GrammarField
    level: int = Field(ge=1, le=128)
    samples: int = Field(ge=1, le=10**6)
    delta: FractionField

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.grammar.classes != 2 or not self.grammar.is_uniform:
            raise ValueError("a (V, m)-uniform grammar with V = 2")
        if self.level > self.grammar.levels or not 0 < self.delta < 1:
            raise ValueError("a level of the grammar, and δ in (0, 1)")
        return self

    def laws(self) -> list[tuple[Fraction, Fraction]]:
        """(p_μ, P[label = 0 | μ]) of every level-l patch; the latter 0 where p_μ is."""
        found = first_patches(self.grammar, self.level)
        laws = [found.get(patch, {}) for patch in all_patches(self.grammar, self.level)]
        masses = [sum(law.values(), Fraction(0)) for law in laws]
        return [
            (mass, law.get(0, Fraction(0)) / mass if mass else Fraction(0))
            for mass, law in zip(masses, laws, strict=True)
        ]


class Concentration(ModelSearch[LevelSample]):
    """Lemma 18: P[some p̂_μ or q̂_μ leaves its bounds], against δ."""

    statement = "R26.lemma-18"
    quantity = "P[some p̂_μ or q̂_μ is outside its bounds], against δ"
    forms = ("printed", "repaired")
    instance = LevelSample

    def strategy(self, form: str) -> SearchStrategy[LevelSample]:
        """Grammars with V = 2 and up to 16 patches a level; as printed, the posterior first."""
        from hypothesis import strategies as st

        @st.composite
        def stages(draw: DrawFn) -> LevelSample:
            parts: tuple[Part, ...] = ("posterior", "both") if form == "printed" else ("both",)
            part = draw(st.sampled_from(parts))
            grammar = draw(binary_grammars())
            level = grammar.levels - draw(st.integers(0, grammar.levels - 1))
            samples = draw(st.integers(1, 256))
            delta = draw(st.sampled_from(DELTAS))
            return LevelSample(
                part=part, grammar=grammar, level=level, samples=samples, delta=delta
            )

        return stages()

    def size(self, instance: LevelSample) -> float:
        """The number of patches, then of tokens in the grammar's rules."""
        tokens = sum(patches.size for level in instance.grammar.rules for patches in level)
        return len(instance.laws()) + tokens / 10**4

    def unmet(self, instance: LevelSample, form: str) -> str:
        """κ < ∞; as repaired also |P_l|/δ ≥ LEAST_RATIO."""
        laws = instance.laws()
        if min(mass for mass, _ in laws) == 0:
            return "κ is finite: every patch can come first"
        if form == "repaired" and len(laws) / instance.delta < Fraction(str(LEAST_RATIO)):
            return f"|P_l|/δ is at least {LEAST_RATIO}"
        return ""

    def examine(self, instance: LevelSample, form: str) -> Comparison:
        """The exact failure probability against δ; an unseen patch has no q̂ and breaks nothing."""
        kinds = [
            PatchKind(float(mass), number, self._good(instance, form, float(mass), float(share)))
            for (mass, share), number in Counter(instance.laws()).items()
        ]
        refuse_endless(instance.samples, kinds)
        failure = failure_probability(instance.samples, kinds)
        return Comparison(failure, "<=", float(instance.delta), rounding=ROUNDING)

    def describe(self, instance: LevelSample, form: str) -> Sequence[str]:
        """The grammar, and the laws of its patches at the level."""
        laws = ", ".join(
            f"{number} × (p = {mass}, q = ({share}, {1 - share}))"
            for (mass, share), number in Counter(instance.laws()).items()
        )
        return [
            *grammar_lines(instance.grammar),
            f"level {instance.level}: {laws}",
            f"N = {instance.samples}, δ = {float(instance.delta):g}; looked at: {instance.part}",
        ]

    def _good(self, instance: LevelSample, form: str, mass: float, share: float) -> Good:
        laws = instance.laws()
        kappa = 1.0 / (len(laws) * float(min(mass for mass, _ in laws)))
        values = {
            "N": instance.samples,
            "patches": len(laws),
            "kappa": kappa,
            "delta": float(instance.delta),
        }
        above = float(on_arrays(self.formula(form, "above"), **values))
        below = float(on_arrays(self.formula(form, "below"), **values))
        law = self.formula(form, "law")

        def good(counts: Floats) -> Floats:
            ratio = counts / (instance.samples * mass) - 1.0
            near = (ratio <= above + TIE) & (ratio >= -below - TIE)
            seen = np.maximum(counts, 1.0) / instance.samples
            radius = on_arrays(law, **values, frequency=seen)
            within = np.where(counts > 0, label_law_within(counts, share, radius), 1.0)
            parts = {"posterior": within, "frequency": near, "both": near * within}
            return np.asarray(parts[instance.part], dtype=np.float64)

        return good


SEARCHES = (Concentration(),)
