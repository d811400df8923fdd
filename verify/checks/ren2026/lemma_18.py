"""Lemma 18: frequencies and empirical posteriors, exactly on a worst case and on drawn grammars."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.assumptions import assumptions
from layerproof.theory.errors import InputError
from layerproof.theory.evaluation import on_arrays
from layerproof.theory.formula import Formula
from layerproof.theory.frequencies import ROUNDING, PatchKind, failure_probability, label_law_within
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.population import PatchLaw, patch_law
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.assumption_6 import ASSUMPTION_6A
from layerproof.theory.statements.ren2026.lemma_18 import LEAST_RATIO
from layerproof.theory.statements.ren2026.lemma_18 import STATEMENT as LEMMA_18
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Outcomes,
    Parameters,
    Row,
    Trial,
    at_level,
)
from layerproof.verify.checks.edges import uncounted
from layerproof.verify.checks.premises import Answers, Given, Instance, OnGrammar, OnParameters
from layerproof.verify.verdicts.claims import Frequency, Inequality

PARTS = ("frequency", "law", "both")
"""What is judged: the bound on p̂, the bound on q̂, the event that both hold for all patches."""


FREE = (1, "law")
"""At level 1 the patch gives the label away: q̂ = q."""


NEVER_OUTSIDE = "the bound exceeds every possible deviation at this N"


class RarePatchParameters(Parameters):
    """|P_l| patches, all but one as rare as κ allows; every one has q = (½, ½).

    κ = 1 makes them equally likely.
    """

    patches: int = Field(16, ge=2, description="|P_l|")
    kappa: float = Field(1.0, ge=1, description="non-degeneracy constant")
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability")
    samples: int | None = Field(None, ge=1, description="N; as below by default")
    multiple: float = Field(1.0, gt=0, description="N over 8 κ |P_l| log(4|P_l|/δ)")

    @property
    def masses(self) -> tuple[tuple[float, int], ...]:
        """(p, how many patches have it)."""
        rare = 1.0 / (self.kappa * self.patches)
        if self.kappa == 1.0:
            return ((rare, self.patches),)
        return ((rare, self.patches - 1), (1.0 - rare * (self.patches - 1), 1))

    @property
    def sizes(self) -> dict[str, Any]:
        """What the formulas need, N aside."""
        return {"patches": self.patches, "kappa": self.kappa, "delta": self.delta}


class _Bounds:
    """The bounds of one form, at one N among `values`."""

    def __init__(self, check: Check[Any], form: str, values: Mapping[str, Any]) -> None:
        if form == "repaired" and values["patches"] < LEAST_RATIO * values["delta"]:
            allowed = f"at most |P_l|/{LEAST_RATIO}"
            raise InputError("delta", values["delta"], allowed)
        self._formula: Callable[[str], Formula] = partial(check.formula, form)
        self._values = dict(values)
        self._repaired = form == "repaired"

    def deviation(self, ratio: Floats) -> Floats:
        """How far p̂/p lies from 1, over the bound on that side."""
        above = float(on_arrays(self._formula("above"), **self._values))
        below = float(on_arrays(self._formula("below"), **self._values))
        return np.maximum((ratio - 1.0) / above, (1.0 - ratio) / below)

    def law_error(self, frequency: Floats) -> Floats:
        """The bound on ‖q̂ − q‖ of patches with these positive p̂."""
        bound = on_arrays(self._formula("law"), frequency=frequency, **self._values)
        if self._repaired and self._values["N"] >= self._formula("N")(**self._values):
            uniform = on_arrays(self._formula("uniform law"), **self._values)
            bound = np.minimum(bound, uniform)
        return np.broadcast_to(bound, frequency.shape)


def _small_delta(instance: Instance) -> str:
    """Whether |P_l|/δ is as large as the repaired form asks for, at the level of fewest patches."""
    found, delta = instance.parameters, instance.parameters.delta
    exact = isinstance(found, RarePatchParameters)
    patches = found.patches if exact else min(p.patches for p in instance.report.levels)
    if instance.form == "printed" or patches >= LEAST_RATIO * delta:
        return ""
    return f"|P_l|/δ is {patches / delta:.3g}, the repaired form asks for {LEAST_RATIO:g}"


def threshold(check: Check[Any], values: Mapping[str, Any], multiple: float) -> int:
    """N as a multiple of the sample size from which the repaired form bounds every q̂ alike."""
    return math.ceil(multiple * check.formula("repaired", "N")(**values))


class RarePatchFailures(TypedDict):
    """By part, the failure probability and whether it cannot fail, at N samples."""

    failure: dict[str, float]
    sure: dict[str, bool]
    N: int


class ConcentrationExactly(Check[RarePatchParameters]):
    """Lemma 18's failure probability itself: counts are multinomial, labels binomial given counts.

    A patch that was never seen has no q̂, and does not count against the bound on it.
    """

    id = "lemma-18-exact"
    statement = LEMMA_18.id
    quantity = "P[some patch is outside its bound]"
    forms = ("printed", "repaired")
    parameters = RarePatchParameters
    answers: ClassVar[Answers] = {
        ASSUMPTION_6A.id: Given("the rarest patch has probability 1/(κ|P_l|)"),
        "R26.lemma-18/ratio": OnParameters(_small_delta),
    }

    def rows(self, parameters: RarePatchParameters) -> Sequence[Row]:
        """The bound on p̂, the bound on q̂, and both."""
        return [{"part": part} for part in PARTS]

    def trial(self, parameters: RarePatchParameters, trial: Trial) -> Outcome[RarePatchFailures]:
        """The failure probability of every part."""
        sizes = parameters.sizes
        N = parameters.samples or threshold(self, sizes, parameters.multiple)
        bounds = _Bounds(self, trial.form, sizes | {"N": N})
        events = {part: _events(parameters, bounds, N, part) for part in PARTS}
        found = {part: min(1.0, failure_probability(N, kinds)) for part, kinds in events.items()}
        whole = np.arange(N + 1, dtype=np.float64)
        sure = {
            part: all(bool((kind.good(whole) == 1.0).all()) for kind in kinds)
            for part, kinds in events.items()
        }
        return Outcome({"failure": found, "sure": sure, "N": N})

    def claim(
        self,
        parameters: RarePatchParameters,
        row: Row,
        outcomes: Outcomes[RarePatchFailures],
        form: str,
    ) -> Inequality:
        """The failure probability against δ."""
        found, part = outcomes[0].values, row["part"]
        return Inequality(
            found["failure"][part],
            "<=",
            parameters.delta,
            examined=1,
            rounding=ROUNDING,
            cannot_fail=NEVER_OUTSIDE if found["sure"][part] else "",
            worst={"N": found["N"], "p_min": parameters.masses[0][0], "q": [0.5, 0.5]},
        )


def _events(parameters: RarePatchParameters, bounds: _Bounds, N: int, part: str) -> list[PatchKind]:
    def good(mass: float) -> Callable[[Floats], Floats]:
        def frequency(counts: Floats) -> Floats:
            inside: Floats = (bounds.deviation(counts / (N * mass)) <= 1.0).astype(np.float64)
            return inside

        def law(counts: Floats) -> Floats:
            radius = bounds.law_error(np.maximum(counts, 1.0) / N)
            return np.nan_to_num(label_law_within(counts, 0.5, radius), nan=1.0)

        def both(counts: Floats) -> Floats:
            joint: Floats = frequency(counts) * law(counts)
            return joint

        return {"frequency": frequency, "law": law, "both": both}[part]

    return [PatchKind(mass, number, good(mass)) for mass, number in parameters.masses]


class GrammarParameters(InstanceParameters):
    """A grammar, and how many strings are drawn from it."""

    m: int = Field(4, ge=2, description="rules per symbol")
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability")
    multiple: float = Field(1.0, gt=0, description="N over 8 κ |P_l| log(4|P_l|/δ)")


class ConcentrationOnGrammars(Check[GrammarParameters]):
    """Lemma 18 on the first patches of drawn grammars: counts are drawn from their exact law."""

    id = "lemma-18"
    statement = LEMMA_18.id
    turned_by = ("dead-symbol",)
    quantity = "P[some patch is outside its bound]"
    forms = ("printed", "repaired")
    parameters = GrammarParameters
    answers: ClassVar[Answers] = {"R26.lemma-18/ratio": OnGrammar(_small_delta)}

    def rows(self, parameters: GrammarParameters) -> Sequence[Row]:
        """Level by level; at level 1 the label is known, q̂ = q, and only p̂ can fail."""
        levels = range(1, 1 + parameters.depth)
        pairs = ((level, part) for level in levels for part in PARTS[:2])
        return [{"level": level, "part": part} for level, part in pairs if (level, part) != FREE]

    def trial(self, parameters: GrammarParameters, trial: Trial) -> Outcome:
        """The worst ratio to the bound, of every part at every level."""
        grammar = trial.grammar(parameters)
        report = assumptions(grammar)
        found: dict[str, Any] = {}
        for level in report.levels:
            sizes = {
                "patches": level.patches,
                "kappa": level.kappa,
                "delta": parameters.delta,
            }
            N = threshold(self, sizes, parameters.multiple)
            if many := uncounted(level.level, N):
                return Outcome.without({"R26.lemma-18": many})
            bounds = _Bounds(self, trial.form, sizes | {"N": N})
            rng = generator(trial.derive("counts", level.level))
            law = patch_law(grammar, level.level)
            outside, sure = _outside(law, bounds, N, rng), _sure(law, bounds)
            found[str(level.level)] = outside | {"sure": sure, "N": N}
        return Outcome(found)

    def claim(
        self, parameters: GrammarParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Frequency:
        """In how many trials some patch is outside, against δ."""
        part = row["part"]
        trials = at_level(outcomes, row["level"])
        worst = max(trials, key=lambda found: float(found[part]["ratio"]))
        return Frequency(
            sum(found[part]["ratio"] > 1.0 for found in trials),
            len(trials),
            parameters.delta,
            cannot_fail=NEVER_OUTSIDE if all(found["sure"][part] for found in trials) else "",
            worst={"N": worst["N"], **worst[part]},
        )


def _outside(
    law: PatchLaw, bounds: _Bounds, N: int, rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """Part → the patch that is furthest outside, and by which ratio."""
    counts = rng.multinomial(N, (law.joint / law.joint.sum()).ravel()).reshape(law.joint.shape)
    seen = counts.sum(axis=1)
    read = np.flatnonzero(seen)
    ratio = seen / (N * law.probability)
    error = np.linalg.norm(counts[read] / seen[read, None] - law.posterior[read], axis=1)
    deviation = bounds.deviation(ratio)
    relative = error / bounds.law_error(seen[read] / N)
    far, wrong = int(deviation.argmax()), int(relative.argmax())
    return {
        "frequency": {
            "ratio": float(deviation[far]),
            "patch": list(law.tokens(far)),
            "p̂/p": float(ratio[far]),
        },
        "law": {
            "ratio": float(relative[wrong]),
            "patch": list(law.tokens(int(read[wrong]))),
            "‖q̂ − q‖": float(error[wrong]),
            "strings": int(seen[read[wrong]]),
        },
    }


def _sure(law: PatchLaw, bounds: _Bounds) -> dict[str, bool]:
    """Part → whether no sample is outside: not even one that shows a single patch and label.

    Both bounds are then at their narrowest, or p̂ is 0 for the other patches.
    """
    p, q = law.probability[law.can_come_first], law.posterior[law.can_come_first]
    ratios = np.concatenate([np.zeros(1), 1.0 / p])
    # ‖e_ζ − q‖² = 1 − 2 q_ζ + ‖q‖², over labels that the patch can come with.
    squares = 1.0 - 2.0 * q + (q**2).sum(axis=1, keepdims=True)
    furthest = math.sqrt(float(squares.max(where=q > 0.0, initial=0.0)))
    return {
        "frequency": bool((bounds.deviation(ratios) <= 1.0).all()),
        "law": furthest <= float(bounds.law_error(np.ones(1))[0]),
    }


CHECKS = (ConcentrationExactly(), ConcentrationOnGrammars())
