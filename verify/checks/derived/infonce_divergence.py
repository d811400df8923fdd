"""A critic trained by gradient descent on the exact losses of contrastive learning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.contrast import (
    Loss,
    infonce,
    mutual_information,
    never_together,
    spectral,
)
from layerproof.theory.grammar_checks import Booleans, Floats
from layerproof.theory.randomness import generator
from layerproof.theory.signals.contrastive import Contrastive
from layerproof.theory.token_laws import pair_law
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.derived.contrastive_bound import two_crops
from layerproof.verify.checks.premises import Answers, OnParameters
from layerproof.verify.statistics import bounded_mean_interval, fixed_interval, mean_interval
from layerproof.verify.verdicts.claims import Claim, Equality, Nothing


class DivergenceParameters(InstanceParameters):
    """Gradient descent on the loss of the crops of the lowest level, from a random critic."""

    steps: int = Field(1000, ge=100, le=10**6, description="steps of gradient descent")
    multiple: int = Field(10, ge=2, le=100, description="X: the last steps over the first ones")
    margin: float = Field(0.1, gt=0, description="absolute, of growths and of what is left")


class InfonceDivergence(Check[DivergenceParameters]):
    """The mean critic on pairs that occur, less that on pairs that never do, at t and X t steps.

    Where every pair occurs, the mean range of the critic over T' is looked at in its place. The
    control `label-noise` replaces the other crop by an independent one, so that all pairs occur.
    """

    id = "infonce-divergence"
    statement = "derived.infonce-divergence"
    turned_by = ("label-noise",)
    about_ensemble = True
    quantity = "Δ(X t) − Δ(t); what is left of the loss"
    parameters = DivergenceParameters
    answers: ClassVar[Answers] = {"crops.two": OnParameters(two_crops)}

    def rows(self, parameters: DivergenceParameters) -> Sequence[Row]:
        """How both critics grow, how often crops never meet, and what is left of InfoNCE's loss."""
        attained = parameters.m == parameters.V ** (parameters.s - 1)
        found: list[Row] = [{"loss": "infonce"}, {"loss": "spectral"}, {"share": "never"}]
        return found if attained else [*found, {"loss": "infonce", "left": "gap"}]

    def trial(self, parameters: DivergenceParameters, trial: Trial) -> Outcome:
        """Both critics of one draw, trained on its exact law."""
        grammar, level = trial.grammar(parameters), parameters.depth
        law = Contrastive().joint(grammar, level)
        seen, never = law > 0, never_together(law)
        noise = trial.control.label_noise
        joint = (1 - noise) * law + noise * np.outer(law.sum(1), law.sum(0))
        start = generator(trial.derive("critic"), "start").normal(size=joint.shape)
        marks = parameters.steps // parameters.multiple, parameters.steps
        bound = mutual_information(joint)
        first, second = joint.sum(1), joint.sum(0)
        # The steps are the inverse of the largest curvature, of which softmax has at most 1/2.
        contrast = _descended(joint, start, infonce, 2.0 / first.max(), marks)
        square = _descended(joint, start, spectral, 0.5 / (first.max() * second.max()), marks)
        parents = pair_law(grammar, (level - 1, 0), (level - 1, 1))
        values = {
            "growth": _spread(contrast[1], seen, never) - _spread(contrast[0], seen, never),
            "spectral": _spread(square[1], seen, never) - _spread(square[0], seen, never),
            "gaps": [max(0.0, infonce(joint, critic).value + bound) for critic in contrast],
            "never": float((parents == 0).mean()),
            "absent": bool(never.any()),
        }
        return Outcome(values)

    def claim(
        self, parameters: DivergenceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """Growths and shares against their formulas; a critic that comes to rest against 0."""
        sizes = {"V": parameters.V, "m": parameters.m, "s": parameters.s}
        steps, trials = {"multiple": parameters.multiple}, len(outcomes)
        if "share" in row:
            shares = [outcome.values["never"] for outcome in outcomes]
            predicted = self.formula(form, "never")(**sizes)
            sure = bounded_mean_interval(shares, 0.95, (0.0, 1.0))
            fixed = parameters.s == 2  # where it is 1 − f on every draw
            interval = (fixed_interval if fixed else mean_interval)(shares, 0.95)
            return Equality(
                interval, predicted, parameters.margin, trials, True, None if fixed else sure
            )
        if "left" in row:
            open_ended = [o.values["gaps"] for o in outcomes if o.values["absent"]]
            if not open_ended:
                return Nothing("every pair of crops occurs, on each draw", premise_failed=True)
            gaps = np.array(open_ended)
            interval = fixed_interval(gaps[:, 1] / gaps[:, 0], 0.95)
            predicted = self.formula(form, "gap")(**steps)
            return Equality(interval, predicted, parameters.margin * predicted, trials, True)
        diverges = row["loss"] == "infonce"
        name = "growth" if diverges else "spectral"
        growths = [outcome.values[name] for outcome in outcomes]
        log = self.formula(form, "growth")(**steps)
        predicted = np.mean([log * (diverges and o.values["absent"]) for o in outcomes])
        interval = fixed_interval(growths, 0.95)  # the limit is one for all draws
        return Equality(interval, float(predicted), parameters.margin, trials, absolute=True)


def _descended(
    joint: Floats,
    start: Floats,
    loss: Callable[[Floats, Floats], Loss],
    rate: float,
    marks: Sequence[int],
) -> list[Floats]:
    """The critic after each number of steps in `marks`."""
    critic, found = start.copy(), []
    for step in range(1, marks[-1] + 1):
        critic -= rate * loss(joint, critic).slope
        if step in marks:
            found.append(critic.copy())
    return found


def _spread(critic: Floats, seen: Booleans, never: Booleans) -> float:
    """Δ; the mean range over T' where every pair occurs."""
    if never.any():
        return float(critic[seen].mean() - critic[never].mean())
    return float(np.ptp(critic, axis=1).mean())


CHECKS = (InfonceDivergence(),)
