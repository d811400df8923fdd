"""Lemma 17: how many samples, and how clean an embedding, give ‖h − q‖ ≤ ε_*.

**What fails in the printed form.** The empirical law q̂_μ averages the n_μ = N p̂_μ strings whose
first patch is μ, not all N. So ‖q̂_μ − q_μ‖ needs N p_μ ≳ ε_*^(−2), and p̂_μ within a constant
factor of p_μ needs N p_μ ≳ 1: both lack κ|P_l|. Printed, the relative error of p̂_μ that Lemma 18
allows is √(|P_l|/4) ≥ 1 where κ ≥ ε_*^(−2). The step size is that of Lemma 15.

**Repair.** N ≥ 8 κ |P_l| ε_*^(−2) log(4|P_l|/δ), and η = 2|P_l|/(|P_l| + 2).

**Derivation.** Write P = |P_l|, Λ = log(4P/δ), t = √(2κPΛ/N) = ε_*/2 ≤ 0.05. Lemma 18 (repaired)
gives n_μ ≥ (1 − t) N p_μ ≥ 7.6 ε_*^(−2) Λ and ‖q̂ − q‖ ≤ √(2Λ/n_μ) ≤ 0.513 ε_*. Inside one patch the
label is independent of the representation, so C_μ = Ê[(e_ζ − q̂)(x − x̄)ᵀ | μ] has mean zero; bounded
differences give ‖C_μ‖_F ≤ ε_S (1 + √Λ)/√(2 n_μ) ≤ 0.39 ε_S ε_*. With Lemma 14 (repaired),
W x = c q̂ + Δ ± 6P² ε_O, ‖Δ‖ ≤ 1.25 ‖C‖ p̂/(p̂ + λ), ⟨1, Δ⟩ = 0, and c ≥ 0.742 p̂/(p̂ + λ) ≥ 0.36/κ
(Lemma 16). With e = 6P² ε_O + P e^(−T/P) ≤ ε_*/(50 κ √d_y) the normalised output satisfies
‖h − q̂‖ ≤ (‖Δ‖ + (1 + √d_y) e)/(c (1 − 0.0056)) ≤ 0.178 ε_*. In all 0.69 ε_* < ε_*.
"""

from __future__ import annotations

import sympy as sp

from theory.formula import Formula
from theory.statements.base import Form, Statement
from theory.symbols import d_y, delta, epsilon, kappa, patches

SOURCE = "R26 Lemma 17"

SAMPLES = Formula(
    "N",
    "sample size",
    SOURCE,
    8 * sp.Max(kappa, epsilon**-2) * sp.log(4 * patches / delta),
)

SAMPLES_REPAIRED = Formula(
    "N",
    "sample size",
    f"{SOURCE}, repaired",
    8 * kappa * patches * epsilon**-2 * sp.log(4 * patches / delta),
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

_CONCLUSION = "W_T x_μ / ⟨1, W_T x_μ⟩ = q_μ ± ε_* for all μ and x_μ with probability at least 1 − δ"

STATEMENT = Statement(
    id="R26.lemma-17",
    title="Training one layer",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        "Assumption 13",
        "δ and ε_* in (0, 0.1)",
        "λ_W = 1/|P_l|, η as in Lemma 15, T, ε_S and ε_O as below",
    ),
    forms={
        "printed": Form(
            f"{_CONCLUSION}, from N ≥ 8 (κ ∨ ε_*^(−2)) log(4|P_l|/δ) samples.",
            {"N": SAMPLES, "T": STEPS, "overlap": OVERLAP, "spread": SPREAD},
        ),
        "repaired": Form(
            f"{_CONCLUSION}, from N ≥ 8 κ |P_l| ε_*^(−2) log(4|P_l|/δ) samples.",
            {"N": SAMPLES_REPAIRED, "T": STEPS, "overlap": OVERLAP, "spread": SPREAD},
        ),
    },
    assumes=("R26.assumption-6a",),
    proof_uses=("R26.lemma-15",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
