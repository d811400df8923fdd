"""R26 App. C: layerwise learning of deep quadratic Boolean functions, in population and sampled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, TypedDict

import numpy as np
from pydantic import Field

from layerproof.layerwise.boolean import (
    Draw,
    Floats,
    Learned,
    Spectrum,
    Support,
    cube,
    draw_supports,
    evaluate,
    learn,
    product_law,
)
from layerproof.theory.errors import InputError
from layerproof.theory.statements.ren2026.appendix_c import STATEMENT as APPENDIX_C
from layerproof.verify.checks.base import Check, Outcome, Outcomes, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given, Instance, OnParameters
from layerproof.verify.verdicts.claims import Frequency, Identity

Stray = Literal["nothing", "odd", "foreign"]


class BooleanParameters(Parameters):
    """A random function of the class, and what breaks the class or the law of its inputs."""

    d: int = Field(8, ge=4, le=12, multiple_of=2, description="number of inputs")
    bias: float = Field(0.0, gt=-1, lt=1, description="E[x_i]; the statement needs 0")
    stray: Stray = Field(
        "nothing",
        description="a support outside the class: one of degree 3 (odd), or one of degree 4 that"
        " is no union of two present ones (foreign)",
    )

    @property
    def stages(self) -> int:
        """Enough stages for any degree 2^k ≤ d."""
        return int(math.log2(self.d))


def _uniform_inputs(instance: Instance) -> str:
    bias = instance.parameters.bias
    return f"E[x_i] is {bias:g}, and has to be 0" if bias else ""


def _in_class(instance: Instance) -> str:
    stray = instance.parameters.stray
    told = {"odd": "one support has 3 elements", "foreign": "one is no union of two present ones"}
    return told.get(stray, "")


BOOLEAN: Answers = {
    "R26.appendix-c/inputs": OnParameters(_uniform_inputs),
    "R26.appendix-c/threshold": Given("below the least coefficient: its half, or rounding"),
    "R26.appendix-c/class": OnParameters(_in_class),
}


class Recovered(TypedDict):
    """What enumeration leaves of one function, and what it kept."""

    residual: float
    wrong: float
    rounding: float
    function: list[Any]
    kept: list[int]


class RecoversFunction(Check[BooleanParameters]):
    """The population algorithm, on all 2^d inputs with their law: what is left of f.

    The printed form's class has degrees 2^k from k = 0 on, the repaired one's from k = 1 on.
    """

    id = "appendix-c"
    statement = APPENDIX_C.id
    quantity = "rms residual / rms f, or the share of wrong products"
    forms = ("printed", "repaired")
    parameters = BooleanParameters
    answers = BOOLEAN

    def trial(self, parameters: BooleanParameters, trial: Trial) -> Outcome[Recovered]:
        """One function of the class, learned by enumeration."""
        spectrum = _drawn(parameters, trial, linear=trial.form == "printed")
        points = cube(parameters.d)
        weights = product_law(points, parameters.bias)
        values = evaluate(spectrum, points)
        rounding = _rounding(spectrum, parameters.d)
        found = learn(
            lambda inputs: evaluate(spectrum, inputs),
            lambda stage: (points, weights),
            dimension=parameters.d,
            stages=parameters.stages,
            # Any coefficient above rounding counts as one that is not 0.
            threshold=rounding * math.sqrt(float(weights @ values**2)),
        )
        left = math.sqrt(float(weights @ (values - found(points)) ** 2))
        return Outcome(
            {
                "residual": left / math.sqrt(float(weights @ values**2)),
                "wrong": wrong_share(found, spectrum),
                "rounding": rounding,
                "function": _plain(spectrum),
                "kept": [len(stage) for stage in found.stages],
            }
        )

    def claim(
        self, parameters: BooleanParameters, row: Row, outcomes: Outcomes[Recovered], form: str
    ) -> Identity:
        """The largest deviation over the functions; the smallest function that shows one."""
        deviations = [max(o.values["residual"], o.values["wrong"]) for o in outcomes]
        bad = [o for o, deviation in zip(outcomes, deviations, strict=True) if deviation > 1e-6]
        worst = min(bad or outcomes, key=lambda outcome: len(outcome.values["function"]))
        return Identity(
            max(deviations),
            max(outcome.values["rounding"] for outcome in outcomes),
            examined=len(outcomes),
            worst={
                "function": worst.values["function"],
                "kept": worst.values["kept"],
                "residual": worst.values["residual"],
            },
        )


class SampleParameters(BooleanParameters):
    """A function whose one large coefficient makes what is left nearly as noisy as it can be."""

    d: int = Field(6, ge=4, le=12, multiple_of=2, description="number of inputs")
    dominant: float = Field(12.0, ge=1, description="largest over least |coefficient|")
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability allowed")


class Recovery(TypedDict):
    """The share of wrong products, and the samples of a stage."""

    wrong: float
    samples: int


class RecoversFromSamples(Check[SampleParameters]):
    """The finite algorithm at N, threshold and dominant coefficient as the bound has them."""

    id = "appendix-c-samples"
    statement = APPENDIX_C.id
    quantity = "P[wrong products]"
    forms = ("repaired",)
    parameters = SampleParameters
    answers = BOOLEAN

    def trial(self, parameters: SampleParameters, trial: Trial) -> Outcome[Recovery]:
        """One function, learned from fresh samples at every stage."""
        spectrum = _dominated(parameters, trial)
        sizes = [abs(coefficient) for coefficient in spectrum.values()]
        N = self.formula(trial.form, "samples")(
            coefficient_sum=sum(sizes),
            least_coefficient=min(sizes),
            candidates=_candidates(spectrum, parameters.stages, parameters.d),
            delta=parameters.delta,
        )
        samples = max(1, math.ceil(N * trial.control.samples))
        found = learn(
            lambda inputs: evaluate(spectrum, inputs),
            _sampler(parameters, samples, trial),
            dimension=parameters.d,
            stages=parameters.stages,
            threshold=min(sizes) / 2,
        )
        return Outcome({"wrong": wrong_share(found, spectrum), "samples": samples})

    def claim(
        self, parameters: SampleParameters, row: Row, outcomes: Outcomes[Recovery], form: str
    ) -> Frequency:
        """How often some product was missed or kept wrongly."""
        wrong = [outcome.values["wrong"] for outcome in outcomes]
        return Frequency(
            failures=sum(share > 0 for share in wrong),
            trials=len(wrong),
            delta=parameters.delta,
            worst={"samples": outcomes[0].values["samples"], "wrong_share": max(wrong)},
        )


def wrong_share(found: Learned, spectrum: Spectrum) -> float:
    """Products kept and not in f, or in f and not kept, among all of both."""
    return len(found.supports ^ set(spectrum)) / len(found.supports | set(spectrum))


def _drawn(parameters: BooleanParameters, trial: Trial, linear: bool) -> dict[Support, float]:
    """A member of the class with |coefficients| in [1, 2); with `linear` one of degree 1 = 2^0."""
    rng = np.random.default_rng(trial.derive("function"))
    supports = draw_supports(rng, parameters.d)
    supports += _stray(parameters, supports)
    supports += [frozenset([int(rng.integers(parameters.d))])] if linear else []
    return {support: _signed(rng, 1.0 + rng.random()) for support in supports}


def _dominated(parameters: SampleParameters, trial: Trial) -> dict[Support, float]:
    """A member with |coefficients| 1, but `dominant` for one of degree 2."""
    rng = np.random.default_rng(trial.derive("function"))
    supports = draw_supports(rng, parameters.d)
    spectrum = {support: _signed(rng, 1.0) for support in supports}
    spectrum[supports[0]] *= parameters.dominant
    return spectrum | dict.fromkeys(_stray(parameters, supports), 1.0)


def _signed(rng: np.random.Generator, size: float) -> float:
    return float(rng.choice([-size, size]))


def _stray(parameters: BooleanParameters, supports: Sequence[Support]) -> list[Support]:
    pairs = [support for support in supports if len(support) == 2]
    if parameters.stray == "odd":
        return [pairs[0] | {min(pairs[1])}]
    if parameters.stray == "foreign":
        if len(pairs) < 3:
            raise InputError("d", parameters.d, "at least 6 for a foreign support")
        return [frozenset({min(pairs[0]), min(pairs[1])}) | pairs[2]]
    return []


def _candidates(spectrum: Spectrum, stages: int, d: int) -> int:
    """F: pairs of inputs, then pairs of the supports of every degree that a stage starts from."""
    degrees = [sum(len(support) == 2**stage for support in spectrum) for stage in range(1, stages)]
    return sum(math.comb(count, 2) for count in (d, *degrees))


def _rounding(spectrum: Spectrum, d: int) -> float:
    """Error of the rms residual relative to rms f, by counting roundings.

    A coefficient is a sum of 2^d terms whose absolute values add up to at most B = Σ|c|, so it is
    off by at most 2^d u B, u the unit roundoff; the same goes for a value of f with its number of
    terms. Errors of orthonormal products add up in squares.
    """
    sizes = np.abs(list(spectrum.values()))
    unit = float(np.finfo(np.float64).eps) / 2
    terms = len(sizes)
    return float(2 * (2**d + terms) * unit * sizes.sum() * math.sqrt(terms) / np.linalg.norm(sizes))


def _plain(spectrum: Spectrum) -> list[list[Any]]:
    """The function as JSON: [support, coefficient] pairs."""
    return [[sorted(support), value] for support, value in sorted(spectrum.items(), key=str)]


def _sampler(parameters: SampleParameters, samples: int, trial: Trial) -> Draw:
    def draw(stage: int) -> tuple[Floats, Floats]:
        rng = np.random.default_rng(trial.derive("inputs", stage))
        heads = rng.random((samples, parameters.d)) < (1 + parameters.bias) / 2
        return np.where(heads, 1.0, -1.0), np.full(samples, 1 / samples)

    return draw


CHECKS = (RecoversFunction(), RecoversFromSamples())
