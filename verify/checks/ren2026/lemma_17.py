"""Lemma 17: one layer trained on patch embeddings that meet Assumption 13 with equality."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.frequencies import ROUNDING, PatchKind, failure_probability, label_law_within
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.lemma_17 import STATEMENT as LEMMA_17
from layerproof.verify.checks.base import Check, Outcome, Outcomes, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given, OnParameters, at_least_as_stated
from layerproof.verify.checks.ren2026.clusters import SIGNS, clusters
from layerproof.verify.checks.ren2026.descent import trained_outputs
from layerproof.verify.verdicts.claims import Frequency, Inequality

LARGEST = 0.1
"""ε_* and δ range over (0, LARGEST)."""

Repairable = Literal["N", "step size"]
"""Formulas whose printed form differs from the repaired one."""

Signs = Literal["plus", "minus", "hub", "random"]


class LayerParameters(Parameters):
    """|P_l| patches, all but one as rare as κ allows, each of two equally likely labels.

    κ = 1 makes the patches equally likely. `repairs` names formulas that the printed form takes
    from the repaired one, so that one slip can be looked at by itself.
    """

    patches: int = Field(16, ge=2, description="|P_l|")
    kappa: float = Field(1.0, ge=1, description="non-degeneracy constant")
    epsilon: float = Field(0.09, gt=0, lt=LARGEST, description="accuracy ε_*")
    delta: float = Field(0.05, gt=0, lt=LARGEST, description="failure probability")
    multiple: float = Field(1.0, gt=0, description="N over the N of the form")
    repairs: tuple[Repairable, ...] = Field((), description="formulas of the repaired form")

    @property
    def rare(self) -> float:
        """The least probability of a patch."""
        return 1.0 / (self.kappa * self.patches)

    @property
    def common(self) -> float:
        """The probability of the last patch."""
        return 1.0 - (self.patches - 1) * self.rare


class EmbeddingParameters(LayerParameters):
    """How the patches are embedded."""

    classes: int = Field(4, ge=2, multiple_of=2, description="d_y, labels in pairs")
    copies: int = Field(2, ge=1, description="embeddings of each patch")
    signs: Signs = Field("plus", description="signs of the inner products, ε_O each")


def constants(
    check: Check[Any],
    form: str,
    repairs: Sequence[str],
    values: Mapping[str, Any],
    names: Sequence[str],
) -> dict[str, float]:
    """The form's formulas, those among `repairs` as repaired."""
    return {
        name: check.formula("repaired" if name in repairs else form, name)(**values)
        for name in names
    }


RARE = Given("the rarest patches have probability 1/(κ|P_l|)")


class ExactFailure(TypedDict):
    """The failure probability at N samples."""

    failure: float
    N: int


class OneLayerExactly(Check[LayerParameters]):
    """Lemma 17 on orthonormal patches, where h_μ = q̂_μ after any number of steps.

    ε_O = ε_S = 0, so W x_μ is a multiple of q̂_μ, and the failure probability is that of
    ‖q̂_μ − q_μ‖ > ε_* for some μ, with q = (½, ½): exact. A patch never seen fails.
    """

    id = "lemma-17-exact"
    statement = LEMMA_17.id
    quantity = "P[‖h − q‖ > ε_* for some patch]"
    forms = ("printed", "repaired")
    parameters = LayerParameters
    answers: ClassVar[Answers] = {
        "R26.assumption-6a": RARE,
        "R26.assumption-13": Given("patches are orthonormal"),
        "R26.lemma-17/signal": Given("a patch has one embedding"),
        "R26.lemma-17/tolerances": Given("the parameters take no others"),
        "R26.lemma-17/steps": Given("after any number of steps h is q̂"),
        "R26.lemma-17/samples": OnParameters(at_least_as_stated),
    }

    def trial(self, parameters: LayerParameters, trial: Trial) -> Outcome[ExactFailure]:
        """The failure probability at the form's N."""
        values = parameters.model_dump()
        N = math.ceil(parameters.multiple * self.formula(trial.form, "N")(**values))

        def good(counts: Floats) -> Floats:
            return np.nan_to_num(label_law_within(counts, 0.5, parameters.epsilon), nan=0.0)

        kinds = [
            PatchKind(parameters.rare, parameters.patches - 1, good),
            PatchKind(parameters.common, 1, good),
        ]
        return Outcome({"failure": min(1.0, failure_probability(N, kinds)), "N": N})

    def claim(
        self, parameters: LayerParameters, row: Row, outcomes: Outcomes[ExactFailure], form: str
    ) -> Inequality:
        """The failure probability against δ."""
        found = outcomes[0].values
        return Inequality(
            found["failure"],
            "<=",
            parameters.delta,
            examined=1,
            rounding=ROUNDING,
            worst={
                "N": found["N"],
                "rarest patch is seen": found["N"] * parameters.rare,
                "q": [0.5, 0.5],
            },
        )


