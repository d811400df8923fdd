"""Autoencoders trained from near a collapsed posterior: the rate at which their codes end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from pydantic import Field

from layerproof.theory.evidence_bounds import evidence_bounds, label_growth, string_growth
from layerproof.theory.grammar import Grammar
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Claim, Inequality, Nothing

NEUTRAL = 1e-9
"""How far from 1 rounding may put a growth that is 1: of leaves that are independent in pairs."""


class TrainedCollapseParameters(InstanceParameters):
    """Instances, the autoencoder, and how long it is trained on how many strings."""

    sees: Literal["string", "label"] = Field("label", description="what the encoder sees")
    latent: Literal["categorical", "gaussian"] = Field("categorical", description="of the code")
    size: int | None = Field(None, ge=1, description="values or dimensions; n by default")
    steps: int = Field(300, ge=1, description="steps of Adam")
    strings: int = Field(8000, ge=1, description="strings to fit to")
    tested: int = Field(2000, ge=2, description="fresh strings that measure the bound")
    gap: float = Field(0.2, ge=0, description="how near to 1 a growth is too slow to be judged")


class TrainedCode(TypedDict):
    """The exact growth, what was trained to, and the exact bounds beside it, in nats."""

    growth: float
    rate: float
    classes: int
    seen: dict[str, float]


class TrainedCollapse(Check[TrainedCollapseParameters]):
    """Each trained code's divergence from its prior on fresh strings, by the side of its growth."""

    id = "trained-collapse"
    statement = "derived.trained-collapse"
    quantity = "±(KL(q(z|x)‖p(z)) − R_used), + where the latent is to be used"
    needs_torch = True
    parameters = TrainedCollapseParameters

    def trial(self, parameters: TrainedCollapseParameters, trial: Trial) -> Outcome[TrainedCode]:
        """Train one autoencoder on the strings of one grammar."""
        import torch

        from layerproof.layerwise.autoencoders import AutoencoderFit, code_information, fit_flat

        grammar = trial.grammar(parameters)
        growth = _growth(grammar, parameters.sees)
        given = AutoencoderFit(
            parameters.steps, rate=0.03, strings=parameters.strings, tested=parameters.tested
        )
        found = fit_flat(
            grammar,
            parameters.latent,
            parameters.size or grammar.classes,
            given,
            seed=trial.derive("training"),
            sees=parameters.sees,
            device=torch.device(trial.device),
        )
        none, label, *_, entropy = evidence_bounds(grammar)
        interval = mean_interval(found.nelbo.tolist(), 0.95)
        seen = {
            "growth": growth,
            "bound, from": interval.low,
            "bound, to": interval.high,
            "exact, no latent": none.nelbo,
            "exact, label named": label.nelbo,
            "exact, entropy": entropy.nelbo,
        }
        if found.code is not None:
            told = code_information(found.code, found.levels)
            seen |= {f"information on level {level}": one for level, one in enumerate(told)}
        rate = float(found.rate.mean())
        return Outcome({"growth": growth, "rate": rate, "classes": grammar.classes, "seen": seen})

    def claim(
        self,
        parameters: TrainedCollapseParameters,
        row: Row,
        outcomes: Sequence[Outcome[TrainedCode]],
        form: str,
    ) -> Claim:
        """The least distance of a rate from the least one that counts, on the side predicted."""
        found = [outcome.values for outcome in outcomes]
        judged = [one for one in found if not NEUTRAL < abs(one["growth"] - 1) < parameters.gap]
        if not judged:
            reason = "a small use of the latent neither grows nor fades fast enough to be told"
            return Nothing(reason, premise_failed=False)
        distances = []
        for one in judged:
            least = self.formula(form, "rate")(n=one["classes"])
            above = one["rate"] - least
            distances.append(above if one["growth"] > 1 + NEUTRAL else -above)
        worst = min(range(len(judged)), key=distances.__getitem__)
        shown = {"rate": judged[worst]["rate"], **judged[worst]["seen"]}
        return Inequality(distances[worst], ">=", 0.0, examined=len(judged), worst=shown)


def _growth(grammar: Grammar, sees: str) -> float:
    """λ of an encoder that sees the string or the label."""
    if sees == "string":
        return string_growth(grammar)
    return float(label_growth(grammar).max(initial=0.0))


CHECKS = (TrainedCollapse(),)
