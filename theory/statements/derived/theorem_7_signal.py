"""Theorem 7 for signals: the label's place is taken by any signal that is clean and synonym-blind.

R26's theorem reads: under Assumption 6, N^(l) = C κ V²m² s L log²(V m κ/δ) K_ρ^(−2) m^l labelled
strings a level make every level right, since ρ^(l) ≥ K_ρ m^(−l/2). The same proof speaks of any
signal Z, its law q given a patch, and its own least separation ρ_Z^(l) at the levels l ≥ l_0 that
it teaches: strings are needed in proportion to 1/ρ_Z². For the label ρ² ~ m^(−l), and the sum is
~ m^L. For a learner's own latent ρ² ~ (1 − f) m^(−2) at every level, so the sum over levels grows
linearly with L; for the nearest token ρ² ~ (1 − f) m^(−(L−l+2)), worst at l = 2. Inside the string
l_0 = 2: the label's patch has nothing beside it, and the last stage needs labels.

**What fails in the printed form.** It is R26's, carried over, and fails as Theorem 7's does:
(i) N lacks the factor V m of Lemma 18 as repaired: E‖q̂ − q‖²/ε² of the rarest patch is
V m (1 − ‖q‖²)/(C log(V m/δ)), above 1 for large V m whatever C is; (ii) L log(V m κ/δ) stands for
log(1200 V²m² κ √d/ε), which also grows with log 1/ρ. With C = 2000, which Lemma 11 prints in ε, it
holds at the sizes that are run here.

**Repair.** With Λ = 2 log(20400 (V m)³ κ √(d s)/ρ_min), d the number of values of the signal and
ρ_min its least separation over all levels: ε^(l) = ρ^(l)/(17 V m √(sΛ)) and
N^(l) = 8 κ V m ε^(−2) log(8 V m L/δ).

**Derivation.** Lemmas 14 to 17 are about a stage's data (x, e_ζ) and use that x and e_ζ are
independent given the patch (S1), that q depends on the parent alone (S2), and that e_ζ is one-hot;
n enters as d_y, here d. Lemma 11 needs that level-l tokens are represented within ε^(l+1) of q at
mutual distance ρ^(l+1), the separation of *the signal of stage l + 1*, which S4 gives (√2 at the
leaves). Write P = V m and a = Λ/2. Every level gets δ/L, half of it for random features:
N = 8 κ P ε^(−2) log(4P/(δ/2L)) is Lemma 17's. Lemma 11 as repaired asks for
ε^(l+1) ≤ ρ^(l+1)/(16 P √(sΛ_l) + 2) with Λ_l = log(1200 P² κ √d/ε^(l)). Put ε^(l) in:
Λ_l = log(1200 · 17 P³ κ √(d s)/ρ^(l)) + log(Λ)/2 ≤ a + log(2a)/2 ≤ 2a = Λ. Since Λ > 19,
P √(sΛ) ≥ 2, and 16 P √(sΛ_l) + 2 ≤ 17 P √(sΛ). ε^(l) < 0.1, as ρ ≤ √2.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import (
    C,
    L,
    V,
    d_y,
    delta,
    epsilon,
    kappa,
    least_separation,
    m,
    output_error,
    patches,
    rho,
    s,
)

SOURCE = "derived from R26 Theorem 7"

TOLERANCE = Formula(
    r"\varepsilon^{(l)}",
    "accuracy of a level",
    SOURCE,
    rho / sp.sqrt(C * V**2 * m**2 * s * L * sp.log(V * m * kappa / delta)),
)
"""`rho` is ρ_Z^(l)."""

LEVEL_SAMPLES = Formula(
    "N^{(l)}",
    "sample size of a level",
    SOURCE,
    C * kappa * epsilon**-2 * sp.log(V * m / delta),
)

LAMBDA = 2 * sp.log(20400 * patches**3 * kappa * sp.sqrt(d_y * s) / least_separation)

TOLERANCE_REPAIRED = Formula(
    TOLERANCE.name,
    TOLERANCE.title,
    f"{SOURCE}, repaired",
    rho / (17 * patches * sp.sqrt(s * LAMBDA)),
)

LEVEL_SAMPLES_REPAIRED = Formula(
    LEVEL_SAMPLES.name,
    LEVEL_SAMPLES.title,
    f"{SOURCE}, repaired",
    8 * kappa * patches * epsilon**-2 * sp.log(8 * patches * L / delta),
)

_CONCLUSION = (
    "With probability at least 1 − δ, h^(l−1) = q_p ± ε^(l) for every string, at every level"
    " l ≥ l_0 that the signal teaches"
)

_WITHIN = sp.Le(output_error, epsilon)

STATEMENT = Statement(
    id="derived.theorem-7-signal",
    title="Theorem 7 with another signal in the label's place",
    source=SOURCE,
    kind="theorem",
    hypotheses=(
        Hypothesis("a (V, m)-uniform, non-ambiguous grammar (Definition 4)", "R26.definition-4"),
        Hypothesis("S1: the signal is clean", "derived.signal-clean"),
        Hypothesis("S2: the signal is synonym-blind", "derived.signal-synonym-blind"),
        Hypothesis("S3: Assumption 6(a) with κ, at the levels taught", "R26.assumption-6a"),
        Hypothesis(
            "S4: ‖q_p − q_p'‖ ≥ ρ_Z^(l) > 0 for parents p ≠ p'", "derived.signal-separation"
        ),
    ),
    forms={
        "printed": Form(
            f"{_CONCLUSION}, from N^(l) = C κ (ε^(l))^(−2) log(V m/δ) strings (R26's printed form,"
            " carried over).",
            {"tolerance": TOLERANCE, "level samples": LEVEL_SAMPLES},
            _WITHIN,
        ),
        "repaired": Form(
            f"{_CONCLUSION}, from N^(l) = 8 κ V m (ε^(l))^(−2) log(8 V m L/δ) strings.",
            {"tolerance": TOLERANCE_REPAIRED, "level samples": LEVEL_SAMPLES_REPAIRED},
            _WITHIN,
        ),
    },
    assumes=(
        "R26.definition-4",
        "R26.assumption-6a",
        "derived.signal-clean",
        "derived.signal-synonym-blind",
        "derived.signal-separation",
    ),
    proof_uses=("R26.lemma-11",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
