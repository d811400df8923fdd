"""Lemma 24: how many balls of one colour the first bins hold, from the exact law."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, ClassVar, TypedDict

import numpy as np
import scipy
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.statements.ren2026.lemma_24 import STATEMENT as LEMMA_24
from layerproof.verify.checks.base import Check, Outcome, Outcomes, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given, Instance, OnParameters
from layerproof.verify.verdicts.claims import Inequality


class ConcentrationParameters(Parameters):
    """The grid on which the tail of Lemma 24 is computed."""

    V: tuple[int, ...] = Field((3, 8, 16), description="vocabulary sizes")
    m: tuple[int, ...] = Field((1, 10, 100, 1000, 10000), description="rules per symbol")
    deviations: tuple[float, ...] = Field((0.01, 0.05, 0.1), description="ε")
    gammas: tuple[float, ...] | None = Field(
        None,
        description="γ; by default ν/V for the bins 1, 2, ⌊V/3⌋, ⌈V/2⌉ − 1, ⌊2V/3⌋ and V,"
        " as printed those below V/2",
    )


def _gammas(instance: Instance) -> str:
    found, printed = instance.parameters, instance.form == "printed"
    for gamma in map(_decimal, found.gammas or ()):
        if gamma <= 0 or gamma > 1 or (printed and gamma >= _HALF):
            return f"γ is {float(gamma):g}, and has to be in (0, {'1/2)' if printed else '1]'}"
    if printed or any((gamma * V).denominator == 1 for V in found.V for gamma in _of(found, V)):
        return ""
    return "γV is no whole number, which the repaired form needs"


def _deviations(instance: Instance) -> str:
    most = Fraction(1, 10) if instance.form == "printed" else 1
    outside = [d for d in instance.parameters.deviations if not 0 < _decimal(d) <= most]
    return f"ε is {outside[0]:g}, and has to be in (0, {float(most):g}]" if outside else ""


class Grid(TypedDict):
    """The exact probability at every point of the grid."""

    points: list[dict[str, float]]


class CountsConcentrate(Check[ConcentrationParameters]):
    """Lemma 24 with the exact tail of the hypergeometric law, wherever the bound is below 1.

    The printed form takes γ as it comes, the repaired one needs γ V to be an integer.
    """

    id = "lemma-24"
    statement = LEMMA_24.id
    quantity = "probability / bound"
    forms = ("printed", "repaired")
    parameters = ConcentrationParameters
    answers: ClassVar[Answers] = {
        "R26.lemma-24/colour": Given("the law is that of any one colour"),
        "R26.lemma-24/gamma": OnParameters(_gammas),
        "R26.lemma-24/epsilon": OnParameters(_deviations),
    }

    def trial(self, parameters: ConcentrationParameters, trial: Trial) -> Outcome[Grid]:
        """The exact probabilities on the grid."""
        points = [
            {"V": V, "m": m, "gamma": float(gamma), "deviation": float(deviation), "P": tail}
            for V in parameters.V
            for gamma in _of(parameters, V)
            if (gamma < _HALF if trial.form == "printed" else (gamma * V).denominator == 1)
            for m in parameters.m
            for deviation in map(_decimal, parameters.deviations)
            for tail in [count_tail(V, m, gamma, deviation)]
        ]
        return Outcome({"points": points})

    def claim(
        self, parameters: ConcentrationParameters, row: Row, outcomes: Outcomes[Grid], form: str
    ) -> Inequality:
        """The largest ratio of probability and bound."""
        points = outcomes[0].values["points"]
        arrays = {name: np.array([p[name] for p in points]) for name in points[0]}
        bounds = on_arrays(self.formula(form, "tail"), **arrays)
        # Where both underflow, nothing can be told.
        told = np.flatnonzero((bounds < 1) & ((bounds > 0) | (arrays["P"] > 0)))
        if not len(told):
            why = f"the bound is at least 1 on the whole grid; {self._first_size(arrays, form)}"
            return Inequality(0.0, self.relation(form), 1.0, examined=len(points), cannot_fail=why)
        with np.errstate(divide="ignore"):
            ratios = arrays["P"][told] / bounds[told]
        worst: dict[str, Any] = points[told[ratios.argmax()]]
        evidence = worst | {"bound": float(bounds[told[ratios.argmax()]])}
        return Inequality(
            float(ratios.max()),
            self.relation(form),
            1.0,
            examined=len(told),
            rounding=1e-6,
            worst=evidence,
        )

    def _first_size(self, arrays: dict[str, Any], form: str) -> str:
        """From which m on the bound is below 1, at the largest γ and ε of the grid."""
        sizes = np.arange(1, 10**6)
        most = {name: arrays[name].max() for name in ("gamma", "deviation")}
        told = on_arrays(self.formula(form, "tail"), m=sizes, **most) < 1
        return f"it is below 1 from m = {sizes[told.argmax()]} on"


def _decimal(value: float) -> Fraction:
    """The decimal that was meant: 0.1 is one tenth."""
    return Fraction(str(value))


_HALF = Fraction(1, 2)


def _of(parameters: ConcentrationParameters, V: int) -> list[Fraction]:
    """The γ that are tried at this V."""
    if parameters.gammas is not None:
        return [_decimal(gamma) for gamma in parameters.gammas]
    bins = {1, 2, V // 3, -(-V // 2) - 1, 2 * V // 3, V}
    return [Fraction(nu, V) for nu in sorted(bins) if 1 <= nu <= V]


def count_tail(V: int, m: int, gamma: Fraction, deviation: Fraction) -> float:
    """P[|N − γm| ≥ εγm], N the balls of one colour in the first ⌊γV⌋ bins.

    Summed from the hypergeometric probabilities through log-gamma functions: their arguments are
    at most m V, so that the relative error is about m V log(mV) eps, below 1e-6 up to m V = 10^8.
    """
    drawn = math.floor(gamma * V) * m
    counts = np.arange(max(0, drawn - (V - 1) * m), min(m, drawn) + 1)
    low = math.floor(gamma * m * (1 - deviation))
    high = math.ceil(gamma * m * (1 + deviation))
    outside = counts[(counts <= low) | (counts >= high)]
    logs = _log_binomial(m, outside) + _log_binomial((V - 1) * m, drawn - outside)
    return float(np.exp(logs - _log_binomial(V * m, np.array(drawn))).sum())


def _log_binomial(n: int, k: np.ndarray) -> Floats:
    logs: Floats = (
        scipy.special.gammaln(n + 1.0)
        - scipy.special.gammaln(k + 1.0)
        - scipy.special.gammaln(n - k + 1.0)
    )
    return logs


CHECKS = (CountsConcentrate(),)
