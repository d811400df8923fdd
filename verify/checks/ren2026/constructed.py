"""Patch embeddings that meet Assumption 13 at equality, and their ridge problem.

Clusters of width exactly ε_S = 1/(4|P_l|), inner products exactly ±ε_O with adversarial signs, and
samples in which p̂ is extreme. Lemmas 14 to 16 are deterministic, so that every instance examined
must satisfy them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from layerproof.theory.grammar_checks import Floats
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.assumption_13 import STATEMENT as ASSUMPTION_13
from layerproof.verify.checks.base import Outcome, Parameters, Trial
from layerproof.verify.checks.premises import Answers, Instance, InTrial, OnParameters
from layerproof.verify.checks.ren2026.clusters import Clusters, constructions

Share = Literal["uniform", "one", "rare", "dominant", "random"]

ULP = float(np.finfo(np.float64).eps)


class ConstructedParameters(Parameters):
    """Which embeddings are built."""

    patches: tuple[int, ...] = Field((2, 3, 4, 8), min_length=1, description="values of |P_l|")
    overlaps: tuple[float, ...] = Field(
        (3e-5, 1e-3, 0.5, 1.0), description="ε_O in units of 1/|P_l|"
    )
    copies: int = Field(2, ge=1, description="embeddings of each patch")
    shares: tuple[Share, ...] = Field(
        ("uniform", "one", "rare", "dominant", "random"), min_length=1, description="p̂"
    )

    def built(self, trial: Trial) -> Iterator[tuple[dict[str, Any], Clusters, np.random.Generator]]:
        """Every embedding of one trial, and the random stream for its samples."""
        rng = generator(trial.derive("constructed"))
        for name, found in constructions(
            self.patches, self.overlaps, self.copies, rng, merge=trial.control.merge
        ):
            yield name, found, rng


def _overlaps(instance: Instance) -> str:
    largest = max(instance.parameters.overlaps, default=0.0)
    if largest <= 1:
        return ""
    return f"ε_O is {largest:g}/|P_l|, where Assumption 13 is read with 1/|P_l| at most"


BUILT: Answers = {ASSUMPTION_13.id: (OnParameters(_overlaps), InTrial())}


def outcome_of(found: list[dict[str, Any]], premises: list[dict[str, str]]) -> Outcome:
    """What one trial found, with the premise of the first construction that fails it."""
    why = next((p[ASSUMPTION_13.id] for p in premises if p[ASSUMPTION_13.id]), "")
    return Outcome({"found": found}, {ASSUMPTION_13.id: why})


def figures_of(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The figures of all trials, one after another."""
    return [entry for outcome in outcomes for entry in outcome.values["found"]]


def ridge_solution(vectors: Floats, joint: Floats, ridge: float) -> tuple[Floats, Floats, Floats]:
    """(W_*, Ê[x xᵀ] + λ, Ê[e_ζ xᵀ]) for embeddings (P, k, D) with joint frequencies (P, k, n)."""
    flat = vectors.reshape(-1, vectors.shape[2])
    weight = joint.sum(axis=2).ravel()
    curvature = (flat * weight[:, None]).T @ flat + ridge * np.eye(flat.shape[1])
    slope = joint.reshape(len(flat), -1).T @ flat
    return np.linalg.solve(curvature, slope.T).T, curvature, slope
