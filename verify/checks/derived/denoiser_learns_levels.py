"""Denoisers trained on so many strings: their excess, and what they miss level by level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.statistics import ThinEvidence, ratio_interval
from layerproof.verify.verdicts.claims import Claim, Inequality, Nothing

if TYPE_CHECKING:
    from layerproof.verify.measure.generation import Prices

CONFIDENCE = 0.999
"""Of the interval of one denoiser, over the strings that it is examined on."""

STEP_SECONDS = 0.015
"""Of a step of the usual batch at V = 8, L = 3 and the usual width."""

Limits = tuple[float, float, float]
"""An estimate and the ends of its interval."""


class TrainedParameters(InstanceParameters):
    """Instances, the strings that are trained on, and the network."""

    times: float = Field(4.0, gt=0, description="strings, in units of V m^(L+1)/(1 − f)")
    steps: int = Field(1000, ge=1, le=10**6, description="the most steps of Adam")
    width: int = Field(64, ge=1, le=4096, description="channels of the U-Net")
    strings: int = Field(10_000, ge=100, description="fresh strings to examine it on")
    margin: float = Field(0.1, gt=0, description="the largest excess, as a share of the loss")


class LearnedLevels(TypedDict):
    """Strings trained on (0: there are not as many), excess as a share, what is missed by level.

    None stands for a level where what shows says nothing of what is hidden.
    """

    strings: int
    steps: int
    excess: Limits
    missed: list[Limits | None]


class DenoiserLearnsLevels(Check[TrainedParameters]):
    """One U-Net for each grammar, trained until its loss on held-out strings stops to fall."""

    id = "denoiser-learns-levels"
    statement = "derived.denoiser-learns-levels"
    quantity = "excess/exact loss; missed share of a level less that of the next"
    needs_torch = True
    parameters = TrainedParameters

    def trial_seconds(self, parameters: TrainedParameters) -> float:
        """In proportion to the steps, with few strings ended early."""
        leaves = parameters.shape.branching**parameters.depth
        share = min(1.0, 0.6 * parameters.times)
        return float(STEP_SECONDS * parameters.steps * share * leaves / 8 * parameters.width / 64)

    def rows(self, parameters: TrainedParameters) -> Sequence[Row]:
        """The excess; with fewer strings than N_1, also whether the levels are missed in order."""
        levels = range(1, parameters.depth) if parameters.times < 1 else ()
        return [{"of": "excess"}, *({"level": level} for level in levels)]

    def trial(self, parameters: TrainedParameters, trial: Trial) -> Outcome[LearnedLevels]:
        """Train on distinct strings of one grammar, and examine on fresh ones."""
        grammar = trial.grammar(parameters)
        count = self._strings(grammar, parameters.times, trial.form)
        if count is None:
            return Outcome({"strings": 0, "steps": 0, "excess": (0.0,) * 3, "missed": []})
        return Outcome(_trained(grammar, count, parameters, trial))

    def claim(
        self,
        parameters: TrainedParameters,
        row: Row,
        outcomes: Sequence[Outcome[LearnedLevels]],
        form: str,
    ) -> Claim:
        """The worst of the trials, with its interval."""
        found = [outcome.values for outcome in outcomes]
        if any(not one["strings"] for one in found):
            return Nothing("the grammar has fewer strings than that", premise_failed=False)
        if "level" not in row:
            worst = max(found, key=lambda one: one["excess"][0])
            estimate, low, high = worst["excess"]
            shown = {"strings": worst["strings"], "steps": worst["steps"]}
            return Inequality(
                estimate, "<=", parameters.margin, len(found), worst=shown, between=(low, high)
            )
        level = row["level"]
        pairs = [(one["missed"][level - 1], one["missed"][level]) for one in found]
        known = [(above, below) for above, below in pairs if above and below]
        if not known:
            return Nothing("what shows says nothing of what is hidden", premise_failed=False)
        above, below = min(known, key=lambda pair: pair[0][0] - pair[1][0])
        estimate, low, high = _gap(above, below)
        both = {"missed": above[0], "missed below": below[0]}
        return Inequality(estimate, ">", 0.0, len(found), worst=both, between=(low, high))

    def _strings(self, grammar: Grammar, times: float, form: str) -> int | None:
        """The strings to train on; None where the grammar has not as many."""
        from layerproof.layerwise.baselines.data import most_samples

        sizes: dict[str, float] = {"V": grammar.vocabularies[-1], "s": grammar.branching}
        sizes |= {"m": grammar.mean_rules_per_symbol, "L": grammar.levels, "l": 1}
        try:
            unit = float(self.formula(form, "strings")(**sizes))
        except ZeroDivisionError:
            unit = math.inf
        count = times * unit
        if not 1 <= count <= most_samples(grammar):
            return None
        return math.ceil(count)


def _trained(
    grammar: Grammar, count: int, parameters: TrainedParameters, trial: Trial
) -> LearnedLevels:
    import torch

    from layerproof.layerwise.architectures.u_net import UNet
    from layerproof.layerwise.generators import AdamDescent, DenoiserPlan, train_denoiser
    from layerproof.layerwise.generators.training import training_strings
    from layerproof.verify.measure.generation import Examiner

    device, seed = torch.device(trial.device), trial.derive("train")
    strings = training_strings(grammar, max(1, math.ceil(count * trial.control.samples)), seed=seed)
    body, descent = UNet(parameters.width), AdamDescent(steps=parameters.steps)
    plan = DenoiserPlan(grammar, body=body, descent=descent, strings=strings, seed=seed)
    training = train_denoiser(plan, device)
    examiner = Examiner.of(training, trial.derive("examine"))
    losses = examiner.losses(parameters.strings)
    return {
        "strings": len(strings),
        "steps": training.descent.step,
        "excess": _limits(losses.excess, losses.exact),
        "missed": [_missed(found) for found in examiner.levels(max(25, parameters.strings // 4))],
    }


def _missed(prices: Prices) -> Limits | None:
    try:
        return _limits(prices.excess, prices.missing)
    except ThinEvidence:
        return None


def _limits(numerators: object, denominators: object) -> Limits:
    found = ratio_interval(numerators, denominators, CONFIDENCE)  # type: ignore[arg-type]
    return found.estimate, *found.limits


def _gap(above: Limits, below: Limits) -> Limits:
    """How much more is missed above; the ends are those of both at once."""
    return above[0] - below[0], above[1] - below[2], above[2] - below[1]


CHECKS = (DenoiserLearnsLevels(),)
