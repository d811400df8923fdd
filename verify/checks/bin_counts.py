"""Lemma 24: how many balls of one colour the first bins hold, from the exact law."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from pydantic import Field
from scipy.special import gammaln

from theory.evaluation import on_arrays
from theory.grammar_checks import Floats
from theory.statements.lemma_24 import STATEMENT as LEMMA_24
from verify.checks.base import Check, Outcome, Parameters, Row, Trial
from verify.claims import Inequality


class ConcentrationParameters(Parameters):
    """The grid on which the tail of Lemma 24 is computed."""

    V: tuple[int, ...] = Field((3, 8, 16), description="vocabulary sizes")
    m: tuple[int, ...] = Field((1, 10, 100, 1000, 10000), description="rules per symbol")
    deviations: tuple[float, ...] = Field((0.01, 0.05, 0.1), description="ε")
    gammas: tuple[float, ...] | None = Field(
        None, description="γ; by default ν/V for the bins 1, 2, ⌊V/3⌋, ⌈V/2⌉ − 1, ⌊2V/3⌋ and V"
    )


class CountsConcentrate(Check[ConcentrationParameters]):
    """Lemma 24 with the exact tail of the hypergeometric law, wherever the bound is below 1.

    The printed form takes γ as it comes, the repaired one needs γ V to be an integer.
    """

    id = "lemma-24"
    statement = LEMMA_24.id
    quantity = "probability / bound"
    forms = ("printed", "repaired")
    parameters = ConcentrationParameters

    def trial(self, parameters: ConcentrationParameters, trial: Trial) -> Outcome:
        """The exact probabilities on the grid."""
        points = [
            {"V": V, "m": m, "gamma": float(gamma), "deviation": float(deviation), "P": tail}
            for V in parameters.V
            for gamma in _shares(V, parameters.gammas)
            if trial.form == "printed" or (gamma * V).denominator == 1
            for m in parameters.m
            for deviation in map(_decimal, parameters.deviations)
            for tail in [count_tail(V, m, gamma, deviation)]
        ]
        return Outcome({"points": points})

    def claim(
        self,
        parameters: ConcentrationParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Inequality:
        """The largest ratio of probability and bound."""
        points = outcomes[0].values["points"]
        arrays = {name: np.array([p[name] for p in points]) for name in points[0]}
        bounds = on_arrays(self.formula(form, "tail"), **arrays)
        # Where both underflow, nothing can be told.
        told = np.flatnonzero((bounds < 1) & ((bounds > 0) | (arrays["P"] > 0)))
        if not len(told):
            why = f"the bound is at least 1 on the whole grid; {self._first_size(arrays, form)}"
            return Inequality(0.0, "<=", 1.0, examined=len(points), cannot_fail=why)
        with np.errstate(divide="ignore"):
            ratios = arrays["P"][told] / bounds[told]
        worst: dict[str, Any] = points[told[ratios.argmax()]]
        evidence = worst | {"bound": float(bounds[told[ratios.argmax()]])}
        return Inequality(
            float(ratios.max()), "<=", 1.0, examined=len(told), rounding=1e-6, worst=evidence
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


def _shares(V: int, gammas: Sequence[float] | None) -> list[Fraction]:
    if gammas is not None:
        return [_decimal(gamma) for gamma in gammas]
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
    logs: Floats = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return logs


CHECKS = (CountsConcentrate(),)
