"""Lemmas 12 and 10: random Fourier features against the kernel, at the sizes that the lemmas name.

Suprema over balls are approached from below, by random search, gradient ascent and the direction
that the frequencies see least. So failures are counted too rarely, never too often: `violated` is
certain, `holds` says that too few were found (in one dimension the search is a fine grid), and its
row says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.formula import Formula
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.lemma_12 import STATEMENT as LEMMA_12
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given, Instance, OnParameters
from layerproof.verify.verdicts.claims import Frequency

MOST_FEATURES = 2**17
"""Frequencies that are drawn; beyond, only the limit M → ∞ is looked at."""

FROM_BELOW = (
    "the supremum is searched for from below: failures that the search missed are not counted"
)
"""Beside `holds`, where no search is sure to find a failure."""

_GRID = 4001


_STARTS = 64


KEPT = 8


STEPS = 40

Point = tuple[int, float, float]


class SupremumParameters(Parameters):
    """Where the bound is evaluated."""

    points: tuple[Point, ...] = Field(
        (
            (1, 0.3, 0.5),
            (1, 1.0, 1.0),
            (2, 0.3, 0.5),
            (2, 3.0, 1.0),
            (8, 1.0, 0.5),
            (16, 0.3, 1.0),
            (96, 0.3, 0.9),
        ),
        min_length=1,
        description="(d_h, σ, ε)",
    )
    delta: float = Field(0.25, gt=0, lt=1, description="value of the bound, through M")
    radius: float = Field(1.0, gt=0, description="R: the ball that h and h' come from")


def _inside_ball(instance: Instance) -> str:
    radius = instance.parameters.radius
    if radius <= 1 or instance.form == "repaired":
        return ""
    return f"h and h' come from a ball of radius {radius:g}, as printed the lemma speaks of 1"


class Supremum(Check[SupremumParameters]):
    """Lemma 12: how often the supremum reaches ε at the M at which its bound is δ."""

    id = "lemma-12"
    statement = LEMMA_12.id
    quantity = "P[sup |⟨Φ, Φ'⟩ − ψ_σ| ≥ ε]"
    forms = ("printed", "repaired")
    parameters = SupremumParameters
    answers: ClassVar[Answers] = {
        "R26.lemma-12/frequencies": Given("drawn from N(0, σ^(−2) I), independently"),
        "R26.lemma-12/ball": OnParameters(_inside_ball),
    }

    def rows(self, parameters: SupremumParameters) -> Sequence[Row]:
        """One row for every dimension, bandwidth and tolerance."""
        return [
            {"d_h": dimension, "sigma": sigma, "epsilon": epsilon}
            for dimension, sigma, epsilon in parameters.points
        ]

    def trial(self, parameters: SupremumParameters, trial: Trial) -> Outcome:
        """The largest deviation found, for one draw of the frequencies at every point."""
        found = {}
        for row in self.rows(parameters):
            M = self._features(parameters, row, trial.form)
            rng = generator(trial.derive("frequencies", _key(row)))
            omega = rng.standard_normal((min(M, MOST_FEATURES), row["d_h"])) / row["sigma"]
            found[_key(row)] = (
                largest_deviation(omega, row["sigma"], parameters.radius, rng)
                if M <= MOST_FEATURES
                else 0.0
            )
        return Outcome(found)

    def claim(
        self, parameters: SupremumParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Frequency:
        """How often the deviation reached ε."""
        found = [outcome.values[_key(row)] for outcome in outcomes]
        M = self._features(parameters, row, form)
        return Frequency(
            failures=sum(value >= row["epsilon"] for value in found),
            trials=len(found),
            delta=parameters.delta,
            cannot_fail=out_of_reach(M),
            caveat=FROM_BELOW if row["d_h"] > 1 else "",
            worst={"M": M, "largest deviation / epsilon": max(found) / row["epsilon"]},
        )

    def _features(self, parameters: SupremumParameters, row: Row, form: str) -> int:
        return least_features(
            self.formula(form, "failure"),
            parameters.delta,
            row | {"deviation": row["epsilon"], "radius": parameters.radius},
        )


def _key(row: Row) -> str:
    return ",".join(f"{value:g}" for value in row.values())


def out_of_reach(features: int) -> str:
    """Why a failure could not be seen at M = `features`; empty where it could."""
    if features <= MOST_FEATURES:
        return ""
    return (
        f"M = {features:.3g} random features are out of reach (up to {MOST_FEATURES} are drawn): in"
        " the limit M → ∞, which was looked at, nothing is random"
    )


def least_features(failure: Formula, delta: float, values: Mapping[str, Any]) -> int:
    """The least M at which the bound `failure` is at most `delta`; it falls with M."""
    high = 1
    while on_arrays(failure, M=high, **values) > delta:
        high *= 2
        if high > 2**60:
            return high
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (middle, high) if on_arrays(failure, M=middle, **values) > delta else (low, middle)
        )
    return high


def largest_deviation(
    omega: Floats, bandwidth: float, radius: float, rng: np.random.Generator
) -> float:
    """sup |mean_k cos ω_k·Δ − exp(−‖Δ‖²/(2σ²))| over ‖Δ‖ ≤ 2R, approached from below.

    `omega` (M, d). In one dimension the points of a grid; else ascent from random points and from
    multiples of the direction of least mean (ω_k·Δ)².
    """
    reach = 2.0 * radius
    if omega.shape[1] == 1:
        line = np.linspace(0.0, reach, _GRID)[:, None]
        return float(np.abs(_deviation(line, omega, bandwidth)).max())
    points = _starts(omega, reach, rng)
    values = _deviation(points, omega, bandwidth)
    best = np.argsort(-np.abs(values))[:KEPT]
    points, values = points[best], values[best]
    rate = np.full((len(points), 1), 0.3 * bandwidth**2)
    for _ in range(STEPS):
        slope = np.sign(values)[:, None] * _slope(points, omega, bandwidth)
        moved = points + rate * slope
        norm = np.linalg.norm(moved, axis=1, keepdims=True)
        moved *= np.minimum(1.0, reach / np.maximum(norm, 1e-300))
        found = _deviation(moved, omega, bandwidth)
        better = np.abs(found) > np.abs(values)
        points = np.where(better[:, None], moved, points)
        values = np.where(better, found, values)
        rate = np.where(better[:, None], 1.5 * rate, rate / 3.0)
    return float(np.abs(values).max())


def _starts(omega: Floats, reach: float, rng: np.random.Generator) -> Floats:
    dimension = omega.shape[1]
    directions = rng.standard_normal((_STARTS, dimension))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = reach * rng.random((_STARTS, 1)) ** (1.0 / min(dimension, 3))
    least = np.linalg.eigh(omega.T @ omega)[1][:, :1].T
    return np.concatenate([directions * lengths, least * np.linspace(0.2, 1.0, 5)[:, None] * reach])


def _deviation(points: Floats, omega: Floats, bandwidth: float) -> Floats:
    kernel = np.exp(-(points**2).sum(axis=1) / (2 * bandwidth**2))
    return np.asarray(np.cos(points @ omega.T).mean(axis=1) - kernel)


def _slope(points: Floats, omega: Floats, bandwidth: float) -> Floats:
    kernel = np.exp(-(points**2).sum(axis=1) / (2 * bandwidth**2))
    features = -(np.sin(points @ omega.T) @ omega) / len(omega)
    return np.asarray(features + points / bandwidth**2 * kernel[:, None])


CHECKS = (Supremum(),)
