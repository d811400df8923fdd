"""Lemma 14: the ridge solution maps an embedding of μ to a multiple of q̂_μ.

**What fails in the printed form.** W_* x_μ contains Ê[e_ζ x̂ᵀ | μ]. That is q̂_μ Ê[x̂_μ]ᵀ only if,
in the sample, label and representation are uncorrelated given μ. Conditional independence makes
their empirical correlation Ĉ_μ = Ê[(e_ζ − q̂_μ)(x̂ − x̄_μ)ᵀ | μ] zero in expectation, not in the
sample. One patch seen twice, with two labels and embeddings ε_S apart, has an error of about ε_S²
|P_l|/(4√2) at ε_O = 0.

**Repair.** W_* x_μ = p̂_μ Ê[e_ζ x̂_μᵀ] (p̂_μ Ê[x̂_μ x̂_μᵀ] + λ_W)^(−1) x_μ ±₂ 6 |P_l|² ε_O, that
is, the printed term plus Δ_μ = p̂_μ Ĉ_μ (p̂_μ Ê[x̂_μ x̂_μᵀ] + λ_W)^(−1) x_μ. The entries of Δ_μ sum
to 0, and ‖Δ_μ‖ ≤ (5/4) p̂_μ/(p̂_μ + λ_W) ‖Ĉ_μ‖ for ε_S ≤ λ_W/4. The error is in fact at most |P_l|
ε_O √(1 − p̂_μ) (1 + √(p̂_μ |P_l|)/2), whatever ε_S and ε_O.

**Derivation.** P = |P_l|, λ = 1/P. Let X have the rows √w_i x_i and E the rows √w_i e_{ζ_i}, Σ w_i
= 1 over the sample, A = XᵀX, H = X(A + λ)^(−1)Xᵀ, S = p̂_μ Ê[x̂_μ x̂_μᵀ] + λ and y = S^(−1)x_μ.
Then A + λ = S + R with R from the other patches, and (A + λ)^(−1)x_μ = y − (A + λ)^(−1)R y. Let u
be X y with the entries of μ set to 0, so R y = Xᵀu. Therefore W_* x_μ = EᵀX(A + λ)^(−1)x_μ = p̂_μ
Ê[e_ζ x̂_μᵀ] y + Eᵀu − EᵀH u: the error is Eᵀ(1 − H)u, exactly. ‖E‖ ≤ 1 and 0 ≤ 1 − H ≤ 1, so it is
at most ‖u‖ ≤ √(1 − p̂_μ) max |⟨x_ν, y⟩|. From λy = x_μ − p̂_μ Ê[x̂_μ ⟨x̂_μ, y⟩], |⟨x_ν, y⟩| ≤ P ε_O
(1 + p̂_μ Ê|⟨x̂_μ, y⟩|), and p̂_μ Ê[⟨x̂_μ, y⟩²] + λ‖y‖² = ⟨x_μ, y⟩ ≤ ‖y‖ gives p̂_μ Ê[⟨x̂_μ, y⟩²] ≤
P/4. This is the sharp bound, at most (1 + √P/4) P ε_O ≤ 6P² ε_O. As to Δ_μ: S x_μ = (p̂_μ + λ)x_μ +
p̂_μ r with ‖r‖ ≤ ε_S, so y = (x_μ − p̂_μ S^(−1)r)/(p̂_μ + λ) and ‖y‖ ≤ (1 + ε_S/λ)/(p̂_μ + λ) ≤
(5/4)/(p̂_μ + λ).

**How sharp.** For p̂_μ → 0, inner products +ε_O = +1/P with μ and −1/P among the others, which are
equally frequent and share a label, the error is P ε_O (P − 1)/(P + 1). So the printed 6|P_l|² ε_O
is loose by a factor above 6|P_l|. It says nothing for ε_O ≥ (√|P_l|/2 + 1)/(6|P_l|²), since no
error exceeds √|P_l|/2 + 1; in particular not at ε_O = 1/|P_l|.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import LATEX, epsilon_O, frequency, patches, ridge_error

SOURCE = "R26 Lemma 14"

_NAME = LATEX[ridge_error]

ERROR = Formula(_NAME, "error of the patch's own term", SOURCE, 6 * patches**2 * epsilon_O)

SHARP_ERROR = Formula(
    _NAME,
    "error of the patch's own term, sharp",
    f"{SOURCE}, repaired",
    patches * epsilon_O * sp.sqrt(1 - frequency) * (1 + sp.sqrt(frequency * patches) / 2),
)

STATEMENT = Statement(
    id="R26.lemma-14",
    title="The ridge solution on one patch",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("λ_W = 1/|P_l|", "ridge"),
        Hypothesis("Assumption 13", "R26.assumption-13"),
    ),
    forms={
        "printed": Form(
            "W_* x_μ = t_μ ± 6|P_l|² ε_O for all μ and x_μ, with the term of the patch alone"
            " t_μ = p̂_μ Ê[x̂_μ]ᵀ (p̂_μ Ê[x̂_μ x̂_μᵀ] + λ_W)^(−1) x_μ · q̂_μ.",
            {"error": ERROR},
            sp.Le(ridge_error, ERROR.expression),
        ),
        "repaired": Form(
            "W_* x_μ = t_μ ± 6|P_l|² ε_O for all μ and x_μ, with"
            " t_μ = p̂_μ Ê[e_ζ x̂_μᵀ] (p̂_μ Ê[x̂_μ x̂_μᵀ] + λ_W)^(−1) x_μ; the error is at most"
            " |P_l| ε_O √(1 − p̂_μ) (1 + √(p̂_μ |P_l|)/2).",
            {"error": ERROR, "sharp error": SHARP_ERROR},
            sp.Le(ridge_error, ERROR.expression),
        ),
    },
    assumes=("R26.assumption-13",),
    derivation=__doc__,
    erratum=Erratum(
        printed="W_* x_μ is a multiple of q̂_μ up to 6|P_l|² ε_O",
        fails="label and representation are correlated within a patch in any finite sample",
        by="|P_l| = 2, ε_O at Lemma 17's value for ε_* = 0.05: 7.8 times the bound; one patch seen"
        " twice: 0.0109 against 0",
        repair="add Δ_μ = p̂_μ Ĉ_μ (p̂_μ Ê[x̂_μ x̂_μᵀ] + λ_W)^(−1) x_μ, Ĉ_μ that correlation",
        consequence="Theorem 7's form is unaffected: ‖Ĉ_μ‖ is of order ε_S/√(N p_μ),"
        " within Lemma 17's constants",
    ),
)

STATEMENTS = (STATEMENT,)
