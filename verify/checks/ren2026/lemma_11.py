"""Lemma 11: one layer of the chain, on token embeddings that meet its hypotheses with equality."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.population import patch_law
from layerproof.theory.randomness import generator
from layerproof.theory.schedule import LEAF_SEPARATION, Chain, chain_of
from layerproof.theory.statements.ren2026.lemma_11 import STATEMENT as LEMMA_11
from layerproof.theory.statements.ren2026.lemma_17 import OVERLAP, RIDGE, SPREAD, STEPS
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.premises import Answers, Given, OnParameters, at_least_as_stated
from layerproof.verify.checks.ren2026.descent import trained_outputs
from layerproof.verify.checks.ren2026.lemma_17 import LARGEST, Repairable, constants
from layerproof.verify.verdicts.claims import Claim, Frequency, Inequality


class ChainLayerParameters(InstanceParameters):
    """A grammar and the level whose layer is trained, the leaves' by default.

    `repairs` names formulas that the printed form takes from the repaired one, so that one slip can
    be looked at by itself.
    """

    V: int = Field(32, ge=2, description="vocabulary size")
    m: int = Field(8, ge=1, description="rules per symbol")
    L: int = Field(2, ge=1, description="levels")
    level: int | None = Field(None, ge=1, description="the layer's level")
    epsilon: float = Field(0.099, gt=0, lt=LARGEST, description="accuracy ε_*")
    delta: float = Field(0.05, gt=0, lt=LARGEST, description="failure probability; O(δ) read as δ")
    multiple: float = Field(1.0, gt=0, description="N over the N of the form")
    repairs: tuple[Repairable, ...] = Field((), description="formulas of the repaired form")
    leaf_ratio: float = Field(
        1.0, gt=0, description="ρ^(L+1), which the paper leaves open, over √2"
    )

    @property
    def trained(self) -> int:
        """The level whose layer is trained."""
        return self.depth if self.level is None else min(self.level, self.depth)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is judged; the leaves' embeddings have no spread."""
        spread = () if self.trained == self.depth else ("spread",)
        return ("overlap", *spread, "error")


@dataclass(frozen=True)
class PreFeatures:
    """Every value (rows, s d) of a pre-feature, with the row of its patch in P_l."""

    points: Floats
    patch: Integers


