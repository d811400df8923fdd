"""Lemma 10: from token embeddings to patch embeddings, with the kernel and with features."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import scipy
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.assumption_9 import STATEMENT as ASSUMPTION_9
from layerproof.theory.statements.ren2026.lemma_10 import STATEMENT as LEMMA_10
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.checks.ren2026.lemma_12 import (
    FROM_BELOW,
    KEPT,
    MOST_FEATURES,
    STEPS,
    out_of_reach,
)
from layerproof.verify.verdicts.claims import Frequency


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
    turned_by = ("merged-clusters",)
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
        apart = float(scipy.spatial.distance.pdist(tokens).min())
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
    moves = np.concatenate([steepest, rng.standard_normal((KEPT, flat.shape[1]))])
    for _ in range(STEPS // 2):
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
    overlap = math.exp(-(float(scipy.spatial.distance.pdist(patches).min()) ** 2) / width)
    distance = -math.expm1(-parameters.s * sizes["token_spread"] ** 2 / width)
    return overlap, math.sqrt(2.0 * distance)


CHECKS = (Propagation(),)
