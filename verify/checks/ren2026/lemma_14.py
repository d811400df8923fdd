"""Lemmas 14, 15 and 16: one layer's ridge problem where Assumption 13 is met at equality.

Constructed embeddings: clusters of width exactly ε_S = 1/(4|P_l|), inner products exactly ±ε_O with
adversarial signs, and samples in which p̂ is extreme. The lemmas are deterministic, so that every
instance examined must satisfy them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from theory.evaluation import on_arrays
from theory.grammar_checks import Floats
from theory.randomness import generator
from theory.statements.assumption_13 import STATEMENT as ASSUMPTION_13
from theory.statements.lemma_14 import STATEMENT as LEMMA_14
from theory.statements.lemma_15 import STATEMENT as LEMMA_15
from theory.statements.lemma_16 import STATEMENT as LEMMA_16
from verify.checks.base import Check, Outcome, Parameters, Row, Trial
from verify.checks.clusters import COPIES, ROUNDING, SHARES, Clusters, cells, constructions
from verify.checks.premises import Answers, Given, Instance, InTrial, OnParameters
from verify.claims import Identity, Inequality

Share = Literal["uniform", "one", "rare", "dominant", "random"]

_ULP = float(np.finfo(np.float64).eps)


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


def _outcome(found: list[dict[str, Any]], premises: list[dict[str, str]]) -> Outcome:
    why = next((p[ASSUMPTION_13.id] for p in premises if p[ASSUMPTION_13.id]), "")
    return Outcome({"found": found}, {ASSUMPTION_13.id: why})


def _all(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [entry for outcome in outcomes for entry in outcome.values["found"]]


class MetAtEquality(Check[ConstructedParameters]):
    """Assumption 13 on constructed embeddings: each of its three bounds is met exactly."""

    id = "assumption-13-constructed"
    statement = ASSUMPTION_13.id
    quantity = "distance from equality in (a), (b) and (c)"
    forms = ("repaired",)
    parameters = ConstructedParameters
    answers: ClassVar[Answers] = {"R26.assumption-13/embeddings": Given("those that are built")}

    def trial(self, parameters: ConstructedParameters, trial: Trial) -> Outcome:
        """How far norm, overlap and spread are from what they were built for."""
        found = []
        for name, built, _ in parameters.built(trial):
            norm, overlap, spread = built.measured()
            # A single patch overlaps with none, and a single embedding has no spread.
            wanted = (
                built.overlap if name["patches"] > 1 else 0.0,
                built.spread if parameters.copies > 1 else 0.0,
            )
            far = max(norm, abs(overlap - wanted[0]), abs(spread - wanted[1]))
            found.append({"deviation": far, **name})
        return Outcome({"found": found})

    def claim(
        self, parameters: ConstructedParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The largest deviation."""
        found = _all(outcomes)
        worst = max(found, key=lambda entry: entry["deviation"])
        return Identity(worst["deviation"], ROUNDING, len(found), worst)


