"""A learner taught by its own latents, from a few labels, at several depths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from layerproof.theory.assumptions import assumptions
from layerproof.theory.errors import InputError
from layerproof.theory.latent_schedule import (
    TargetName,
    check_own_latents,
    own_latent_schedule,
)
from layerproof.theory.signals import LABEL, signal_named
from layerproof.theory.statements.derived.own_latents import STATEMENT as OWN_LATENTS
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.premises import Answers, Given, Instance, OnGrammar, drawn_from
from layerproof.verify.verdicts.claims import Claim, Inequality

if TYPE_CHECKING:
    from layerproof.layerwise.training import Training
    from layerproof.theory.grammar import Grammar
    from layerproof.theory.schedule import Schedule

LABEL_FEATURES = 512
"""Random features of a learner that the label alone teaches: the exact kernel has too many rows."""


class OwnLatentParameters(InstanceParameters):
    """Instances, and what their learners are given."""

    V: int = Field(16, ge=2)
    m: int = Field(4, ge=1)
    labels: int = Field(1024, ge=1, description="labelled strings, for level 1 alone")
    strings: float = Field(64.0, gt=0, description="strings of a stage, times V m^3/(1 - f)")
    target: TargetName = "whitened"
    learner: Literal["own-latents", "label"] = Field(
        "own-latents",
        description="label: it teaches every stage, as many strings in all, 512 random features",
    )
    shuffled: bool = Field(False, description="the null: latents of other strings' siblings")
    margin: float = Field(0.05, gt=0, description="how much less accuracy still counts")


def _separating(instance: Instance) -> str:
    """Why own latents do not tell all symbols apart, or there are none."""
    try:
        check_own_latents(instance.grammar)
        report = assumptions(instance.grammar, signal_named("own-latent"))
    except InputError as error:
        return f"there are no own latents: {error.field} is {error.value}; {error.allowed}"
    merged = [level.level for level in report.levels if not level.rho > 0]
    return f"two patches of level {merged[-1]} have siblings of one law" if merged else ""


def _train_on_labels(grammar: Grammar, schedule: Schedule, seed: int, device: str) -> Training:
    """R26's learner on as many strings as the schedule has in all, X n m^l of them at level l."""
    from layerproof.layerwise.training import train
    from layerproof.theory.schedule import practical
    from layerproof.theory.thresholds import stage_sizes

    multiple = sum(stage.samples for stage in schedule.stages) / sum(stage_sizes(grammar))
    given = practical(grammar, multiple=multiple, features=LABEL_FEATURES)
    return train(grammar, given, seed=seed, device=device)


class OwnLatents(Check[OwnLatentParameters]):
    """The least test accuracy over grammars whose symbols own latents tell apart."""

    id = "own-latents"
    statement = OWN_LATENTS.id
    turned_by = ("ambiguous-rules",)
    may_be_turned_by = ("dead-symbol", "identical-parents", "uncorrelated-rules")
    about_ensemble = True
    quantity = "test accuracy"
    parameters = OwnLatentParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        "ensemble.uniform-first-token": drawn_from("uniform-first-token"),
        "derived.own-latents/separating": OnGrammar(_separating),
        "derived.own-latents/siblings": Given(
            "they are, but with `shuffled`, which is judged all the same: the null must fail"
        ),
    }

    def trial(self, parameters: OwnLatentParameters, trial: Trial) -> Outcome:
        """Train one learner; its accuracy on fresh strings."""
        from layerproof.layerwise.own_latents import Latents
        from layerproof.layerwise.training import train_on_own_latents
        from layerproof.verify.measure.invariance import accuracy

        grammar = trial.grammar(parameters)
        schedule = own_latent_schedule(grammar, parameters.labels, multiple=parameters.strings)
        seed = trial.derive("training")
        if parameters.learner == "label":
            training = _train_on_labels(grammar, schedule, seed, trial.device)
        else:
            latents = Latents(parameters.target, shuffled=parameters.shuffled)
            training = train_on_own_latents(
                grammar, schedule, seed=seed, latents=latents, device=trial.device
            )
        seed = trial.derive("test strings")
        right = accuracy(training.learner, grammar, LABEL, strings=4000, seed=seed)
        return Outcome({"accuracy": right.estimate})

    def claim(
        self, parameters: OwnLatentParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The least accuracy against that of perfect level-1 tokens, less the margin."""
        found = [float(outcome.values["accuracy"]) for outcome in outcomes]
        sizes = {"n": parameters.classes or parameters.V, "m": parameters.m}
        floor = self.formula(form, "accuracy")(N=parameters.labels, **sizes)
        return Inequality(min(found), ">=", floor - parameters.margin, len(found))


CHECKS = (OwnLatents(),)
