"""What latents save and cost on drawn grammars, exactly, against the law of leading order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

from pydantic import Field

from layerproof.theory.evidence_bounds import evidence_bounds, label_growth
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Claim, Equality, Frequency, Nothing


class PayingParameters(EnsembleParameters):
    """An ensemble, the levels whose tokens may be latents, and the margin of the two means."""

    levels: tuple[int, ...] = Field((0,), description="levels of latents; 0 is the label")
    delta: float = Field(0.05, gt=0, lt=1, description="share of draws on the other side")
    margin: float = Field(0.1, gt=0, description="relative margin of the equivalence test")


class Savings(TypedDict):
    """By level what its tokens save, and cost; the mean growth of a small use of the label."""

    saved: dict[str, float]
    rates: dict[str, float]
    growth: float


class PosteriorCollapse(Check[PayingParameters]):
    """Each draw's exact evidence bounds: which latents pay, and what the label saves."""

    id = "posterior-collapse"
    statement = "derived.posterior-collapse"
    turned_by = ("ambiguous-rules",)
    about_ensemble = True
    quantity = "Σ_i I(x_i; ancestor)"
    parameters = PayingParameters

    def rows(self, parameters: PayingParameters) -> Sequence[Row]:
        """What the label saves, its growth, and on which side each level is."""
        levels = [level for level in parameters.levels if level < parameters.depth]
        sides: list[Row] = [{"of": "side", "level": level} for level in levels]
        return [{"of": "saved", "level": 0}, {"of": "growth", "level": 0}, *sides]

    def trial(self, parameters: PayingParameters, trial: Trial) -> Outcome[Savings]:
        """The exact numbers of one draw."""
        grammar = trial.grammar(parameters)
        none, *bounds = evidence_bounds(grammar)
        growth = label_growth(grammar)
        return Outcome({
            "saved": {str(b.level): none.nelbo - b.distortion for b in bounds},
            "rates": {str(b.level): b.rate for b in bounds},
            "growth": math.fsum(growth) / max(1, len(growth)),
        })  # fmt: skip

    def claim(
        self,
        parameters: PayingParameters,
        row: Row,
        outcomes: Sequence[Outcome[Savings]],
        form: str,
    ) -> Claim:
        """The means by the formulas; of every level how many draws are not where it says."""
        found, level = [outcome.values for outcome in outcomes], row["level"]
        sizes = parameters.sizes | {"l": level}
        if row["of"] == "growth":
            interval = mean_interval([one["growth"] for one in found], 0.95)
            predicted = self.formula(form, "growth")(**sizes)
            return Equality(interval, predicted, parameters.margin, trials=len(found))
        saved = self.formula(form, "saved")(**sizes)
        own = [one["saved"][str(level)] for one in found]
        if row["of"] == "saved":
            interval = mean_interval(own, 0.95)
            return Equality(interval, saved, parameters.margin, trials=len(found))
        rate = self.formula(form, "rate")(**sizes)
        if math.isclose(saved, rate):
            return Nothing("the law puts this level on neither side", premise_failed=False)
        pays = saved - rate
        gains = [
            one - outcome["rates"][str(level)] for one, outcome in zip(own, found, strict=True)
        ]
        wrong = sum((gain > 0.0) != (pays > 0.0) for gain in gains)
        shown = {"predicted gain": pays, "least gain": min(gains), "largest gain": max(gains)}
        return Frequency(wrong, len(found), parameters.delta, worst=shown)


CHECKS = (PosteriorCollapse(),)
