"""What depth buys: thresholds of deep and of shallow learners on the same strings, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from layerproof.layerwise.walk import Walk
from layerproof.theory.formula import Formula
from layerproof.theory.statements.ren2026.depth_separation import STATEMENT as SEPARATION
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.depth_charts import error_chart, threshold_chart
from layerproof.verify.checks.depth_runs import GrammarFits, best_known, bounds, threshold_of
from layerproof.verify.checks.edges import strings_over_scale
from layerproof.verify.checks.premises import LEARNABLE, Answers, Given, Instance, OnParameters
from layerproof.verify.checks.threshold_runs import learnable
from layerproof.verify.statistics import ThinEvidence, mean_interval
from layerproof.verify.statistics.thresholds import RATIO
from layerproof.verify.verdicts.charts import Picture
from layerproof.verify.verdicts.claims import Claim, Inequality, Nothing

if TYPE_CHECKING:
    from layerproof.layerwise.baselines import Baseline


def _learners(depth: str) -> Mapping[str, Baseline]:
    """The baselines of this depth by name. Torch comes with them: not before one is looked at."""
    from layerproof.layerwise.baselines import BASELINES

    return {name: found for name, found in BASELINES.items() if found.depth == depth}


def _shipped(depth: str) -> tuple[str, ...]:
    """Without those of other packages, which are compared where a suite names them."""
    from layerproof.layerwise.baselines import BASELINES

    return tuple(name for name in _learners(depth) if name in BASELINES.own)


def _most_kernel_strings() -> int:
    from layerproof.layerwise.baselines.ridge import MOST_STRINGS

    return MOST_STRINGS


class DepthParameters(InstanceParameters):
    """One grammar for each number of levels, the learners on it, and how far they are tried."""

    V: int = Field(8, ge=2)
    m: int = Field(5, ge=2)
    levels: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (2, 3), min_length=1, description="numbers of levels L"
    )
    deep: tuple[str, ...] = Field(default_factory=lambda: _shipped("deep"), min_length=1)
    shallow: tuple[str, ...] = Field(("two-layer", "kernel ridge, NTK"), min_length=1)
    compared: tuple[str, ...] = Field(
        ("two-layer",), min_length=1, description="shallow learners with rows of their own"
    )
    against: tuple[str, ...] = Field(
        ("convolutional",), min_length=1, description="deep learners that they are compared with"
    )
    factor: float = Field(10.0, gt=0, description="the ratio asked for at the largest L")
    spread: float = Field(
        2.0, gt=1, description="factor by which a deep N*/(n m^L) may move over the levels"
    )
    reach: float = Field(40.0, gt=0, description="largest N/(n m^L) of a shallow learner")
    kernel_strings: int = Field(
        default_factory=_most_kernel_strings,
        ge=1,
        description="largest N of kernel ridge regression",
    )
    step: float = Field(RATIO, gt=1, description="ratio of neighbouring sizes")
    strings: int = Field(2000, ge=100, description="test strings, none of them trained on")

    @field_validator("deep", "shallow")
    @classmethod
    def _known(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = _learners(str(info.field_name))
        for name in names:
            if name not in known:
                raise ValueError(f"{name!r} is none of {', '.join(known)}")
        return names

    @model_validator(mode="after")
    def _compared_learners_run(self) -> DepthParameters:
        for field, ran in (("compared", self.shallow), ("against", self.deep)):
            for name in getattr(self, field):
                if name not in ran:
                    raise ValueError(f"{field}: {name!r} is none of {', '.join(ran)}")
        return self

    def at(self, L: int) -> InstanceParameters:
        """The instance with L levels."""
        own = set(type(self).model_fields) - set(InstanceParameters.model_fields)
        return InstanceParameters.model_validate(self.model_dump(exclude=own) | {"L": L})

    def sizes(self, L: int) -> dict[str, int]:
        """The letters of the formulas."""
        return {"V": self.V, "m": self.m, "s": self.s, "n": self.classes or self.V, "L": L}

    def room(self, deep: str, L: int) -> float:
        """How many times the sample at which the walk of a deep learner begins P_max is."""
        strings = strings_over_scale(self.m, self.s, L)
        return strings / _learners("deep")[deep].walk.first(1.0, strings)


def _room(instance: Instance) -> str:
    """Why no shallow learner can need `factor` times the strings of a deep one."""
    found = instance.parameters
    top = max(found.levels)
    for deep in found.against:
        if (room := found.room(deep, top)) < found.factor:
            return (
                f"at L = {top} all strings are {room:g} times the sample that the {deep} learner"
                f" is first tried with; no ratio of {found.factor:g} is to be expected"
            )
    return ""


class DepthSeparation(Check[DepthParameters]):
    """The threshold of a shallow learner over that of a deep one, on every grammar examined.

    A threshold is where the falling fit of the test error over a grid of N crosses a tenth of
    chance (:mod:`layerproof.verify.statistics.thresholds`). N counts distinct strings, all stages
    together. A learner that fails at its largest N has a lower bound, and no threshold is above
    P_max: ratio and growth then lie between bounds, and are undecided where these lie on both sides
    of what is asked. All is about learners as they are trained: where the steps of a network ran
    out before its loss was low, the evidence says so.
    """

    id = "depth-separation"
    statement = SEPARATION.id
    turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents")
    quantity = "N* of shallow over N* of deep learners"
    parameters = DepthParameters
    needs_torch = True
    about_ensemble = True
    answers: ClassVar[Answers] = {
        **LEARNABLE,
        "R26.depth-separation/strings": Given("one pool of strings, and one level of the error"),
        "R26.depth-separation/sizes": OnParameters(_room),
        "R26.depth-separation/learners": Given("as trained: the evidence says where steps ran out"),
    }

    def rows(self, parameters: DepthParameters) -> Sequence[Row]:
        """The ratio at the largest L, for each pair, and its growth over the levels."""
        top = max(parameters.levels)
        pairs = [
            {"shallow": shallow, "deep": deep}
            for shallow in parameters.compared
            for deep in parameters.deep
        ]
        ratios = [pair | {"L": top} for pair in pairs if pair["deep"] in parameters.against]
        if len(parameters.levels) == 1:
            return ratios
        claimed = {name: found.claimed for name, found in _learners("deep").items()}
        growth = [pair | {"part": "growth"} for pair in pairs if "growth" in claimed[pair["deep"]]]
        scale = [name for name in parameters.deep if "n m^L" in claimed[name]]
        return [*ratios, *growth, *({"deep": name, "part": "n m^L"} for name in scale)]

    def trial(self, parameters: DepthParameters, trial: Trial) -> Outcome:
        """Every learner's threshold on one grammar of every number of levels."""
        values: dict[str, Any] = {}
        for L in parameters.levels:
            grammar, premises = learnable(parameters.at(L), trial)
            if any(premises.values()):
                return Outcome.without(premises)
            sizes = parameters.sizes(L)
            ends = self._formula("deep")(**sizes), self._formula("all")(**sizes)
            most = Walk(reach=parameters.reach).largest(*ends)
            search = GrammarFits.of(grammar, trial, most, parameters.strings)
            values[str(L)] = {
                learner.name: threshold_of(
                    search, learner, start=walk.first(*ends), most=walk.largest(*ends),
                    step=parameters.step,
                )
                for learner, walk in _walks(parameters)
            }  # fmt: skip
        return Outcome(values, premises)

    def claim(
        self, parameters: DepthParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The least ratio, or the least growth, over the grammars."""
        top, bottom = max(parameters.levels), min(parameters.levels)
        if row.get("part") == "n m^L":
            return self._proportion(parameters, row["deep"], outcomes)
        at_top = [self._bounds(parameters, outcome, row, top) for outcome in outcomes]
        evidence = _evidence(outcomes, row, top) | {
            "P_max/(n m^L)": self._formula("ratio")(**parameters.sizes(top))
        }
        asked, ratios = parameters.factor, at_top
        if "part" in row:
            below = [self._bounds(parameters, outcome, row, bottom) for outcome in outcomes]
            asked, ratios = 1.0, [_over(*both) for both in zip(at_top, below, strict=True)]
        low, high = (min(ends) for ends in zip(*ratios, strict=True))
        return Inequality(low, ">", asked, len(outcomes), worst=evidence, between=(low, high))

    def _proportion(
        self, parameters: DepthParameters, deep: str, outcomes: Sequence[Outcome]
    ) -> Claim:
        """How far N*/(n m^L) moves from the least L to the largest, on the worst grammar.

        Nothing is said where all strings of the least L are too few to show that scale.
        """
        ends = min(parameters.levels), max(parameters.levels)
        if (room := parameters.room(deep, ends[0])) < parameters.spread:
            reason = (
                f"at L = {ends[0]} all strings are {room:g} times the sample that the {deep}"
                f" learner is first tried with: N* has no room to move by {parameters.spread:g}"
            )
            return Nothing(reason, premise_failed=True)
        sizes = [parameters.sizes(L) for L in ends]
        units = [self._formula("deep")(**values) for values in sizes]
        everything = [self._formula("all")(**values) for values in sizes]
        moves = []
        for outcome in outcomes:
            below, above = (
                _over(_limits(outcome.values[str(L)][deep], most), (unit, unit))
                for L, most, unit in zip(ends, everything, units, strict=True)
            )
            low, high = _over(above, below)
            # The factor either way: 1 where it may be 1.
            moves.append((max(1.0, low, 1 / high), max(high, 1 / low)))
        low, high = (max(ends) for ends in zip(*moves, strict=True))
        shown = {
            f"N*/(n m^L), L = {L}": _multiples(outcomes, deep, L, u)
            for L, u in zip(ends, units, strict=True)
        }
        return Inequality(
            high, "<=", parameters.spread, len(outcomes), worst=shown, between=(low, high)
        )

    def pictures(
        self, parameters: DepthParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """Beside the first row: thresholds of all learners, and error against N for every L."""
        if row != self.rows(parameters)[0]:
            return ()
        found = [outcome.values for outcome in outcomes]
        units = {L: self._formula("deep")(**parameters.sizes(L)) for L in parameters.levels}
        return [
            threshold_chart(units, found),
            *(error_chart(L, [values[str(L)] for values in found]) for L in units),
        ]

    def _formula(self, name: str) -> Formula:
        return self.formula("printed", name)

    def _bounds(
        self, parameters: DepthParameters, outcome: Outcome, row: Row, L: int
    ) -> tuple[float, float]:
        """Between which numbers the ratio lies on one grammar."""
        everything = self._formula("all")(**parameters.sizes(L))
        found = outcome.values[str(L)]
        shallow, deep = (_limits(found[row[kind]], everything) for kind in ("shallow", "deep"))
        return _over(shallow, deep)


def _walks(parameters: DepthParameters) -> list[tuple[Baseline, Walk]]:
    """Every learner with its walk, no further than the parameters say."""
    from layerproof.layerwise.baselines.ridge import KernelRidge

    known = {**_learners("deep"), **_learners("shallow")}
    found = []
    for learner in (known[name] for name in (*parameters.deep, *parameters.shallow)):
        walk = replace(learner.walk, reach=min(learner.walk.reach, parameters.reach))
        if isinstance(learner, KernelRidge):
            walk = replace(walk, cap=parameters.kernel_strings)
        found.append((learner, walk))
    return found


def _limits(found: Mapping[str, Any], everything: float) -> tuple[float, float]:
    """Between which sizes a threshold lies; all strings are enough."""
    low, high = bounds(found)
    return low, min(high, max(everything, low))


def _over(above: tuple[float, float], below: tuple[float, float]) -> tuple[float, float]:
    """Between which numbers the quotient of two positive ones lies."""
    return above[0] / below[1], above[1] / below[0]


def _evidence(outcomes: Sequence[Outcome], row: Row, L: int) -> dict[str, Any]:
    """Thresholds of both learners: geometric mean with its 95 % interval, or what bounds it."""
    return {
        f"N* {row[kind]}": _summary([outcome.values[str(L)][row[kind]] for outcome in outcomes])
        for kind in ("deep", "shallow")
    }


def _multiples(outcomes: Sequence[Outcome], deep: str, L: int, unit: float) -> str:
    found = sorted(outcome.values[str(L)][deep]["threshold"] / unit for outcome in outcomes)
    return f"{found[0]:.2f} to {found[-1]:.2f}"


def _summary(found: Sequence[Mapping[str, Any]]) -> str:
    early = sum(not all(entry["converged"]) for entry in found)
    told = f"; training cut short on {early} of {len(found)} grammars" if early else ""
    beyond = [best_known(entry) for entry in found if math.isinf(entry["threshold"])]
    if beyond:
        return f"above {min(beyond):.0f} on {len(beyond)} of {len(found)} grammars{told}"
    logs = np.log([best_known(entry) for entry in found])
    try:
        mean = mean_interval(logs, 0.95)
    except ThinEvidence:
        return f"{math.exp(float(logs.mean())):.0f}{told}"
    low, high = (math.exp(limit) for limit in mean.limits)
    return f"{math.exp(mean.estimate):.0f}, 95 % [{low:.0f}, {high:.0f}]{told}"


CHECKS = (DepthSeparation(),)
