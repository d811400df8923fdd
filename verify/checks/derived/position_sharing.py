"""What all patches of a string gain over the first one, for any signal: exact on every draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.population import patch_law
from layerproof.theory.position_sharing import BESIDE, signal_shared_moments, stands_beside
from layerproof.theory.weight_sharing import first_moments
from layerproof.verify.checks.base import Check, Outcome, Row, Trial, at_level
from layerproof.verify.checks.derived.path_law import PathParameters
from layerproof.verify.checks.edges import non_synonyms
from layerproof.verify.checks.premises import Answers, Instance, OnParameters
from layerproof.verify.statistics import ratio_interval
from layerproof.verify.verdicts.claims import Equality

ROWS = ("separation", "noise", "gain")


class PositionParameters(PathParameters):
    """An ensemble, the signal, and how far corrections in 1/m may go."""

    margin: float = Field(0.3, gt=0, description="relative margin of the equivalence test")


def _known_ways(instance: Instance) -> str:
    """Why the moments of the signal are not known at all levels."""
    found: PositionParameters = instance.parameters
    known = all(stands_beside(found.shape, level, found.target) for level in _levels(found))
    return "" if known else f"{found.signal} is not {BESIDE}"


def _levels(parameters: PositionParameters) -> range:
    """All that are taught but the first, which has one patch."""
    lowest = parameters.target.taught(parameters.shape)[0]
    return range(max(2, lowest), parameters.depth + 1)


class PositionSharing(Check[PositionParameters]):
    """Each draw's exact moments with first patches and with all, as ratios of means over draws."""

    id = "position-sharing"
    statement = "derived.position-sharing"
    turned_by = ("ambiguous-rules",)
    may_be_turned_by = ("dead-symbol", "identical-parents", "uncorrelated-rules")
    about_ensemble = True
    quantity = "separation, noise, gain"
    parameters = PositionParameters
    answers: ClassVar[Answers] = {"signal.ways": OnParameters(_known_ways)}

    def rows(self, parameters: PositionParameters) -> Sequence[Row]:
        """Three ratios for every level but the first."""
        return [{"of": of, "level": level} for level in _levels(parameters) for of in ROWS]

    def trial(self, parameters: PositionParameters, trial: Trial) -> Outcome:
        """Noise and separation of every level of one draw, first patches and then all."""
        grammar, signal = trial.grammar(parameters), parameters.target
        levels = _levels(parameters)
        premises = non_synonyms(patch_law(grammar, level, signal=signal) for level in levels)
        premises["two levels"] = "" if levels else "Level 1 has one patch a string."
        if any(premises.values()):
            return Outcome.without(premises)
        values = {}
        for level in levels:
            first = first_moments(grammar, level, signal)
            values[str(level)] = (*first, *signal_shared_moments(grammar, level, signal))
            if not (first.square_separation and first.spread):
                premises["noise and separation"] = f"Level {level}: there is none of one of them."
        return Outcome(values, premises)

    def claim(
        self, parameters: PositionParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The ratio of means over draws against the formula."""
        found = np.array(at_level(outcomes, row["level"]))
        # N_×/N̄_× = (noise/Δ²)/(noise̅/Δ̄²) with means of each; the noise has next to no spread.
        noise = found[:, 0].mean() / found[:, 2].mean()
        pairs = {
            "separation": (found[:, 3], found[:, 1]),
            "noise": (found[:, 2], found[:, 0]),
            "gain": (found[:, 3] * noise, found[:, 1]),
        }
        sizes = {"s": parameters.s, "l": row["level"]}
        predicted = self.formula(form, row["of"])(
            **sizes, ways=parameters.target.ways(parameters.family, row["level"])
        )
        interval = ratio_interval(*pairs[row["of"]], 0.95)
        return Equality(interval, predicted, parameters.margin, trials=len(found))


CHECKS = (PositionSharing(),)
