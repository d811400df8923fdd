"""A quantity of instances, averaged over draws of the uniform-first-token ensemble."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from layerproof.theory.population import (
    PatchLaw,
    patch_law,
)
from layerproof.theory.predictions import PATCHES
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Row,
    Trial,
    at_level,
)
from layerproof.verify.statistics import (
    bounded_mean_interval,
    mean_interval,
)
from layerproof.verify.verdicts.claims import Equality


class EnsembleParameters(InstanceParameters):
    """An ensemble, and how far an average may lie from its prediction."""

    margin: float = Field(0.05, gt=0, description="relative margin of the equivalence test")

    @property
    def sizes(self) -> dict[str, Any]:
        """V, m, s, L and the number of classes n, as formulas take them."""
        sizes = {"V": self.V, "m": self.m, "s": self.s, "L": self.depth}
        return sizes | {"n": self.classes or self.V}

    def patches(self, level: int) -> int:
        """|P_l|."""
        return PATCHES.integer(l=level, **self.sizes)


class InstanceMean(Check[EnsembleParameters]):
    """An exact number of each draw, level by level, averaged over draws."""

    parameters = EnsembleParameters
    average: ClassVar[str]
    """The formula's name among those of the statement."""
    bounds: ClassVar[tuple[float, float]]
    """Between what the number lies for certain."""

    @abstractmethod
    def exact(self, law: PatchLaw) -> float:
        """The number, of one level of one draw."""

    def exists(self, laws: Sequence[PatchLaw]) -> dict[str, str]:
        """The premises without which there is no such number."""
        return {}

    def rows(self, parameters: EnsembleParameters) -> Sequence[Row]:
        """One row a level; at level 1 the posteriors are one-hot and there is nothing to test."""
        return [{"level": level} for level in range(2, parameters.depth + 1)]

    def trial(self, parameters: EnsembleParameters, trial: Trial) -> Outcome:
        """The exact numbers of one draw."""
        grammar = trial.grammar(parameters)
        laws = [patch_law(grammar, level) for level in range(2, grammar.levels + 1)]
        return Outcome({str(law.level): self.exact(law) for law in laws}, self.exists(laws))

    def claim(
        self, parameters: EnsembleParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        samples = at_level(outcomes, row["level"])
        predicted = self.formula(form, self.average)(l=row["level"], **parameters.sizes)
        return Equality(
            mean_interval(samples, 0.95),
            predicted,
            parameters.margin,
            trials=len(samples),
            guaranteed=bounded_mean_interval(samples, 0.95, self.bounds),
        )
