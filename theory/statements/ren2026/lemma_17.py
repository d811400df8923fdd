"""Lemma 17: how many samples, and how clean an embedding, give ‖h − q‖ ≤ ε_*.

**What fails in the printed form.** The empirical law q̂_μ averages the n_μ = N p̂_μ strings whose
first patch is μ, not all N (Lemma 18). So ‖q̂_μ − q_μ‖ needs N p_μ ≳ ε_*^(−2), and p̂_μ within a
constant factor of p_μ needs N p_μ ≳ 1: both lack κ|P_l|. Printed, the relative error of p̂_μ that
Lemma 18 allows is √(|P_l|/4) ≥ 1 where κ ≥ ε_*^(−2). The step size is that of Lemma 15, whose
contraction fails; this lemma was not seen to fail for it alone, since the one direction that does
not contract is that of a patch that every string shows, and normalising divides a scale out.

**Repair.** N ≥ 8 κ |P_l| ε_*^(−2) log(4|P_l|/δ), and η = 2|P_l|/(|P_l| + 2).

**Derivation.** Write P = |P_l|, Λ = log(4P/δ), t = √(2κPΛ/N) = ε_*/2 ≤ 0.05. Lemma 18 (repaired)
gives n_μ ≥ (1 − t) N p_μ ≥ 7.6 ε_*^(−2) Λ and ‖q̂ − q‖ ≤ √(2Λ/n_μ) ≤ 0.513 ε_*, but for δ/4 + δ/2.
Inside one patch the label is independent of the representation, so C_μ = Ê[(e_ζ − q̂)(x − x̄)ᵀ | μ]
= Ê[(e_ζ − q)(x − x̄)ᵀ | μ] has mean zero given the x, E‖C_μ‖_F ≤ ε_S/√(2 n_μ), and one label moves
it by at most √2 ‖x_i − x̄‖/n_μ, squares that sum to at most ε_S²/n_μ: but for δ/4, all
‖C_μ‖_F ≤ ε_S (1 + √Λ)/√(2 n_μ) ≤ 0.385 ε_S ε_*. With Lemma 14 (repaired), W x = c q̂ + Δ + E,
‖Δ‖ ≤ 1.25 ‖C‖ p̂/(p̂ + λ), ⟨1, Δ⟩ = 0, ‖E‖ ≤ e = 6P² ε_O + P e^(−T/P) ≤ ε_*/(50 κ √d_y) by Lemma 15,
and c ≥ 0.992 p̂/(p̂ + λ) ≥ 0.483/κ by Lemma 16 (its sharp form). So
h − q̂ = (Δ + E − ⟨1, E⟩ q̂)/(c + ⟨1, E⟩) is at most
(1.25 · 0.385 ε_*/(0.992 · 4P) + (1 + √d_y) e/c)/(1 − √d_y e/c) ≤ (0.061 + 0.071) ε_*/0.996
= 0.132 ε_* long. In all 0.645 ε_* < ε_*.

**How tight.** At |P_l| = 16, κ = 1, ε_* = 0.09, δ = 0.05 and q = (½, ½) the largest error is
0.3 ε_*, and a twelfth of N suffices, not a fourteenth. κ, |P_l| and ε_*^(−2) are all needed.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.statements.ren2026.lemma_15 import STEP_SIZE, STEP_SIZE_REPAIRED
from layerproof.theory.statements.ren2026.lemma_18 import CONFIDENCE
from layerproof.theory.symbols import d_y, epsilon, kappa, output_error, patches

SOURCE = "R26 Lemma 17"

SAMPLES = Formula(
    "N",
    "sample size",
    SOURCE,
    8 * sp.Max(kappa, epsilon**-2) * CONFIDENCE,
)

SAMPLES_REPAIRED = Formula(
    "N",
    "sample size",
    f"{SOURCE}, repaired",
    8 * kappa * patches * epsilon**-2 * CONFIDENCE,
)

STEPS = Formula(
    "T", "steps", SOURCE, patches * sp.log(100 * patches * kappa * sp.sqrt(d_y) / epsilon)
)

RIDGE = Formula(r"\lambda_W", "ridge", "R26 Lemma 14", 1 / patches)

OVERLAP = Formula(
    r"\varepsilon_O",
    "inner product of distinct patches",
    SOURCE,
    epsilon / (600 * patches**2 * kappa * sp.sqrt(d_y)),
)

SPREAD = Formula(r"\varepsilon_S", "distance inside a patch", SOURCE, 1 / (4 * patches))

LARGEST_TOLERANCE = sp.Rational(1, 10)
"""ε_* and δ range over (0, 0.1)."""

_SHARED = {"T": STEPS, "ridge": RIDGE, "overlap": OVERLAP, "spread": SPREAD}

_WITHIN = sp.Le(output_error, epsilon)

_CONCLUSION = "W_T x_μ / ⟨1, W_T x_μ⟩ = q_μ ± ε_* for all μ and x_μ with probability at least 1 − δ"

STATEMENT = Statement(
    id="R26.lemma-17",
    title="Training one layer",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis(
            "N independent strings; given the first patch, its embedding is "
            "independent of the label",
            "samples.independent",
            "R26.lemma-17/signal",
        ),
        Hypothesis(
            "P[first level-l patch = μ] ≥ 1/(κ |P_l|) for all μ (Assumption 6(a))",
            "R26.assumption-6a",
        ),
        Hypothesis(
            "unit-norm patch embeddings with ε_S ≤ λ_W/4 and ε_O as below (Assumption 13)",
            "R26.assumption-13",
        ),
        Hypothesis("δ and ε_* in (0, 0.1)", "R26.lemma-17/tolerances"),
        Hypothesis(
            "λ_W = 1/|P_l|; gradient descent from W = 0 with η as below, T steps or more",
            "ridge",
            "descent.from-zero",
            "R26.lemma-17/steps",
        ),
        Hypothesis("N as large as below", "R26.lemma-17/samples"),
    ),
    forms={
        "printed": Form(
            f"{_CONCLUSION}, from N ≥ 8 (κ ∨ ε_*^(−2)) log(4|P_l|/δ) samples.",
            {"N": SAMPLES, "step size": STEP_SIZE, **_SHARED},
            _WITHIN,
        ),
        "repaired": Form(
            f"{_CONCLUSION}, from N ≥ 8 κ |P_l| ε_*^(−2) log(4|P_l|/δ) samples.",
            {"N": SAMPLES_REPAIRED, "step size": STEP_SIZE_REPAIRED, **_SHARED},
            _WITHIN,
        ),
    },
    assumes=("R26.assumption-6a", "R26.assumption-13"),
    proof_uses=("R26.lemma-14", "R26.lemma-15", "R26.lemma-16", "R26.lemma-18"),
    derivation=__doc__,
    erratum=Erratum(
        printed="N ≥ 8 (κ ∨ ε_*^(−2)) log(4|P_l|/δ) samples; η = 2|P_l|/(|P_l| + 1)",
        fails="N lacks κ|P_l|: q̂_μ averages N p̂_μ strings; η is Lemma 15's",
        by="q = (½, ½), ε_* = 0.09, δ = 0.05, κ = 1: with probability 0.114 at |P_l| = 16"
        " (N = 7067), 1.000 at |P_l| = 256",
        repair="N ≥ 8 κ |P_l| ε_*^(−2) log(4|P_l|/δ); η = 2|P_l|/(|P_l| + 2)",
        consequence="Theorem 7's sample size gains a factor V m: κ V² m² becomes κ V³ m³",
    ),
)

STATEMENTS = (STATEMENT,)
