"""Lemmas 12 and 10: random Fourier features against the kernel, at the sizes that the lemmas name.

Suprema over balls are approached from below, by random search, gradient ascent and the direction
that the frequencies see least. So failures are counted too rarely, never too often: `violated` is
certain, `holds` says that too few were found (in one dimension the search is a fine grid), and its
row says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field
from scipy.spatial.distance import pdist

from theory.evaluation import on_arrays
from theory.formula import Formula
from theory.grammar_checks import Floats
from theory.randomness import generator
from theory.statements.assumption_9 import STATEMENT as ASSUMPTION_9
from theory.statements.lemma_10 import STATEMENT as LEMMA_10
from theory.statements.lemma_12 import STATEMENT as LEMMA_12
from verify.checks.base import Check, Outcome, Parameters, Row, Trial
from verify.checks.premises import Answers, Given, Instance, OnParameters
from verify.claims import Frequency

MOST_FEATURES = 2**17
"""Frequencies that are drawn; beyond, only the limit M → ∞ is looked at."""

FROM_BELOW = (
    "the supremum is searched for from below: failures that the search missed are not counted"
)
"""Beside `holds`, where no search is sure to find a failure."""

_GRID = 4001
_STARTS = 64
_KEPT = 8
_STEPS = 40

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
    best = np.argsort(-np.abs(values))[:_KEPT]
    points, values = points[best], values[best]
    rate = np.full((len(points), 1), 0.3 * bandwidth**2)
    for _ in range(_STEPS):
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


class PropagationParameters(Parameters):
    """Token embeddings at the equality of Assumption 9, and the patch embeddings asked for."""

    V: int = Field(2, ge=2, description="tokens")
    s: int = Field(2, ge=1, description="branching factor")
    directions: int = Field(4, ge=1, description="dimensions in which a token's embedding may move")
    overlap: float = Field(0.25, gt=0, lt=1, description="ε_O asked for")
    spread: float = Field(0.7, gt=0, lt=1, description="ε_S asked for")
    delta: float = Field(0.25, gt=0, lt=1, description="failure probability, through M")
    constant: float = Field(1.0, gt=0, description="C: how the printed M ≳ … is read, M ≥ C …")


class Propagation(Check[PropagationParameters]):
    """Lemma 10 with every hypothesis met at equality.

    Tokens are one-hot, ρ̃ = √2, and move inside a ball of diameter ε̃_S in further `directions`. All
    V^s patches occur, so that some differ in one token only. σ and ε̃_S are as large, and M as
    small, as the form allows. "spread" is the worst pair of representations of one patch,
    approached from below.
    """

    id = "lemma-10"
    statement = LEMMA_10.id
    quantity = "P[max |⟨Φ, Φ'⟩| > ε_O] (overlap), P[max ‖Φ − Φ'‖ > ε_S] (spread)"
    forms = ("printed", "repaired")
    parameters = PropagationParameters
    answers: ClassVar[Answers] = {
        "R26.lemma-10/sizes": Given("σ and ε̃_S as large, M as small as the form allows")
    }

    def rows(self, parameters: PropagationParameters) -> Sequence[Row]:
        """Distinct patches, then representations of one patch."""
        return [{"part": "overlap"}, {"part": "spread"}]

    def trial(self, parameters: PropagationParameters, trial: Trial) -> Outcome:
        """Overlap and spread under one draw of the features, in units of ε_O and ε_S."""
        sizes = self.sizes(parameters, trial.form)
        tokens = np.eye(parameters.V, parameters.V + parameters.directions)
        if trial.control.merge:
            tokens[1] = tokens[0]
        apart = float(pdist(tokens).min())
        lack = apart < sizes["token_separation"] - 1e-12
        why = f"two tokens are {apart:.3g} apart" if lack else ""
        places = np.ndindex(*(parameters.V,) * parameters.s)
        patches = np.array([np.concatenate([tokens[i] for i in place]) for place in places])
        measure = _with_features if sizes["M"] <= MOST_FEATURES else _with_kernel
        overlap, spread = measure(
            patches, sizes, parameters, generator(trial.derive("frequencies"))
        )
        found = {"overlap": overlap / parameters.overlap, "spread": spread / parameters.spread}
        return Outcome(found, {ASSUMPTION_9.id: why})

    def sizes(self, parameters: PropagationParameters, form: str) -> dict[str, float]:
        """σ, ε̃_S, ε_RF, R and M at equality."""
        values: dict[str, Any] = {
            "epsilon_O": parameters.overlap,
            "epsilon_S": parameters.spread,
            "token_separation": math.sqrt(2.0),
            "s": parameters.s,
            "d_h": parameters.s * (parameters.V + parameters.directions),
            "delta": parameters.delta,
            "C": parameters.constant,
        }
        for symbol, name in (
            ("sigma", "bandwidth"),
            ("token_spread", "token spread"),
            ("feature_error", "feature error"),
        ):
            values[symbol] = float(on_arrays(self.formula(form, name), **values))
        values["radius"] = math.sqrt(parameters.s * (1 + values["token_spread"] ** 2 / 4))
        values["M"] = math.ceil(on_arrays(self.formula(form, "features"), **values))
        return values

    def claim(
        self, parameters: PropagationParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Frequency:
        """How often the part exceeded what was asked for."""
        found = [outcome.values[row["part"]] for outcome in outcomes]
        sizes = self.sizes(parameters, form)
        return Frequency(
            # Equality in the limit of the kernel is rounded.
            failures=sum(value > 1 + 1e-12 for value in found),
            trials=len(found),
            delta=parameters.delta,
            cannot_fail=out_of_reach(int(sizes["M"])),
            caveat=FROM_BELOW if row["part"] == "spread" else "",
            worst={
                "largest / allowed": max(found),
                "M": int(sizes["M"]),
                "sigma": sizes["sigma"],
                "token spread": sizes["token_spread"],
            },
        )


def _with_features(
    patches: Floats,
    sizes: Mapping[str, float],
    parameters: PropagationParameters,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Largest overlap of distinct patches, and spread of one, under random features."""
    omega = rng.standard_normal((int(sizes["M"]), patches.shape[1])) / sizes["sigma"]
    angles = patches @ omega.T
    gram = (np.cos(angles) @ np.cos(angles).T + np.sin(angles) @ np.sin(angles).T) / len(omega)
    np.fill_diagonal(gram, 0.0)
    free = omega.reshape(len(omega), parameters.s, -1)[:, :, parameters.V :]
    return float(np.abs(gram).max()), _widest(free, sizes["token_spread"], rng)


