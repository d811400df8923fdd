"""Lemma 15: gradient descent on one layer's ridge problem.

**What fails in the printed form.** The step size 2/(1 + λ_W) is the best one for a spectrum inside
[λ_W, 1]. The spectrum of Ê[x xᵀ] + λ_W is inside [λ_W, 1 + λ_W], and its top is reached where every
sample shows one patch: there 1 − η(1 + λ_W) = −1 and nothing contracts. It fails at T = 1 as soon
as the top eigenvalue of Ê[x xᵀ] exceeds (1 + e^(−1/|P_l|))(|P_l| + 1)/(2|P_l|) − 1/|P_l|, about 1 −
1/(2|P_l|).

**Repair.** η = 2/(1 + 2λ_W) = 2|P_l|/(|P_l| + 2), the best step for [λ_W, 1 + λ_W].

**Derivation.** W_T − W_* = −W_* (I − η(A + λ))^T with A = Ê[x xᵀ], 0 ≤ A ≤ 1, λ = λ_W, and ‖I − η(A
+ λ)‖ ≤ max(1 − ηλ, η(1 + λ) − 1) = 1/(1 + 2λ) = |P_l|/(|P_l| + 2). And log(1 + 2x) ≥ x for x =
1/|P_l| in [0, 1], so (|P_l|/(|P_l| + 2))^T ≤ e^(−T/|P_l|). For the norm let X and E have the rows
√w_i x_i and √w_i e_{ζ_i}, Σ w_i = 1: W_* = EᵀX(XᵀX + λ)^(−1), ‖E‖_F = 1 and a/(a² + λ) ≤ 1/(2√λ),
so ‖W_*‖_F ≤ √|P_l|/2 ≤ |P_l|. The rate is attained where all samples show one patch, the norm by
orthonormal patches that are equally frequent, each with one label.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import T, patches

SOURCE = "R26 Lemma 15"

STEP_SIZE = Formula(r"\eta", "step size", SOURCE, 2 * patches / (patches + 1))

STEP_SIZE_REPAIRED = Formula(
    r"\eta", "step size", f"{SOURCE}, repaired", 2 * patches / (patches + 2)
)

_RATIO = r"\|W_T - W_*\|_F / \|W_*\|_F"

CONTRACTION = Formula(_RATIO, "contraction", SOURCE, sp.exp(-T / patches))

SHARP_CONTRACTION = Formula(
    _RATIO, "contraction, sharp", f"{SOURCE}, repaired", (patches / (patches + 2)) ** T
)

NORM = Formula(r"\|W_*\|_F", "norm of the ridge solution", SOURCE, patches)

SHARP_NORM = Formula(
    r"\|W_*\|_F", "norm of the ridge solution, sharp", f"{SOURCE}, repaired", sp.sqrt(patches) / 2
)

_RATE = "‖W_T − W_*‖_F ≤ e^(−T/|P_l|) ‖W_*‖_F ≤ e^(−T/|P_l|) |P_l|"

_CONCLUSION = sp.Le(sp.Symbol(CONTRACTION.name), CONTRACTION.expression)

STATEMENT = Statement(
    id="R26.lemma-15",
    title="Gradient descent reaches the ridge solution",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("λ_W = 1/|P_l|", "ridge"),
        Hypothesis("unit-norm embeddings (Assumption 13a)", "R26.assumption-13"),
        Hypothesis("W_0 = 0", "descent.from-zero"),
    ),
    forms={
        "printed": Form(
            f"With η = 2|P_l|/(|P_l| + 1), {_RATE}.",
            {"step size": STEP_SIZE, "contraction": CONTRACTION, "norm": NORM},
            _CONCLUSION,
        ),
        "repaired": Form(
            f"With η = 2|P_l|/(|P_l| + 2), {_RATE}; the rate is (|P_l|/(|P_l| + 2))^T and the norm"
            " at most √|P_l|/2.",
            {
                "step size": STEP_SIZE_REPAIRED,
                "contraction": CONTRACTION,
                "norm": NORM,
                "sharp contraction": SHARP_CONTRACTION,
                "sharp norm": SHARP_NORM,
            },
            _CONCLUSION,
        ),
    },
    assumes=("R26.assumption-13",),
    derivation=__doc__,
    erratum=Erratum(
        printed="η = 2|P_l|/(|P_l| + 1), the best step for a spectrum in [λ_W, 1]",
        fails="Ê[x xᵀ] + λ_W reaches 1 + λ_W, where every sample shows one patch: no contraction",
        by="N = 1: ‖W_T − W_*‖ = ‖W_*‖ for every T; |P_l| = 2, each patch once, one label, inner"
        " product 1/2: 6.6 times the bound at T = 20",
        repair="η = 2|P_l|/(|P_l| + 2)",
        consequence="Theorem 7's form is unaffected: the number of steps stays",
    ),
)

STATEMENTS = (STATEMENT,)
