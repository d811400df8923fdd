"""The information between two crops, exact on each draw, averaged over drawn grammars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from layerproof.theory.contrast import information_at_height, log_counts
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.premises import Answers, Instance, OnParameters
from layerproof.verify.statistics import bounded_mean_interval, mean_interval
from layerproof.verify.verdicts.claims import Claim, Equality, Inequality


class ContrastParameters(EnsembleParameters):
    """An ensemble, and how far the two leading orders may lie from what is measured."""

    far_margin: float = Field(0.15, gt=0, description="relative margin for crops further apart")


def two_crops(instance: Instance) -> str:
    """Why there are not two neighbouring crops of which the law speaks."""
    found = instance.parameters
    if found.grammar is not None:
        return ""  # which the other premise refuses
    if found.s < 2 or found.depth < 2:
        return "a string of one patch, or of patches of one token, has no two crops"
    if found.V < 2:
        return "with one symbol, no crop tells anything"
    if found.family.top != found.V:
        return f"there are {found.family.top} labels, not V = {found.V}"
    return ""


class ContrastiveBound(Check[ContrastParameters]):
    """I(p; p') of the parents of two crops, at every level and height of their ancestor."""

    id = "contrastive-bound"
    statement = "derived.contrastive-bound"
    about_ensemble = True
    quantity = "I(T; T'), nats"
    parameters = ContrastParameters
    answers: ClassVar[Answers] = {"crops.two": OnParameters(two_crops)}

    def rows(self, parameters: ContrastParameters) -> Sequence[Row]:
        """Neighbours at every level; further apart at the lowest; and one for the leading order."""
        near: list[Row] = [{"level": level} for level in range(2, parameters.depth + 1)]
        far: list[Row] = [
            {"level": parameters.depth, "height": height} for height in range(2, parameters.depth)
        ]
        return near + far + ([{"order": "leading"}] if parameters.s == 2 else [])

    def trial(self, parameters: ContrastParameters, trial: Trial) -> Outcome:
        """The exact informations of one draw."""
        grammar = trial.grammar(parameters)
        return Outcome(
            {
                _key(row): information_at_height(grammar, row["level"] - 1, row.get("height", 1))
                for row in self.rows(parameters)
                if "level" in row
            }
        )

    def claim(
        self, parameters: ContrastParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The mean over draws against its formula; and the leading order against the exact one."""
        sizes = {"V": parameters.V, "m": parameters.m, "s": parameters.s}
        counts = log_counts(parameters.V, parameters.m, parameters.s)
        logs = {"pair_logs": counts.pair, "token_logs": counts.token}
        exact = self.formula(form, "bound")(**sizes, **logs)
        if "order" in row:
            off = abs(self.formula(form, "leading")(**sizes) - exact)
            return Inequality(off, "<=", self.formula(form, "error")(**sizes), examined=1)
        found = [outcome.values[_key(row)] for outcome in outcomes]
        near = "height" not in row
        far = self.formula(form, "far")
        predicted = exact if near else far(**sizes, height=row["height"])
        return Equality(
            mean_interval(found, 0.95),
            predicted,
            parameters.margin if near else parameters.far_margin,
            trials=len(found),
            guaranteed=bounded_mean_interval(found, 0.95, (0.0, math.log(parameters.V))),
        )


def _key(row: Row) -> str:
    return f"{row['level']}^{row.get('height', 1)}"


CHECKS = (ContrastiveBound(),)