def _widest(omega: Floats, spread: float, rng: np.random.Generator) -> float:
    """max ‖Φ(h) − Φ(h')‖ where every token moves by `spread`; `omega` (M, s, directions)."""
    branching = omega.shape[1]
    flat = omega.reshape(len(omega), -1)
    steepest = np.linalg.eigh(flat.T @ flat)[1][:, -1:].T
    moves = np.concatenate([steepest, rng.standard_normal((_KEPT, flat.shape[1]))])
    for _ in range(_STEPS // 2):
        moves = _on_sphere(moves, spread, branching)
        moves = np.sin(moves @ flat.T) @ flat
    moves = _on_sphere(moves, spread, branching)
    inner = np.cos(moves @ flat.T).mean(axis=1)
    return math.sqrt(2.0 * float((1.0 - inner).max()))


def _on_sphere(moves: Floats, spread: float, branching: int) -> Floats:
    blocks = moves.reshape(len(moves), branching, -1)
    norms = np.linalg.norm(blocks, axis=2, keepdims=True)
    return np.asarray((spread * blocks / norms).reshape(moves.shape))


def _with_kernel(
    patches: Floats,
    sizes: Mapping[str, float],
    parameters: PropagationParameters,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """The same in the limit M → ∞."""
    width = 2 * sizes["sigma"] ** 2
    overlap = math.exp(-(float(pdist(patches).min()) ** 2) / width)
    distance = -math.expm1(-parameters.s * sizes["token_spread"] ** 2 / width)
    return overlap, math.sqrt(2.0 * distance)


CHECKS = (Supremum(), Propagation())
