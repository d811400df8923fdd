"""Informal Principle 2: its three conditions as numbers with null values, each with its control.

(i) and (ii) are measured on what trained layers make of held-out strings, with one statistic: over
all strings, and inside patches (:mod:`layerproof.verify.measure.association`). (iii) is a minimum
over pairs, and an estimate of it has no null value; it is taken from the exact law of the instance,
and stands beside the same number of a trained layer's representations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import scipy
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import (
    PatchLaw,
    closest_non_synonyms,
    mean_square_separation,
    patch_law,
)
from layerproof.theory.randomness import generator
from layerproof.theory.schedule import practical
from layerproof.theory.statements.ren2026.principle_2 import CLEAN, CORRELATED, IDENTIFIABLE
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Outcomes,
    Row,
    Trial,
    at_level,
)
from layerproof.verify.checks.edges import non_synonyms, two_labels
from layerproof.verify.checks.premises import Answers, Given, Instance, OnParameters
from layerproof.verify.statistics import ratio_interval
from layerproof.verify.verdicts.claims import Claim, Equality, Frequency, Inequality, Nothing

if TYPE_CHECKING:
    from layerproof.verify.measure.held_out import HeldOut

ROUNDING = 1e-12
"""A product of variances of unit vectors below this is that of the Gram matrix's rounding."""


class StageParameters(InstanceParameters):
    """The stage whose input is measured, and the training of the layers below it."""

    level: int = Field(2, ge=1, description="the stage")
    multiple: float = Field(32.0, gt=0, description="N / (n m^l) of the layers below")
    strings: int = Field(1000, ge=100, description="held-out strings a trial")


class CorrelatedParameters(StageParameters):
    """And the permutation test of a trial."""

    relabelings: int = Field(99, ge=9, description="random orders of the labels")
    delta: float = Field(0.2, gt=0, lt=1, description="share of trials that may miss it")


class CleanParameters(StageParameters):
    """And what counts as nothing."""

    margin: float = Field(0.01, gt=0, description="largest |I_2| that counts as clean")


def _has_stage(instance: Instance) -> str:
    level, levels = instance.parameters.level, instance.parameters.depth
    return f"the grammar has {levels} levels, and no stage {level}" if level > levels else ""


STAGE: Answers = {
    "R26.principle-2/stage": OnParameters(_has_stage),
    "R26.principle-2/held-out": Given("fresh strings, drawn after the training"),
}


class Correlation(TypedDict):
    """I_1, and how many random orders reach it."""

    I_1: float
    above: int


class Correlated(Check[CorrelatedParameters]):
    """(i): I_1 exceeds that of every random order of the labels, in nearly every trial.

    Where nothing is correlated the actual order is the largest in one of `relabelings` + 1 trials.
    """

    id = "principle-2-i"
    statement = CORRELATED.id
    turned_by = ("uncorrelated-rules", "label-noise")
    quantity = "P[I_1 not above all relabelings]"
    parameters = CorrelatedParameters
    needs_torch = True
    answers = STAGE

    def trial(self, parameters: CorrelatedParameters, trial: Trial) -> Outcome[Correlation]:
        """I_1 of one trained learner, and its rank among relabelings."""
        from layerproof.verify.measure.association import association, relabelled

        found = _held_out(parameters, trial)
        actual = association(found.gram, found.label, found.classes)
        rng = generator(trial.derive("relabel"), "orders")
        others = relabelled(found.gram, found.label, found.classes, parameters.relabelings, rng)
        rank = int((others >= actual.covariance).sum())
        return Outcome({"I_1": _quotient(*actual), "above": rank})

    def claim(
        self, parameters: CorrelatedParameters, row: Row, outcomes: Outcomes[Correlation], form: str
    ) -> Claim:
        """How often a random order reached the actual I_1."""
        values = [outcome.values["I_1"] for outcome in outcomes]
        above = [outcome.values["above"] for outcome in outcomes]
        return Frequency(
            failures=sum(count > 0 for count in above),
            trials=len(above),
            delta=parameters.delta,
            worst={
                "mean_I_1": float(np.mean(values)),
                "least_I_1": min(values),
                "p_value": (1 + max(above)) / (1 + parameters.relabelings),
            },
        )