class ChainLayer(Check[ChainLayerParameters]):
    """Lemma 11 with the exact kernel: is ‖h − q‖ ≤ ε_* on every string?

    Above the leaves every token has two embeddings, q ± ε_*^(l+1) in the direction of the nearest
    other token, so that the closest pair is exactly ρ − 2ε_*^(l+1) apart. Rows "overlap" and
    "spread" are the hypotheses of Lemma 17 on the patch embeddings, over what they may be.
    """

    id = "lemma-11"
    statement = LEMMA_11.id
    turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents")
    quantity = "ratio to what Lemma 11 allows"
    forms = ("printed", "repaired")
    parameters = ChainLayerParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        "R26.lemma-11/tokens": Given("built at that distance; one-hot at the leaves"),
        "R26.lemma-11/tolerances": Given("the parameters take no others"),
        "R26.lemma-11/steps": Given("T as in Lemma 17; the kernel is exact, M = ∞"),
        "R26.lemma-11/samples": OnParameters(at_least_as_stated),
    }

    def rows(self, parameters: ChainLayerParameters) -> Sequence[Row]:
        """Hypotheses on the patch embeddings, then the conclusion."""
        return [{"part": part} for part in parameters.parts]

    def trial(self, parameters: ChainLayerParameters, trial: Trial) -> Outcome:
        """Train the layer once; the ratio of every part."""
        grammar = trial.grammar(parameters)
        level, chain = parameters.trained, chain_of(grammar)
        found, sizes = self._constants(parameters, chain, trial.form)
        strings = preimages(grammar, level, found["tolerance below"])
        squares = scipy.spatial.distance.cdist(strings.points, strings.points, "sqeuclidean")
        exponent = squares / (2.0 * found["bandwidth"] ** 2)
        N = math.ceil(parameters.multiple * found["N"])
        rng = generator(trial.derive("counts"))
        law = patch_law(grammar, level)
        h = trained_outputs(
            np.exp(-exponent),
            _counts(strings, law.joint, N, rng) / N,
            found["ridge"],
            found["step size"],
            math.ceil(found["T"]),
        )
        error = np.linalg.norm(h - law.posterior[strings.patch], axis=1)
        same = strings.patch[:, None] == strings.patch[None, :]
        nearest = float(exponent.min(where=~same, initial=np.inf))
        widest = float(exponent.max(where=same, initial=0.0))
        ratios = {
            "overlap": math.exp(-nearest) / OVERLAP(**sizes),
            "spread": math.sqrt(-2.0 * math.expm1(-widest)) / SPREAD(**sizes),
            "error": float(error.max()) / parameters.epsilon,
        }
        return Outcome(ratios | {"N": N})

    def _constants(
        self, parameters: ChainLayerParameters, chain: Chain, form: str
    ) -> tuple[dict[str, float], dict[str, Any]]:
        level, leaf = parameters.trained, parameters.trained == parameters.depth
        sizes = {
            "patches": chain.patches[level - 1],
            "kappa": chain.kappa,
            "d_y": chain.classes,
            "s": chain.branching,
            "epsilon": parameters.epsilon,
            "delta": parameters.delta,
        }
        rho = parameters.leaf_ratio * LEAF_SEPARATION if leaf else chain.separations[level]
        # One-hot leaves are exact.
        below = 0.0 if leaf else self.formula(form, "tolerance below")(rho=rho, **sizes)
        values = sizes | {"rho": rho, "token_separation": rho - 2 * below}
        names = ("N", "bandwidth", "step size")
        found = constants(self, form, parameters.repairs, values, names)
        fixed = {"ridge": RIDGE(**sizes), "T": STEPS(**sizes), "tolerance below": below}
        return found | fixed, sizes

    def claim(
        self, parameters: ChainLayerParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """Hypotheses as inequalities over all trials, the conclusion as a frequency against δ."""
        ratios = np.array([outcome.values[row["part"]] for outcome in outcomes])
        evidence = {
            "largest ratio": float(ratios.max()),
            "N": max(outcome.values["N"] for outcome in outcomes),
        }
        if row["part"] == "error":
            failures = int((~(ratios <= 1.0)).sum())
            return Frequency(failures, len(ratios), parameters.delta, worst=evidence)
        return Inequality(
            float(ratios.max()), self.relation(form), 1.0, len(ratios), worst=evidence
        )


def preimages(grammar: Grammar, level: int, below: float) -> PreFeatures:
    """The pre-features of the level-`level` patches, each token embedded as its embeddings allow.

    One-hot at the leaves, with `below` = 0; two embeddings per token above, 2 `below` apart.
    """
    tokens = token_embeddings(grammar, level, below)
    patches = grammar.patches(level).patch
    choices = np.array(list(itertools.product(range(tokens.shape[1]), repeat=patches.shape[1])))
    points = tokens[patches[:, None, :], choices[None, :, :]]
    patch = np.repeat(np.arange(len(patches)), len(choices))
    return PreFeatures(points.reshape(len(patch), -1), patch)


def token_embeddings(grammar: Grammar, level: int, below: float) -> Floats:
    """Embeddings (V, values, d) of the level-`level` tokens."""
    if level == grammar.levels:
        return np.eye(grammar.vocabularies[-1])[:, None, :]
    law = patch_law(grammar, level + 1)
    q = np.array([law.posterior[law.parent == token][0] for token in range(law.parent.max() + 1)])
    distance = scipy.spatial.distance.cdist(q, q)
    np.fill_diagonal(distance, np.inf)
    towards = q[distance.argmin(axis=1)] - q
    shift = below * towards / np.linalg.norm(towards, axis=1, keepdims=True)
    return np.stack([q + shift, q - shift], axis=1)


def _counts(strings: PreFeatures, joint: Floats, N: int, rng: np.random.Generator) -> Integers:
    """How often each string and label come together; given the patch they are independent."""
    cells = joint[strings.patch] / np.bincount(strings.patch)[strings.patch, None]
    return rng.multinomial(N, (cells / cells.sum()).ravel()).reshape(cells.shape)


CHECKS = (ChainLayer(),)
