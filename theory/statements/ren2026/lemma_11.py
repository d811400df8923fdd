"""Lemma 11: one layer of the chain, from embeddings of level-l tokens to embeddings one level up.

**What fails in the printed form.** N inherits Lemma 17's missing κ|P_l|. The proof's σ also fails
for the ρ̃ that it names: with ρ̃ = ρ/2 it sets σ² = ρ²/(2Λ) = 2ρ̃²/Λ, where
Λ = log(1200 |P_l|² κ √d_y / ε_*) = log(2/ε_O), while ψ_σ ≤ ε_O/2 at distance ρ̃ needs σ² ≤ ρ̃²/(2Λ),
four times less (Lemma 10). This does next to no harm: tokens really lie ρ − 2ε_* apart, not ρ/2. At
the leaves ρ^(L+1) is read as √2, the distance of one-hot tokens; with ρ̃ = √2, as Assumption 9 has
it there, and ρ = 2ρ̃, the same σ would miss ε_* by a factor of 10 to 100.

**Repair.** ρ̃ = ρ^(l+1) − 2 ε_*^(l+1) (√2 at the leaves, where ε_* = 0), σ² = ρ̃²/(2Λ), and
N ≥ 20 κ V m ε_*^(−2) log(V m/δ). The printed condition on ε_*^(l+1) can stay.

**Derivation.** h = q ± ε_*, so representations of distinct tokens are ρ̃ apart and those of one
token within 2ε_* = ε̃_S. Then ψ ≤ exp(−ρ̃²/(2σ²)) = e^(−Λ) = ε_O/2. Two representations of one patch
are at most √s · 2ε_* apart before Φ, and ‖Φ − Φ'‖ ≤ √s · 2ε_*/σ ≤ ε_S/√2 as soon as
ε_*^(l+1) (16 |P_l| √(sΛ) + 2) ≤ ρ^(l+1). The printed condition implies this: for ε_* ≤ 0.1,
d_y ≤ |P_l| and |P_l| ≥ 2, Λ ≤ 4.87 log(|P_l| κ/ε_*), and 256 · 4.87 · 1.03 = 1284 ≤ 2000. Lemma 17
(repaired) with 20 log(P/δ) ≥ 8 log(4P/δ) gives the conclusion.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.statements.ren2026.lemma_15 import STEP_SIZE, STEP_SIZE_REPAIRED
from layerproof.theory.statements.ren2026.lemma_17 import OVERLAP
from layerproof.theory.symbols import (
    delta,
    epsilon,
    kappa,
    output_error,
    patches,
    rho,
    s,
    token_separation,
)

SOURCE = "R26 Lemma 11"

TOLERANCE_BELOW = Formula(
    r"\varepsilon_*^{(l+1)}",
    "accuracy needed of the level below",
    SOURCE,
    rho / sp.sqrt(2000 * patches**2 * s * sp.log(patches * kappa / epsilon)),
)
"""`rho` is ρ^(l+1); V²m² is |P_l|² in the (V, m)-uniform case."""

SAMPLES = Formula(
    r"N^{(l)}",
    "sample size",
    f"{SOURCE}, eq. 10",
    20 * sp.Max(kappa, epsilon**-2) * sp.log(patches / delta),
)

SAMPLES_REPAIRED = Formula(
    r"N^{(l)}",
    "sample size",
    f"{SOURCE}, repaired",
    20 * kappa * patches * epsilon**-2 * sp.log(patches / delta),
)

_LOG = sp.log(2 / OVERLAP.expression)

BANDWIDTH = Formula(r"\sigma^{(l)}", "bandwidth", f"{SOURCE}, proof", rho / sp.sqrt(2 * _LOG))

BANDWIDTH_REPAIRED = Formula(
    r"\sigma^{(l)}", "bandwidth", f"{SOURCE}, repaired", token_separation / sp.sqrt(2 * _LOG)
)
"""With ρ̃ = ρ^(l+1) − 2 ε_*^(l+1), √2 at the leaves."""

_WITHIN = sp.Le(output_error, epsilon)

_CONCLUSION = (
    "If ε_*^(l+1) is as small as below, W^(l) x_μ / ⟨1, W^(l) x_μ⟩ = q_μ^(l) ± ε_*^(l) for all μ"
    " and x_μ with probability 1 − O(δ)"
)

STATEMENT = Statement(
    id="R26.lemma-11",
    title="One layer of the chain",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis(
            "a (V, m)-uniform, non-ambiguous grammar (Definition 4) with κ and "
            "ρ^(l+1) (Assumption 6)",
            "R26.definition-4",
            "R26.assumption-6a",
            "R26.assumption-6b",
        ),
        Hypothesis(
            "‖h − q^(l+1)‖ ≤ ε_*^(l+1) for every embedding h of a level-l token, "
            "one-hot at the leaves",
            "R26.lemma-11/tokens",
        ),
        Hypothesis("δ and ε_*^(l) in (0, 0.1)", "R26.lemma-11/tolerances"),
        Hypothesis(
            "λ_W = 1/|P_l|; gradient descent from W = 0, T as in Lemma 17; M large enough",
            "ridge",
            "descent.from-zero",
            "R26.lemma-11/steps",
        ),
        Hypothesis("N^(l) as large as below", "R26.lemma-11/samples"),
    ),
    forms={
        "printed": Form(
            f"{_CONCLUSION}, from N^(l) ≥ 20 (κ ∨ ε_*^(−2)) log(V m/δ) samples.",
            {
                "tolerance below": TOLERANCE_BELOW,
                "N": SAMPLES,
                "bandwidth": BANDWIDTH,
                "step size": STEP_SIZE,
            },
            _WITHIN,
        ),
        "repaired": Form(
            f"{_CONCLUSION}, from N^(l) ≥ 20 κ V m ε_*^(−2) log(V m/δ) samples.",
            {
                "tolerance below": TOLERANCE_BELOW,
                "N": SAMPLES_REPAIRED,
                "bandwidth": BANDWIDTH_REPAIRED,
                "step size": STEP_SIZE_REPAIRED,
            },
            _WITHIN,
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("R26.assumption-9", "R26.lemma-10", "R26.lemma-17"),
    derivation=__doc__,
    erratum=Erratum(
        printed="N^(l) ≥ 20 (κ ∨ (ε_*^(l))^(−2)) log(V m/δ); in the proof ρ̃ = ρ^(l+1)/2 and"
        " σ² = (ρ^(l+1))²/(2Λ)",
        fails="N lacks κ V m (Lemma 17); σ is twice what Lemma 10 allows at that ρ̃, which does no"
        " harm since tokens lie ρ − 2ε_* apart",
        by="V = 32, m = 8, L = 2 at the leaves, ε_* = 0.099, N = 17429: in all of 250 trainings, by"
        " factors of 1.7 to 3.1",
        repair="N^(l) ≥ 20 κ V m (ε_*^(l))^(−2) log(V m/δ), ρ̃ = ρ^(l+1) − 2ε_*^(l+1) (√2 at the"
        " leaves), σ² = ρ̃²/(2Λ)",
        consequence="Theorem 7's sample size gains a factor V m: κ V² m² becomes κ V³ m³",
    ),
)

STATEMENTS = (STATEMENT,)