class WithinPatches(TypedDict):
    """Numerator and denominator of I_2."""

    I_2: tuple[float, ...]


class Clean(Check[CleanParameters]):
    """(ii): I_2 averages to 0 within a margin, over fresh grammars, layers and strings."""

    id = "principle-2-ii"
    statement = CLEAN.id
    turned_by = ("label-leak",)
    quantity = "I_2"
    parameters = CleanParameters
    needs_torch = True
    answers = STAGE

    def trial(self, parameters: CleanParameters, trial: Trial) -> Outcome[WithinPatches]:
        """Numerator and denominator of I_2 for one trained learner."""
        from layerproof.verify.measure.association import association_within

        found = _held_out(parameters, trial)
        inside = association_within(found.gram, found.patch, found.label, found.classes)
        return Outcome({"I_2": tuple(inside)})

    def claim(
        self, parameters: CleanParameters, row: Row, outcomes: Outcomes[WithinPatches], form: str
    ) -> Claim:
        """Their ratio of means against 0, with an absolute margin."""
        pairs = np.array([outcome.values["I_2"] for outcome in outcomes])
        if pairs[:, 1].max() < ROUNDING:
            reason = (
                "nothing varies inside a patch: at level L a representation is a function of the"
                " patch, at level 1 the label is; stages 2 to L − 1 of L ≥ 3 can fail"
            )
            measured = float(np.abs(pairs[:, 0]).max())
            return Inequality(measured, "<=", parameters.margin, len(pairs), cannot_fail=reason)
        interval = ratio_interval(pairs[:, 0], pairs[:, 1], 0.95)
        return Equality(interval, 0.0, parameters.margin, trials=len(pairs), absolute=True)


class TaughtLayerParameters(InstanceParameters):
    """Instances whose exact laws are looked at, and the training of the layer beside them."""

    m: int = Field(8, ge=1, description="rules per symbol")
    V: int = Field(16, ge=1, description="vocabulary size")
    multiple: float = Field(1024.0, gt=0, description="N / (n m^l) of the trained layer")


class Identifiable(Check[TaughtLayerParameters]):
    """(iii): ρ (printed) or ρ_rel (repaired) of the exact law; and that ρ > 0 implies (i).

    `trained` in the evidence is the least over the root-mean-square distance of the tokens' mean
    representations by the trained layer of the leaves.
    """

    id = "principle-2-iii"
    statement = IDENTIFIABLE.id
    turned_by = ("ambiguous-rules", "identical-parents", "uncorrelated-rules")
    quantity = "ρ (printed), ρ_rel (repaired), Σ p ‖q − π‖² (implies i)"
    forms = ("printed", "repaired")
    parameters = TaughtLayerParameters
    needs_torch = True

    def rows(self, parameters: TaughtLayerParameters) -> Sequence[Row]:
        """Both for every level from 2 on; at level 1 posteriors are one-hot."""
        levels = range(2, parameters.depth + 1)
        kinds = ("separation", "variance")
        return [{"level": level, "of": kind} for level in levels for kind in kinds]

    def trial(self, parameters: TaughtLayerParameters, trial: Trial) -> Outcome:
        """The exact numbers of one instance."""
        grammar = trial.grammar(parameters)
        kept = 1 - trial.control.label_noise
        values: dict[str, Any] = {}
        for level in range(2, grammar.levels + 1):
            values[str(level)] = _separation(patch_law(grammar, level), kept)
        laws = (patch_law(grammar, level) for level in range(2, grammar.levels + 1))
        premises = non_synonyms(laws) | two_labels(grammar)
        if any(premises.values()):
            return Outcome.without(premises)
        values["trained"] = _trained(grammar, parameters, trial)
        flat = [level for level in range(2, grammar.levels + 1) if not values[str(level)]["rms"]]
        if flat and trial.form == "repaired":
            reason = f"Level {flat[0]}: all patches have one posterior, so ρ_rel is 0/0."
            return Outcome(values, premises | {CORRELATED.id: reason})
        return Outcome(values, premises)

    def claim(
        self, parameters: TaughtLayerParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The least separation over the instances against 0; the variance against its bound."""
        found = at_level(outcomes, row["level"])
        if row["of"] == "variance":
            bounds = [self.formula(form, "least variance")(**_numbers(v)) for v in found]
            slack = [v["variance"] - b for v, b in zip(found, bounds, strict=True)]
            least = int(np.argmin(slack))
            return Inequality(
                found[least]["variance"],
                ">=",
                bounds[least],
                examined=len(found),
                rounding=max(values["rounding"] for values in found),
            )
        name = "rho" if form == "printed" else "relative"
        unknown = next((values["unknown"] for values in found if values["unknown"]), "")
        if unknown and not any(v[name] == 0.0 and not v["unknown"] for v in found):
            return Nothing(f"ρ cannot be told from 0: {unknown}", premise_failed=False)
        least = int(np.argmin([values[name] for values in found]))
        worst = {"rho": found[least]["rho"], "rms": found[least]["rms"]}
        if row["level"] == parameters.depth:
            worst["trained"] = outcomes[least].values["trained"]
        return Inequality(
            found[least][name], self.relation(form), 0.0, examined=len(found), worst=worst
        )


def _held_out(parameters: StageParameters, trial: Trial) -> HeldOut:
    """The stage's held-out strings."""
    from layerproof.verify.measure.held_out import held_out

    grammar = trial.grammar(parameters)
    return held_out(
        grammar,
        practical(grammar, multiple=parameters.multiple * trial.control.samples),
        parameters.level,
        strings=parameters.strings,
        seed=trial.derive("held-out"),
        label_noise=trial.control.label_noise,
        leak=trial.control.leak,
        device=trial.device,
    )


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name != "unknown"}


