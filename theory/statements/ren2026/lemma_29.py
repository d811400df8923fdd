"""Lemma 29: one first-token matrix shortens a centred vector by no more than a factor √(20m).

**What fails in the printed form.** ‖Pz‖ stands on the left, ‖z‖²/(20m) on the right. P is doubly
stochastic, so ‖Pz‖ ≤ ‖z‖, and every z with ‖z‖ > 20m refutes it with certainty, whatever m, V and
δ: V = 2, m = 1, z = (15, −15) gives at most 21.21 < 22.5. The proof bounds Σ τ_ν², a square, and
the root is not taken on the right. Also, its sum over the window [V/3, 2V/3] of Lemma 27 needs
m ≥ 240 log(2V/δ), a log V that min(m, V) ≫ log³(1/δ) does not imply.

**Repair.** ‖Pz‖² ≥ ‖z‖²/(20m), which fails with probability at most 4 exp(−min(m, V)/100): with
probability at least 1 − δ as soon as min(m, V) ≥ 100 log(4/δ). This implies the square for
min(m, V) ≫ log³(1/δ) up to O(δ).

**Derivation.** Let ‖z‖ = 1, s = min(m, V), w = ⌊2V/3⌋, and for ν ≤ w let R = V − ν + 1,
ϱ = V/R ≤ 3, n = mR, M_k the mean of the k-th powers of the values that remain before bin ν;
V ≥ 138 (else the bound is above 1). M₁ and M₂ are martingales in ν and Hoeffding's reduction
applies (Lemma 27).
(A) M₂ ≥ 3/(4V) for all ν ≤ w: Doob and Chernoff give P[not A] ≤ exp(−m/96).
(B) M₁² ≤ β/(mV), β = 0.13, for all ν ≤ w: Doob and Bernstein at w, where at most 2mV/3 draws of
variance 1/V precede and n_w√(β/(mV)) ≥ √(βmV)/3, give P[not B] ≤ 2 exp(−βmV/(12m
+ 2√(βmV))) ≤ 2 exp(−βs/(12 + 2√β)) ≤ 2 exp(−s/97.9).
(C) While A and B last, E[τ_ν²|F] ≥ a_ν = (3/4)(1 − 1/R)/(mV), and a mean of draws without
replacement has no larger fourth moment than one of independent draws (Hoeffding):
E[τ⁴|F] ≤ M₄/m³ + 4|M₃M₁|/m² + 3M₂²/m² + 6M₂M₁²/m + M₁⁴ ≤ b_ν = [3ϱ² + 6ϱβ + 2ϱ√β + β² + (ϱ +
2ϱ√β)V/m]/(mV)², by M₂ ≤ ϱ/V, M₄ ≤ M₂, M₃² ≤ M₂M₄. From e^(−x) ≤ 1 − x + x²/2,
exp(−tΣτ² + tΣa − t²Σb/2) is a supermartingale while A and B last. With
D = Σa − 1/(20m) ≥ [0.75(2/3 − 1.77/V) − 0.05]/m ≥ 0.44/m and, by Σϱ ≤ V log 3, Σϱ² ≤ 2V,
S = Σb ≤ (7.66 + 1.89 V/m)/(m²V), the choice t = D/S gives P[Στ² < 1/(20m), A, B] ≤ exp(−D²/(2S))
≤ exp(−s/98.5). The sum of the three is at most 4 exp(−s/100). It is below 0.1 from V = m = 369
on.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import C, V, m, square_image, square_length

SOURCE = "R26 Lemma 29"

LENGTH = Formula(r"\text{measured}", "length of the image", SOURCE, sp.sqrt(square_image))

SQUARE = Formula(
    r"\text{measured}", "squared length of the image", f"{SOURCE}, repaired", square_image
)

SHORTEST = Formula(r"\text{bound}", "least length of the image", SOURCE, square_length / (20 * m))

READING_OF_FAILURE = Formula(
    r"\delta",
    "failure probability at which min(m, V) = C log³(1/δ)",
    "reading of ≫ with a constant C",
    sp.exp(-sp.cbrt(sp.Min(m, V) / C)),
)
"""R26 asks for min(m, V) ≫ log³(1/δ) in Lemmas 29 and 30 and in Proposition 19. With ≫ read as
≥ C ·, this is the least δ that min(m, V) allows."""

FAILURE = Formula(
    r"\mathbb{P}[\mathrm{failure}]",
    "failure probability",
    f"{SOURCE}, repaired",
    4 * sp.exp(-sp.Min(m, V) / 100),
)

STATEMENT = Statement(
    id="R26.lemma-29",
    title="One first-token matrix does not shorten a vector too much",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("Σ z = 0", "vector.centred"),
        Hypothesis("min(m, V) ≫ log³(1/δ)", "sizes.delta"),
    ),
    forms={
        "printed": Form(
            "With probability at least 1 − O(δ), ‖Pz‖ ≥ ‖z‖²/(20m).",
            {"measured": LENGTH, "bound": SHORTEST, "failure": READING_OF_FAILURE},
            sp.Ge(LENGTH.expression, SHORTEST.expression),
        ),
        "repaired": Form(
            "‖Pz‖² ≥ ‖z‖²/(20m) fails with probability at most 4 exp(−min(m, V)/100).",
            {"measured": SQUARE, "bound": SHORTEST, "failure": FAILURE},
            sp.Ge(SQUARE.expression, SHORTEST.expression),
        ),
    },
    proof_uses=("R26.lemma-21", "R26.lemma-27"),
    derivation=__doc__,
    erratum=Erratum(
        printed="‖Pz‖ ≥ ‖z‖²/(20m) with probability 1 − O(δ) if min(m, V) ≫ log³(1/δ)",
        fails="for every z with ‖z‖ > 20m, with certainty: the left side is not squared",
        by="V = 2, m = 1, z = (15, −15): at most 21.21, the bound is 22.5",
        repair="‖Pz‖² ≥ ‖z‖²/(20m); explicit: min(m, V) ≥ 100 log(4/δ)",
        consequence="Theorem 7's form is unaffected: Lemma 30 uses the squared form",
    ),
)

STATEMENTS = (STATEMENT,)
