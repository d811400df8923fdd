"""Proposition 19: in the uniform-first-token ensemble, non-synonyms stay apart at every level.

**What fails in the printed form.** "All l and all non-synonyms" costs a union that is not paid
for. Read with any constant C in min(m, V) ≥ C log³(1/δ) and with its regime dropped, the statement
is false: equal columns of
P_{l−1} give two tokens equal q at level l, levels are independent, so it fails with probability
at least 1 − (1 − p)^(L−1), p that of one matrix having equal columns. At V = m = 2, p = 2/3, and
δ = exp(−(2/C)^(1/3)) < 1 is passed at some L for every C (C = 1: at L = 2, 0.667 > 0.284;
C = 1000: at L = 3, 0.889 > 0.882). Large V does not help: at m = 2, p → 1 − e^(−1/4) = 0.221
(V → ∞). In the paper's regime m, V = Θ(log d), L = O(log d/log log d) it is true asymptotically,
since min(m, V) then exceeds log(V²L²/δ).

**Repair.** It fails with probability at most V(V − 1) L(L − 1) exp(−min(m, V)/100): it holds with
probability at least 1 − δ as soon as min(m, V) ≥ 100 log(V²L²/δ).

**Derivation.** q_μ^(l) − q_μ'^(l) = P_1 ⋯ P_{l−1}(e_ν − e_ν') for the parents ν ≠ ν' (Lemma 20):
l − 1 uses of Lemma 29 (repaired), each failing with probability at most 4 exp(−min(m, V)/100),
for each of V(V − 1)/2 pairs. Over the levels 2 … L, Σ(l − 1) = L(L − 1)/2.

**What it says at sizes that people run.** m^(l−1)(q_μ − q_μ') is an integer vector whose entries
sum to 0, so its squared length is 0 or at least 2, and the bound asks for (m/20)^(l−1). For
m ≤ 20 · 2^(1/(l−1)) the bound at level l is violated if and only if two non-synonyms have exactly
equal q; for m = 1 never.

**What it gives Theorem 7.** K_ρ = √m · 20^(−(L−1)/2), which falls with L; K_ρ^(−2)
m^L = (20m)^(L−1), with 20^L = d^(o(1)) for L = O(log d/log log d).
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.statements.ren2026.lemma_29 import FAILURE as FAILURE_OF_ONE
from layerproof.theory.statements.ren2026.lemma_29 import READING_OF_FAILURE
from layerproof.theory.symbols import L, V, l, m, rho

SOURCE = "R26 Proposition 19"

SEPARATION = Formula(
    r"\rho^{(l)}",
    "least separation of non-synonyms",
    SOURCE,
    (20 * m) ** (-(l - 1) / sp.Integer(2)),
)

FAILURE = Formula(
    r"\mathbb{P}[\mathrm{failure}]",
    "failure probability",
    f"{SOURCE}, repaired",
    V * (V - 1) / 2 * L * (L - 1) / 2 * FAILURE_OF_ONE.expression,
)

SIGNAL = Formula(
    r"K_\rho",
    "signal constant of Assumption 6(b)",
    "derived from R26 Proposition 19",
    sp.sqrt(m) * sp.Integer(20) ** (-(L - 1) / sp.Integer(2)),
)
"""min over l of (20m)^(−(l−1)/2) m^(l/2), attained at l = L."""

STATEMENT = Statement(
    id="R26.proposition-19",
    title="Separation in the uniform-first-token ensemble",
    source=SOURCE,
    kind="proposition",
    hypotheses=(
        Hypothesis("the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis(
            "m, V = Θ(log d), L = O(log d / log log d), min(m, V) ≫ log³(1/δ)",
            "R26.proposition-19/depth",
            "sizes.delta",
        ),
    ),
    forms={
        "printed": Form(
            "With probability at least 1 − δ, ‖q_μ − q_μ'‖ ≥ (20m)^(−(l−1)/2) for all levels l and"
            " all non-synonyms. Read with min(m, V) ≥ C log³(1/δ); at sizes outside the regime"
            " m, V = Θ(log d), L = O(log d / log log d) that drops a hypothesis.",
            {"separation": SEPARATION, "failure": READING_OF_FAILURE},
            sp.Ge(rho, SEPARATION.expression),
        ),
        "repaired": Form(
            "‖q_μ − q_μ'‖ ≥ (20m)^(−(l−1)/2) for all levels l and all non-synonyms fails with"
            " probability at most V(V − 1) L(L − 1) exp(−min(m, V)/100).",
            {"separation": SEPARATION, "failure": FAILURE, "signal": SIGNAL},
            sp.Ge(rho, SEPARATION.expression),
        ),
    },
    assumes=("R26.definition-4",),
    proof_uses=("R26.lemma-20", "R26.lemma-30"),
    derivation=__doc__,
    erratum=Erratum(
        printed="‖q_μ − q_μ'‖ ≥ (20m)^(−(l−1)/2) for all l and non-synonyms with probability 1 − δ"
        " if min(m, V) ≫ log³(1/δ)",
        fails="without its regime m, V = Θ(log d), for every constant in ≫ at small m, V and large"
        " L: the union over pairs and levels is not paid for",
        by="V = m = 2: it fails with probability 1 − 3^(−(L−1))",
        repair="min(m, V) ≥ 100 log(V²L²/δ)",
        consequence="Theorem 7's form holds in its regime; K_ρ = √m 20^(−(L−1)/2) falls with L, so"
        " the sample count is"
        " (20m)^(L−1) in place of m^L",
    ),
)

STATEMENTS = (STATEMENT,)
