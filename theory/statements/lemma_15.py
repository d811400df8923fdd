"""Lemma 15: gradient descent on one layer's ridge problem.

**What fails in the printed form.** The step size 2/(1 + λ_W) is the best one for a spectrum inside
[λ_W, 1]. The spectrum of Ê[x xᵀ] + λ_W is inside [λ_W, 1 + λ_W], and its top is reached where every
sample shows one patch: there 1 − η(1 + λ_W) = −1 and nothing contracts.

**Repair.** η = 2/(1 + 2λ_W) = 2|P_l|/(|P_l| + 2), the best step for [λ_W, 1 + λ_W].

**Derivation.** ‖I − η(A + λ)‖ ≤ max(1 − ηλ, η(1 + λ) − 1) = 1/(1 + 2λ) = |P_l|/(|P_l| + 2), and
log(1 + 2/|P_l|) ≥ 1/|P_l| for |P_l| ≥ 1 since log(1 + 2x) ≥ x on [0, 1].
"""

from __future__ import annotations

import sympy as sp

from theory.formula import Formula
from theory.statements.base import Form, Statement
from theory.symbols import T, patches

STEP_SIZE = Formula(r"\eta", "step size", "R26 Lemma 15", 2 * patches / (patches + 1))

STEP_SIZE_REPAIRED = Formula(
    r"\eta", "step size", "R26 Lemma 15, repaired", 2 * patches / (patches + 2)
)

CONTRACTION = Formula(
    r"\|W_T - W_*\|_F / \|W_*\|_F", "contraction", "R26 Lemma 15", sp.exp(-T / patches)
)

_RATE = "‖W_T − W_*‖_F ≤ e^(−T/|P_l|) ‖W_*‖_F ≤ e^(−T/|P_l|) |P_l|."

STATEMENT = Statement(
    id="R26.lemma-15",
    title="Gradient descent reaches the ridge solution",
    source="R26 Lemma 15",
    kind="lemma",
    hypotheses=("λ_W = 1/|P_l|", "unit-norm embeddings (Assumption 13a)", "W_0 = 0"),
    forms={
        "printed": Form(
            f"With η = 2|P_l|/(|P_l| + 1), {_RATE}",
            {"step size": STEP_SIZE, "contraction": CONTRACTION},
        ),
        "repaired": Form(
            f"With η = 2|P_l|/(|P_l| + 2), {_RATE}",
            {"step size": STEP_SIZE_REPAIRED, "contraction": CONTRACTION},
        ),
    },
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