class FarthestOutput(TypedDict):
    """The output farthest from its law, over ε_*, and how many strings have its first patch."""

    ratio: float
    strings: int
    N: int


class OneLayer(Check[EmbeddingParameters]):
    """Lemma 17 with every hypothesis at equality: ε_S, ε_O, λ_W, η, N, and the least whole T.

    Distinct patches have inner products ±ε_O, representations of one patch are ε_S apart, patches
    are as rare as κ allows, labels as noisy as two of them can be.
    """

    id = "lemma-17"
    statement = LEMMA_17.id
    turned_by = ("merged-clusters",)
    quantity = "P[‖h − q‖ > ε_* for some patch]"
    forms = ("printed", "repaired")
    parameters = EmbeddingParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        "R26.assumption-6a": RARE,
        "R26.lemma-17/signal": Given("drawn independently, given the patch"),
        "R26.lemma-17/tolerances": Given("the parameters take no others"),
        "R26.lemma-17/steps": Given("T is the least whole number that the form allows"),
        "R26.lemma-17/samples": OnParameters(at_least_as_stated),
    }

    def trial(self, parameters: EmbeddingParameters, trial: Trial) -> Outcome[FarthestOutput]:
        """Train once; the largest error over ε_*."""
        values = parameters.model_dump() | {"d_y": parameters.classes}
        names = ("N", "T", "step size", "ridge", "overlap", "spread")
        found = constants(self, trial.form, parameters.repairs, values, names)
        rng = generator(trial.derive("layer"))
        signs = SIGNS[parameters.signs](parameters.patches, rng)
        built = clusters(signs, found["overlap"], found["spread"], parameters.copies)
        assert built is not None  # overlaps are far below 1/|P_l|
        built = built.merged() if trial.control.merge else built
        N = math.ceil(parameters.multiple * found["N"])
        counts = _counts(parameters, N, rng)
        rows = built.vectors.reshape(-1, built.vectors.shape[2])
        h = trained_outputs(
            rows @ rows.T,
            counts.reshape(len(rows), -1) / N,
            found["ridge"],
            found["step size"],
            math.ceil(found["T"]),
        )
        q = label_laws(parameters)
        error = np.linalg.norm(h.reshape(counts.shape) - q[:, None], axis=2).max(axis=1)
        worst = int(error.argmax())
        ratio = float(error[worst]) / parameters.epsilon
        strings = int(counts[worst].sum())
        return Outcome({"ratio": ratio, "strings": strings, "N": N}, built.premises())

    def claim(
        self,
        parameters: EmbeddingParameters,
        row: Row,
        outcomes: Outcomes[FarthestOutput],
        form: str,
    ) -> Frequency:
        """In how many trials some output is further than ε_* from q, against δ."""
        ratios = [outcome.values["ratio"] for outcome in outcomes]
        worst = outcomes[max(range(len(ratios)), key=ratios.__getitem__)].values
        return Frequency(
            sum(not ratio <= 1.0 for ratio in ratios),
            len(ratios),
            parameters.delta,
            worst={
                "N": worst["N"],
                "‖h − q‖/ε_*": worst["ratio"],
                "strings with its first patch": worst["strings"],
            },
        )


def label_laws(parameters: EmbeddingParameters) -> Floats:
    """q (|P_l|, d_y): patch i has labels 2i and 2i + 1 (mod d_y), equally likely."""
    q = np.zeros((parameters.patches, parameters.classes))
    pair = 2 * (np.arange(parameters.patches) % (parameters.classes // 2))
    for offset in (0, 1):
        q[np.arange(parameters.patches), pair + offset] = 0.5
    return q


def _counts(parameters: EmbeddingParameters, N: int, rng: np.random.Generator) -> Integers:
    """How often each patch, embedding and label come together: (|P_l|, copies, d_y)."""
    mass = np.append(np.full(parameters.patches - 1, parameters.rare), parameters.common)
    cells = mass[:, None, None] * label_laws(parameters)[:, None]
    cells = np.repeat(cells, parameters.copies, axis=1)
    return rng.multinomial(N, (cells / cells.sum()).ravel()).reshape(cells.shape)


CHECKS = (OneLayerExactly(), OneLayer())