def ridge_solution(vectors: Floats, joint: Floats, ridge: float) -> tuple[Floats, Floats, Floats]:
    """(W_*, Ê[x xᵀ] + λ, Ê[e_ζ xᵀ]) for embeddings (P, k, D) with joint frequencies (P, k, n)."""
    flat = vectors.reshape(-1, vectors.shape[2])
    weight = joint.sum(axis=2).ravel()
    curvature = (flat * weight[:, None]).T @ flat + ridge * np.eye(flat.shape[1])
    slope = joint.reshape(len(flat), -1).T @ flat
    return np.linalg.solve(curvature, slope.T).T, curvature, slope


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
        return _outcome(found, premises)

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
        place = int(np.argmax((errors - 100 * _ULP * patches) / bound.clip(min=_ULP)))
        return {"error": float(errors[place]), "bound": float(bound[place])}

    def claim(
        self, parameters: OwnTermParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The error that is the largest part of its bound."""
        found = [entry for entry in _all(outcomes) if entry["labels"] == row["labels"]]
        # Errors are differences of numbers up to √P, solved for with condition P + 1.
        rounding = 100 * _ULP * max(parameters.patches)
        worst = max(
            found, key=lambda entry: (entry["error"] - rounding) / max(entry["bound"], _ULP)
        )
        trivial = all(e["bound"] >= largest_error(e["patches"]) for e in found)
        return Inequality(
            worst["error"],
            "<=",
            worst["bound"],
            examined=len(found),
            rounding=rounding,
            cannot_fail=self._too_large(parameters) if trivial else "",
            worst={**worst, "error / bound": worst["error"] / max(worst["bound"], _ULP)},
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


class DescentParameters(ConstructedParameters):
    """And the bounds and numbers of steps."""

    patches: tuple[int, ...] = Field((1, 2, 4, 16), min_length=1, description="values of |P_l|")
    sharp: bool = Field(False, description="the sharp rate and norm of the repaired form")
    steps: tuple[float, ...] = Field((0.0, 1.0, 5.0), description="T in units of |P_l|; 0 means 1")


class Descent(Check[DescentParameters]):
    """Lemma 15: T steps of gradient descent from W = 0, and the norm of what they approach.

    Among the samples is the worst spectrum: all samples show one patch, one embedding of it.
    """

    id = "lemma-15"
    statement = LEMMA_15.id
    quantity = "‖W_T − W_*‖/‖W_*‖ (rate), ‖W_*‖ (norm)"
    forms = ("printed", "repaired")
    parameters = DescentParameters
    answers = BUILT

    def rows(self, parameters: DescentParameters) -> Sequence[Row]:
        """The rate of the descent, then the norm of the solution."""
        return [{"part": "rate"}, {"part": "norm"}]

    def trial(self, parameters: DescentParameters, trial: Trial) -> Outcome:
        """Ratio and norm of every embedding and sample."""
        found, premises = [], []
        prefix = "sharp " if parameters.sharp else ""
        for name, built, rng in parameters.built(trial):
            premises.append(built.premises())
            for share in parameters.shares:
                for copy, law in COPIES.items():
                    joint = cells(
                        SHARES[share](name["patches"], rng),
                        law(parameters.copies, rng),
                        "independent" if copy == "random" else "one label",
                        1,
                        rng,
                    )
                    where = {**name, "shares": share, "copies": copy}
                    found += self._examined(built, joint, where, parameters, trial, prefix)
        return _outcome(found, premises)

    def _examined(
        self,
        built: Clusters,
        joint: Floats,
        where: dict[str, Any],
        parameters: DescentParameters,
        trial: Trial,
        prefix: str,
    ) -> list[dict[str, Any]]:
        P = where["patches"]
        best, curvature, slope = ridge_solution(built.vectors, joint, 1 / P)
        size = float(np.linalg.norm(best))
        limit = float(on_arrays(self.formula(trial.form, f"{prefix}norm"), patches=P))
        found: list[dict[str, Any]] = [{"part": "norm", "value": size, "bound": limit, **where}]
        step = float(on_arrays(self.formula(trial.form, "step size"), patches=P))
        step *= trial.control.step_size
        W, done = np.zeros_like(best), 0
        for T in sorted({max(1, round(multiple * P)) for multiple in parameters.steps}):
            for _ in range(T - done):
                W = W - step * (W @ curvature - slope)
            done = T
            rate = float(
                on_arrays(self.formula(trial.form, f"{prefix}contraction"), patches=P, T=T)
            )
            ratio = float(np.linalg.norm(W - best)) / size
            found.append({"part": "rate", "value": ratio, "bound": rate, "T": T, **where})
        return found

    def claim(
        self, parameters: DescentParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The value that is the largest part of its bound."""
        found = [entry for entry in _all(outcomes) if entry["part"] == row["part"]]
        worst = max(found, key=lambda entry: entry["value"] / entry["bound"])
        return Inequality(
            worst["value"],
            "<=",
            worst["bound"],
            examined=len(found),
            rounding=self._rounding(parameters),
            worst={**worst, "value / bound": worst["value"] / worst["bound"]},
        )

    def _rounding(self, parameters: DescentParameters) -> float:
        # Each step rounds W by 2D units of the last place, and (P + 2)/2 steps are remembered.
        P = max(parameters.patches)
        return 2 * P * (1 + parameters.copies) * (P + 2) * _ULP


class CoefficientParameters(ConstructedParameters):
    """And which of the printed constants is meant."""

    patches: tuple[int, ...] = Field((1, 2, 4, 8), min_length=1, description="values of |P_l|")
    copies: int = Field(3, ge=2, description="embeddings of each patch")
    quoted: bool = Field(False, description="1/2 as quoted in Sec. 4.1.2, in place of 1/4")


class Coefficient(Check[CoefficientParameters]):
    """Lemma 16: c_μ for every patch that was seen and every embedding of it.

    Beside the clusters of :mod:`verify.checks.clusters`, random ones of the same diameter, each
    patch at p̂ from 10^(−3) λ to 1.
    """

    id = "lemma-16"
    statement = LEMMA_16.id
    quantity = "c_μ"
    forms = ("printed", "repaired")
    parameters = CoefficientParameters
    answers: ClassVar[Answers] = {
        **BUILT,
        "R26.lemma-16/spread": Given("clusters are as wide as λ_W/4"),
        "R26.lemma-16/seen": Given("every p̂ that is tried is positive"),
    }

    def trial(self, parameters: CoefficientParameters, trial: Trial) -> Outcome:
        """c_μ and its bound, for the embedding at which c_μ is least."""
        found, premises = [], []
        for name, built, rng in parameters.built(trial):
            premises.append(built.premises())
            P = name["patches"]
            cap = random_cluster(parameters.copies, built.spread, rng)
            for kind, x in (("simplex", built.vectors[0]), ("random", cap)):
                for copy, law in COPIES.items():
                    weight = law(parameters.copies, rng)
                    for share in sorted({1e-3 / P, 0.1 / P, 1 / P, 0.5, 1.0}):
                        where = {**name, "cluster": kind, "copies": copy, "frequency": share}
                        worst = self._worst(
                            x, weight, share, 1 / P, built.spread, trial, parameters
                        )
                        found.append(worst | where)
        return _outcome(found, premises)

    def _worst(
        self,
        x: Floats,
        weight: Floats,
        share: float,
        ridge: float,
        spread: float,
        trial: Trial,
        parameters: CoefficientParameters,
    ) -> dict[str, Any]:
        curvature = share * (x * weight[:, None]).T @ x + ridge * np.eye(x.shape[1])
        least = float((x @ np.linalg.solve(curvature, weight @ x)).min())
        formula = self.formula(trial.form, "quoted" if parameters.quoted else "coefficient")
        values = {"frequency": share, "ridge": ridge, "epsilon_S": spread}
        return {"value": least, "bound": float(on_arrays(formula, **values))}

    def claim(
        self, parameters: CoefficientParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The coefficient that exceeds its bound by the smallest factor."""
        found = _all(outcomes)
        worst = min(found, key=lambda entry: entry["value"] / entry["bound"])
        return Inequality(
            worst["value"],
            ">=",
            worst["bound"],
            examined=len(found),
            rounding=1e3 * _ULP * max(parameters.patches) ** 2,  # condition P + 1, values up to P
            worst={**worst, "value / bound": worst["value"] / worst["bound"]},
        )


def random_cluster(copies: int, diameter: float, rng: np.random.Generator) -> Floats:
    """Unit vectors around one direction, (copies, copies + 1), whose diameter is `diameter`."""
    offsets = rng.standard_normal((copies, copies))
    low, high = 0.0, 4.0 * diameter
    for _ in range(60):
        middle = (low + high) / 2
        points = np.c_[np.ones(copies), middle * offsets]
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        widest = np.linalg.norm(points[:, None] - points[None], axis=2).max()
        low, high = (low, middle) if widest > diameter else (middle, high)
    points = np.c_[np.ones(copies), low * offsets]
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


CHECKS = (MetAtEquality(), OwnTerm(), Descent(), Coefficient())
