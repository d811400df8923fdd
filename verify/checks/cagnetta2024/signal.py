"""C24's signal-to-noise argument: how strongly leaves and labels go together, and when it shows.

All numbers are of the joint law J_μζ = P[μ, ζ] of what is seen at the leaves and the label,
centred: J_μ − p_μ/n. Relative variances are |P| n Σ_μ ‖·‖², |P| the number of values of μ. Tuples
that never occur contribute nothing, so that instances with infinite κ count as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from theory.grammar import Grammar
from theory.population import first_token_law, mean_square_separation, patch_law
from theory.predictions import THRESHOLD
from verify.checks.base import Check, Outcome, Row, Trial
from verify.checks.edges import non_synonyms, two_labels
from verify.checks.ensemble_laws import EnsembleParameters
from verify.claims import Equality
from verify.statistics import bounded_mean_interval, mean_interval, ratio_interval

Floats = NDArray[np.float64]


class UniformParameters(EnsembleParameters):
    """C24's ensemble in place of R26's."""

    ensemble: str = "uniform"


class JointLaw(Check[UniformParameters]):
    """The one-step factor of the uniform ensemble, for the separation and for the joint law.

    The printed form speaks of ‖q − q'‖², over patches that can come first, the repaired one of
    Σ_ν p_ν² ‖q_ν − 1/n‖² over their parents ν.
    """

    id = "joint-law"
    statement = "derived.joint-law"
    about_ensemble = True
    quantity = "E‖q − q'‖² (printed), E Σ p² ‖q − 1/n‖² (repaired)"
    forms = ("printed", "repaired")
    parameters = UniformParameters

    def rows(self, parameters: UniformParameters) -> Sequence[Row]:
        """One row a level; at level 1 nothing is random."""
        return [{"level": level} for level in range(2, parameters.depth + 1)]

    def trial(self, parameters: UniformParameters, trial: Trial) -> Outcome:
        """The number of the form, of one draw, level by level.

        The joint law is one of every draw: leaving out those on which non-synonyms have no
        separation would leave another ensemble.
        """
        grammar = trial.grammar(parameters)
        levels = range(2, grammar.levels + 1)
        premises = two_labels(grammar)
        if trial.form == "printed":
            premises |= non_synonyms(patch_law(grammar, level) for level in levels)
        if any(premises.values()):
            return Outcome({}, premises)
        return Outcome(
            {str(level): _number(grammar, level, trial.form) for level in levels}, premises
        )

    def claim(
        self, parameters: UniformParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        name = "separation" if form == "printed" else "deviation"
        found = [outcome.values[str(row["level"])] for outcome in outcomes]
        predicted = self.formula(form, name)(l=row["level"], **parameters.sizes)
        # ‖q − q'‖² ≤ 2, and Σ p² ‖q − 1/n‖² ≤ 1.
        sure = bounded_mean_interval(found, 0.95, (0.0, 2.0 if form == "printed" else 1.0))
        nominal = mean_interval(found, 0.95)
        return Equality(nominal, predicted, parameters.margin, len(found), guaranteed=sure)


def _number(grammar: Grammar, level: int, form: str) -> float:
    if form == "printed":
        return mean_square_separation(patch_law(grammar, level))
    return float((centred(token_joint(grammar, level - 1)) ** 2).sum())


class SignalParameters(UniformParameters):
    """What is seen at the leaves: the first s-tuple, or its first symbol alone."""

    seen: Literal["tuple", "symbol"] = Field("tuple", description="what is seen at the leaves")


class Signal(Check[SignalParameters]):
    """The exact relative variance of each draw's joint law, averaged over draws."""

    id = "c24-signal"
    statement = "C24.signal"
    about_ensemble = True
    quantity = "relative variance of P(label | leaves), weighted by p²"
    forms = ("printed", "repaired")
    parameters = SignalParameters

    def trial(self, parameters: SignalParameters, trial: Trial) -> Outcome:
        """The signal of one draw."""
        grammar = trial.grammar(parameters)
        joint = leaf_joint(grammar, parameters.seen)
        return Outcome({"signal": relative_variance(centred(joint))}, two_labels(grammar))

    def claim(
        self, parameters: SignalParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against the formula."""
        found = [outcome.values["signal"] for outcome in outcomes]
        predicted = self.formula(form, parameters.seen)(**parameters.sizes)
        return Equality(mean_interval(found, 0.95), predicted, parameters.margin, len(found))


class NoiseParameters(SignalParameters):
    """And how many samples are drawn."""

    multiple: float = Field(1.0, gt=0, description="P / (n m^L)")

    @property
    def samples(self) -> int:
        """P."""
        threshold = THRESHOLD.integer(**self.sizes)
        return max(1, round(self.multiple * threshold))


class Noise(Check[NoiseParameters]):
    """The relative variance of the empirical joint law, from counts drawn directly."""

    id = "c24-noise"
    statement = "C24.noise"
    about_ensemble = True
    quantity = "relative variance of the empirical P(label | leaves)"
    forms = ("printed", "repaired")
    parameters = NoiseParameters

    def trial(self, parameters: NoiseParameters, trial: Trial) -> Outcome:
        """Signal and noise of one draw."""
        grammar = trial.grammar(parameters)
        joint = leaf_joint(grammar, parameters.seen)
        found = signal_and_noise(joint, parameters.samples, trial)
        return Outcome(found, two_labels(grammar))

    def claim(
        self, parameters: NoiseParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against that of the formula at each draw's signal."""
        found = [outcome.values["noise"] for outcome in outcomes]
        formula = self.formula(form, parameters.seen)
        sizes = parameters.sizes | {"N": parameters.samples}
        predicted = [formula(signal=outcome.values["signal"], **sizes) for outcome in outcomes]
        # As a ratio of means, so that the sampling error of the predictions counts too.
        mean = float(np.mean(predicted))
        interval = ratio_interval(found, predicted, 0.95).scaled(mean)
        return Equality(interval, mean, parameters.margin, len(found))


class Threshold(Check[UniformParameters]):
    """Noise over signal of leaf tuples at the threshold, which is where they meet."""

    id = "c24-threshold"
    statement = "C24.threshold"
    about_ensemble = True
    quantity = "noise / signal of leaf tuples at P*"
    forms = ("printed", "repaired")
    parameters = UniformParameters

    def trial(self, parameters: UniformParameters, trial: Trial) -> Outcome:
        """Signal and noise of one draw of the grammar and of P* samples."""
        grammar = trial.grammar(parameters)
        premises = two_labels(grammar)
        if any(premises.values()):
            return Outcome({}, premises)
        threshold = self.formula(trial.form, "threshold")(**parameters.sizes)
        found = signal_and_noise(leaf_joint(grammar, "tuple"), max(1, round(threshold)), trial)
        return Outcome(found, premises)

    def claim(
        self, parameters: UniformParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """Their ratio of means against 1."""
        noise = [outcome.values["noise"] for outcome in outcomes]
        signal = [outcome.values["signal"] for outcome in outcomes]
        interval = ratio_interval(noise, signal, 0.95)
        return Equality(interval, 1.0, parameters.margin, trials=len(outcomes))


def token_joint(grammar: Grammar, level: int) -> Floats:
    """P[first level-`level` token = ν, label = ζ], (V_level, n)."""
    joint: Floats = (grammar.label_prior[:, None] * first_token_law(grammar, level)).T
    return joint


def leaf_joint(grammar: Grammar, seen: str) -> Floats:
    """P[μ, label = ζ] for the first leaf tuple or the first leaf, (values of μ, n)."""
    if seen == "symbol":
        return token_joint(grammar, grammar.levels)
    return patch_law(grammar, grammar.levels).joint


def centred(joint: Floats) -> Floats:
    """J_μ − p_μ/n, for uniform labels."""
    return np.asarray(joint - joint.mean(axis=1, keepdims=True))


def relative_variance(deviation: Floats) -> float:
    """|P| n Σ ‖deviation_μ‖², (|P|, n)."""
    return float(deviation.size * (deviation**2).sum())


def signal_and_noise(joint: Floats, samples: int, trial: Trial) -> dict[str, float]:
    """The exact signal, and the squared deviation of one empirical law from it."""
    rng = np.random.default_rng(trial.derive("counts"))
    drawn = max(1, round(samples * trial.control.samples))
    counts = rng.multinomial(drawn, joint.ravel() / joint.sum()).reshape(joint.shape)
    deviation = centred(counts / drawn) - centred(joint)
    return {"signal": relative_variance(centred(joint)), "noise": relative_variance(deviation)}


CHECKS = (JointLaw(), Signal(), Noise(), Threshold())
