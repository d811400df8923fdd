"""What weight sharing over all patches of a string gains over the first patch alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.theory.randomness import generator
from layerproof.theory.schedule import practical
from layerproof.theory.statements.derived.weight_sharing import STATEMENT as WEIGHT_SHARING
from layerproof.theory.weight_sharing import SharedMoments, first_moments, shared_moments
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial, at_level
from layerproof.verify.checks.edges import non_synonyms, synonyms
from layerproof.verify.checks.premises import Answers, Instance, OnParameters, drawn_from
from layerproof.verify.statistics import Interval, fixed_interval, ratio_interval
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Claim, Equality, Nothing

AGREE = "the rules do not change under exchange of children; the gain of 1 is a random grammar's"

Which = Literal["first", "all"]
Floats = NDArray[np.float64]


class SharingParameters(InstanceParameters):
    """Instances, and the strings that the leaf stage is given."""

    V: int = Field(32, ge=2)
    m: int = Field(8, ge=1)
    exchangeable: bool = Field(
        False, description="rules closed under cyclic exchange of children, so positions agree"
    )
    ratios: tuple[float, ...] = Field((4.0, 16.0), description="N in units of n m^L")
    margin: float = Field(0.1, gt=0, description="relative margin of the equivalence test")

    @model_validator(mode="after")
    def _orbits(self) -> SharingParameters:
        if self.exchangeable and self.m % self.s:
            raise ValueError(f"m = {self.m} must be a multiple of s = {self.s} if exchangeable")
        if self.exchangeable and self.V * self.m // self.s > (self.V**self.s - self.V) // self.s:
            raise ValueError("V m patches without equal children must exist if exchangeable")
        return self


def exchangeable_grammar(V: int, m: int, s: int, L: int, seed: int) -> Grammar:
    """A (V, m)-uniform, non-ambiguous grammar whose rules stay the same under cyclic exchange.

    Each symbol has m/s orbits of s-tuples; orbits with fewer than s members are not used. All
    positions then have one q.
    """
    rng = generator(seed, "exchangeable")
    levels = []
    for _ in range(L):
        orbits: dict[tuple[int, ...], None] = {}
        while len(orbits) < V * m // s:
            word = tuple(int(token) for token in rng.integers(0, V, s))
            turns = [word[k:] + word[:k] for k in range(s)]
            if len(set(turns)) == s:
                orbits[min(turns)] = None
        dealt = list(orbits)
        patches = [[w[k:] + w[:k] for w in dealt[i::V] for k in range(s)] for i in range(V)]
        levels.append(tuple(np.array(rules) for rules in patches))
    return Grammar((V,) * (L + 1), tuple(levels))


_DRAWN = drawn_from("uniform-first-token")


def _random_or_exchangeable(instance: Instance) -> str:
    return "" if instance.parameters.exchangeable else _DRAWN.why(instance)


class WeightSharing(Check[SharingParameters]):
    """Gain of sharing, exact on every grammar; and the leaf stage's sensitivity, trained with it.

    As printed, N_× of first patches over the gain is the crossover; as repaired, it is N̄_× of the
    mean law over positions.
    """

    id = "weight-sharing"
    statement = WEIGHT_SHARING.id
    turned_by = ("ambiguous-rules",)
    quantity = "gain, S(N)"
    forms = ("printed", "repaired")
    parameters = SharingParameters
    needs_torch = True
    forms_share_trials = True
    about_ensemble = True
    answers: ClassVar[Answers] = {
        "ensemble.uniform-first-token": OnParameters(_random_or_exchangeable)
    }

    def rows(self, parameters: SharingParameters) -> Sequence[Row]:
        """The gain at every level but the first, which has one patch; S at the leaves."""
        gains = [{"of": "gain", "level": level} for level in range(2, parameters.depth + 1)]
        curve = [{"of": "S", "level": parameters.depth, "ratio": r} for r in parameters.ratios]
        return [*gains, *curve]

    def trial(self, parameters: SharingParameters, trial: Trial) -> Outcome:
        """Exact moments at every level; the leaf stage trained on first patches and on all."""
        grammar = self.instance(parameters, trial)
        premises = synonyms(grammar)
        if not any(premises.values()):
            premises |= non_synonyms(patch_law(grammar, l) for l in range(1, grammar.levels + 1))
            premises["two levels"] = "" if grammar.levels > 1 else "Level 1 has one patch a string."
        if any(premises.values()):
            return Outcome.without(premises)
        values: dict[str, tuple[float, ...]] = {}
        for level in range(2, grammar.levels + 1):
            moments = first_moments(grammar, level), shared_moments(grammar, level)
            values[f"{level}"] = tuple(value for pair in moments for value in pair)
        for ratio in parameters.ratios:
            first, shared = (_measure(grammar, ratio, which, trial) for which in ("first", "all"))
            values[_trained_at(ratio)] = (*first, *shared)
        return Outcome(values, premises)

    def instance(self, parameters: SharingParameters, trial: Trial) -> Grammar:
        """An exchangeable grammar where one is asked for."""
        if not parameters.exchangeable:
            return trial.grammar(parameters)
        sizes = parameters.V, parameters.m, parameters.s, parameters.L
        found = exchangeable_grammar(*sizes, seed=trial.derive("grammar"))
        return trial.control.grammar(found, trial.derive("control"))

    def claim(
        self, parameters: SharingParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """Ratios of means over grammars against the form's prediction."""
        level = row["level"]
        if row["of"] == "gain" and form == "repaired" and parameters.exchangeable:
            return Nothing(AGREE, premise_failed=True)
        if row["of"] == "gain":
            found = _moments(outcomes, level)
            # N_×/N̄_× = (spread/Δ²) / (spread'/Δ'²), over grammars with means of each
            first, shared = _mean(found[:, :2]), _mean(found[:, 2:])
            # the interval is that of ⟨Δ̄²⟩/⟨Δ²⟩; the noise has next to no spread
            noise = first.spread / shared.spread
            interval = ratio_interval(found[:, 3] * noise, found[:, 1], 0.95)
            if parameters.exchangeable:  # one q at all positions: Δ̄²/Δ² is 1 on every grammar
                interval = fixed_interval(found[:, 3] * noise / found[:, 1], 0.95)
            predicted = self.formula(form, "gain")(s=parameters.s, l=level)
            return Equality(interval, predicted, parameters.margin, trials=len(found))
        interval = _sensitivity(outcomes, row["ratio"], "all")
        predicted = self._predicted(parameters, row["ratio"], outcomes, form)
        return Equality(interval, predicted, parameters.margin, trials=len(outcomes))

    def _predicted(
        self, parameters: SharingParameters, ratio: float, outcomes: Sequence[Outcome], form: str
    ) -> float:
        found = _moments(outcomes, parameters.depth)
        first, shared = _mean(found[:, :2]), _mean(found[:, 2:])
        crossover = shared.crossover
        if form == "printed":
            gain = self.formula(form, "gain")(s=parameters.s, l=parameters.depth)
            crossover = first.crossover / gain
        N = _strings(ratio, parameters)
        return float(self.formula(form, "sensitivity")(N=N, crossover=crossover))

    def pictures(
        self, parameters: SharingParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """Beside the first point of the curve: S over N, first patches and all."""
        if row != {"of": "S", "level": parameters.depth, "ratio": parameters.ratios[0]}:
            return ()
        x = [float(_strings(ratio, parameters)) for ratio in parameters.ratios]
        names: dict[Which, str] = {"first": "first patches", "all": "all patches"}
        series = [_series(names[w], x, outcomes, parameters.ratios, w) for w in names]
        lines = ("repaired", "all, predicted from N̄_×"), ("printed", "all, if positions agreed")
        for form_of, name in lines:
            y = [self._predicted(parameters, r, outcomes, form_of) for r in parameters.ratios]
            series.append(Series(name, x, y, role="predicted", group="all"))
        return (
            Chart(
                "Sharing weights over all patches",
                "The marks lie together where sharing gains nothing, and apart by the gain where it"
                " does. N̄_× is the crossover of the mean law over positions.",
                Axis("N (strings)", "log"),
                Axis("synonym sensitivity of the leaf stage", "log"),
                series,
            ),
        )


def _strings(ratio: float, parameters: SharingParameters) -> int:
    size = float(parameters.classes or parameters.V) * float(parameters.m) ** parameters.L
    return math.ceil(ratio * size)


def _measure(grammar: Grammar, ratio: float, which: Which, trial: Trial) -> tuple[float, float]:
    """Mean squared distances of synonyms and of others after the leaf stage alone."""
    from layerproof.layerwise.training import train
    from layerproof.verify.measure.invariance import synonym_mean_squares

    level, m = grammar.levels, grammar.rules_per_symbol or 1
    N = max(1, math.ceil(ratio * grammar.classes * m**level * trial.control.samples))
    schedule = practical(grammar, samples_per_level=[N] * level).down_from(level)
    seed = trial.derive("train", f"{ratio:g}", which)
    learner = train(grammar, schedule, seed=seed, device=trial.device, patches=which).learner
    law = patch_law(grammar, level, None if which == "all" else 0)
    seed = trial.derive("measure")
    return synonym_mean_squares(learner, grammar, level, seed=seed, law=law)


def _moments(outcomes: Sequence[Outcome], level: int) -> Floats:
    return np.array(at_level(outcomes, level))


def _mean(found: Floats) -> SharedMoments:
    return SharedMoments(*found.mean(axis=0).tolist())


def _sensitivity(outcomes: Sequence[Outcome], ratio: float, which: Which) -> Interval:
    found = np.array([outcome.values[_trained_at(ratio)] for outcome in outcomes])
    pair = found[:, :2] if which == "first" else found[:, 2:]
    return ratio_interval(pair[:, 0], pair[:, 1], 0.95)


def _series(
    name: str, x: list[float], outcomes: Sequence[Outcome], ratios: Sequence[float], which: Which
) -> Series:
    found = [_sensitivity(outcomes, ratio, which) for ratio in ratios]
    low, high = [i.low for i in found], [i.high for i in found]
    return Series(name, x, [i.estimate for i in found], low, high, group=which)


def _trained_at(ratio: float) -> str:
    """Where a trial keeps what was trained at a ratio."""
    return f"S@{ratio:g}"


CHECKS = (WeightSharing(),)
