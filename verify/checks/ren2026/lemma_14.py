"""Lemma 14: the ridge solution maps an embedding of μ to a multiple of q̂_μ, and an error."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.statements.ren2026.lemma_14 import STATEMENT as LEMMA_14
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.ren2026.clusters import COPIES, SHARES, Clusters, cells
from layerproof.verify.checks.ren2026.constructed import (
    BUILT,
    ULP,
    ConstructedParameters,
    figures_of,
    outcome_of,
    ridge_solution,
)
from layerproof.verify.verdicts.claims import Inequality


def own_term(vectors: Floats, joint: Floats, ridge: float, *, correlated: bool) -> Floats:
    """The term of one patch alone, for its k embeddings x: (k, n), `joint` (k, n) frequencies.

    p̂ Ê[e_ζ x̂ᵀ] (p̂ Ê[x̂ x̂ᵀ] + λ)^(−1) x where `correlated`, else with q̂ Ê[x̂]ᵀ for Ê[e_ζ x̂ᵀ].
    """
    weight = joint.sum(axis=1)
    share = weight.sum()
    if share == 0:
        return np.zeros_like(joint)
    own = (vectors * weight[:, None]).T @ vectors + ridge * np.eye(vectors.shape[1])
    mean = np.outer(joint.sum(axis=0), weight @ vectors) / share
    label = joint.T @ vectors if correlated else mean
    return np.asarray((label @ np.linalg.solve(own, vectors.T)).T)


class OwnTermParameters(ConstructedParameters):
    """And the labels, the bound and the number of samples."""

    sharp: bool = Field(False, description="the sharp bound of the repaired form")
    samples: int = Field(200, ge=1, description="N, where labels are sampled")


class OwnTerm(Check[OwnTermParameters]):
    """Lemma 14: W_* x_μ against the term of μ alone, for every embedding of every patch."""

    id = "lemma-14"
    statement = LEMMA_14.id
    turned_by = ("merged-clusters",)
    quantity = "‖W_* x_μ − term of μ‖"
    forms = ("printed", "repaired")
    parameters = OwnTermParameters
    answers = BUILT

    def rows(self, parameters: OwnTermParameters) -> Sequence[Row]:
        """How label and representation go together in the sample, given the patch."""
        return [{"labels": name} for name in ("one label", "independent", "copied", "sampled")]

    def trial(self, parameters: OwnTermParameters, trial: Trial) -> Outcome:
        """The worst error, in units of the bound, of every embedding and sample."""
        found, premises = [], []
        for name, built, rng in parameters.built(trial):
            premises.append(built.premises())
            for row in self.rows(parameters):
                for share in parameters.shares:
                    for copy, law in COPIES.items():
                        joint = cells(
                            SHARES[share](name["patches"], rng),
                            law(parameters.copies, rng),
                            row["labels"],
                            parameters.samples,
                            rng,
                        )
                        worst = self._worst(built, joint, trial.form, parameters.sharp)
                        found.append({**worst, **name, **row, "shares": share, "copies": copy})
        return outcome_of(found, premises)

    def _worst(self, built: Clusters, joint: Floats, form: str, sharp: bool) -> dict[str, float]:
        patches = len(joint)
        W, _, _ = ridge_solution(built.vectors, joint, 1 / patches)
        own = [
            own_term(x, cell, 1 / patches, correlated=form == "repaired")
            for x, cell in zip(built.vectors, joint, strict=True)
        ]
        errors = np.linalg.norm(built.vectors @ W.T - np.stack(own), axis=2).max(axis=1)
        shares = np.minimum(joint.sum(axis=(1, 2)), 1.0)
        formula = self.formula(form, "sharp error" if sharp else "error")
        bound = on_arrays(formula, patches=patches, epsilon_O=built.overlap, frequency=shares)
        bound = np.broadcast_to(bound, errors.shape)
        place = int(np.argmax((errors - 100 * ULP * patches) / bound.clip(min=ULP)))
        return {"error": float(errors[place]), "bound": float(bound[place])}

    def claim(
        self, parameters: OwnTermParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The error that is the largest part of its bound."""
        found = [entry for entry in figures_of(outcomes) if entry["labels"] == row["labels"]]
        # Errors are differences of numbers up to √P, solved for with condition P + 1.
        rounding = 100 * ULP * max(parameters.patches)
        worst = max(found, key=lambda entry: (entry["error"] - rounding) / max(entry["bound"], ULP))
        trivial = all(e["bound"] >= largest_error(e["patches"]) for e in found)
        return Inequality(
            worst["error"],
            self.relation(form),
            worst["bound"],
            examined=len(found),
            rounding=rounding,
            cannot_fail=self._too_large(parameters) if trivial else "",
            worst={**worst, "error / bound": worst["error"] / max(worst["bound"], ULP)},
        )

    def _too_large(self, parameters: OwnTermParameters) -> str:
        P = max(parameters.patches)
        return (
            "no error exceeds √|P_l|/2 + 1, which is below the bound; it says something up to"
            f" ε_O = {largest_error(P) / (6 * P**2):.3g} at |P_l| = {P}, not at 1/|P_l|"
        )


def largest_error(patches: int) -> float:
    """√|P_l|/2 bounds ‖W_* x‖, and 1 the term of one patch."""
    return math.sqrt(patches) / 2 + 1


CHECKS = (OwnTerm(),)