def _quotient(covariance: float, variance: float) -> float:
    return covariance / variance if variance else 0.0


def _separation(law: PatchLaw, kept: float) -> dict[str, Any]:
    """ρ, rms and what else (iii) needs, of one level, with a share `kept` of the labels.

    Uniform labels in place of the others turn q into 1/n + kept (q − 1/n).
    """
    closest = closest_non_synonyms(law)
    rho = kept * closest.rho
    square = kept**2 * mean_square_separation(law)
    rms = math.sqrt(square) if square > law.rounding**2 else 0.0
    p = law.probability
    mean = law.joint.sum(axis=0)
    first = law.can_come_first
    spread = ((law.posterior[first] - mean) ** 2).sum(axis=1)
    mask = law.parent_mask[first].astype(np.float64)
    synonyms = mask @ mask.T > 0
    return {
        "rho": rho,
        "unknown": closest.unknown,
        "rms": rms,
        "relative": rho / rms if rms else math.nan,
        "variance": kept**2 * float(p[first] @ spread),
        "collision": float(p[first] @ synonyms @ p[first]),
        # Each squared distance is off by twice the distance, at most √2, times its rounding.
        "rounding": 4.0 * law.rounding,
    }


def _trained(grammar: Grammar, parameters: TaughtLayerParameters, trial: Trial) -> float | None:
    """Least over rms distance of the mean representations of level-(L−1) tokens."""
    from layerproof.layerwise.training import train
    from layerproof.verify.measure.representations import represent

    schedule = practical(grammar, multiple=parameters.multiple * trial.control.samples)
    leaves = schedule.down_from(grammar.levels)
    learner = train(grammar, leaves, seed=trial.derive("train"), device=trial.device).learner
    found = represent(learner, grammar, grammar.levels, seed=trial.derive("measure"))
    law = patch_law(grammar, grammar.levels)
    parent = law.parent[found.patch]
    tokens = [found.embedding[parent == token].mean(axis=0) for token in np.unique(parent)]
    distances = scipy.spatial.distance.pdist(np.stack(tokens))
    if not distances.any():
        return None
    return float(distances.min() / math.sqrt(float((distances**2).mean())))


CHECKS = (Correlated(), Clean(), Identifiable())
