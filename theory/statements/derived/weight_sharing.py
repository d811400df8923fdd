"""What a stage gains by learning from all patches of a string.

**What fails in the printed form.** s^(l−1) patches a string are s^(l−1) samples a string only if a
patch means the same wherever it stands. In a random grammar it does not: q_μ^(i) at position i goes
through the transition to another child at every level, and these are independent draws. The
estimate tends to the mean q̄_μ over positions, in which their signals average out.

**Repair.** The gain is N_×/N̄_×, both of the grammar's own law; in a random grammar it is 1 up to
corrections in 1/m and m/V. It is s^(l−1) where rules do not change under exchange of children,
less what equal patches in one string take.

**Derivation.** Weights shared over positions, a stage with small ridge puts out h_μ = Σ_a k_μ^a
e_(y_a)/Σ_a k_μ^a over strings a, k_μ^a of whose patches are μ. It tends to q̄_μ = Σ_i P[patch i =
μ, label]/Σ_i P[patch i = μ], the law of a patch at a uniform position: a product of transitions
averaged over children. To leading order in 1/N the ratio has the mean-square error ω_μ/N, ω_μ =
E[k_μ² ‖e_y − q̄_μ‖²]/E[k_μ]². With h_μ − h_μ' = noise for synonyms and noise + q̄_μ − q̄_μ' for
others, S(N) = 1/(1 + N/N̄_×), N̄_× = 2⟨ω⟩/⟨‖q̄_μ − q̄_μ'‖²⟩. Both moments of k_μ follow from the
patches up, since the children of a rule are independent: :mod:`layerproof.theory.weight_sharing`.

For first patches k ∈ {0, 1} and ω = (1 − ‖q‖²)/p. In a random grammar k is s^(l−1) times as large
in mean and mostly 0 or 1, so ω is s^(l−1) times smaller; q̄ is the mean of s^(l−1) draws that are
nearly independent, so ⟨‖q̄_μ − q̄_μ'‖²⟩ is s^(l−1) times smaller too. Where all positions have
one q, only ω falls.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import SENSITIVITY
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import l, s

GAIN_PRINTED = Formula(
    "g_l", "gain of weight sharing, positions that agree", "derived", s ** (l - 1)
)
GAIN_RANDOM = Formula("g_l", "gain of weight sharing, random grammar", "derived", sp.Integer(1))

STATEMENT = Statement(
    id="derived.weight-sharing",
    title="Gain of sharing weights over all patches",
    source="derived; R26 Sec. 2.3 for the first patch",
    kind="law",
    hypotheses=(
        Hypothesis(
            "a non-ambiguous grammar of the uniform-first-token ensemble, or one "
            "whose rules are closed under exchange of children",
            "ensemble.uniform-first-token",
        ),
        Hypothesis(
            "N strings a stage, levels below trained well enough to add nothing", "layers.trained"
        ),
    ),
    forms={
        "printed": Form(
            "Learning from all s^(l−1) patches of a string is worth s^(l−1) times the strings.",
            {"gain": GAIN_PRINTED, "sensitivity": SENSITIVITY},
        ),
        "repaired": Form(
            "Learning from all patches is worth N_×/N̄_× times the strings, which is 1 in a random"
            " grammar at leading order: positions disagree.",
            {"gain": GAIN_RANDOM, "sensitivity": SENSITIVITY},
        ),
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.sensitivity-curve",),
    derivation=__doc__,
    erratum=Erratum(
        printed="s^(l−1) patches a string are worth s^(l−1) strings",
        fails="q_μ differs by position, and its signals average out as fast as the noise",
        by="at V = 32, m = 8, L = 3 the gain is 0.93 at level 2 and 0.97 at level 3, not 2 and 4",
        repair="the gain N_×/N̄_×, N̄_× with the mean law over positions",
        consequence="Theorem 7's form is unaffected: it uses first patches only, and that suffices",
    ),
)

STATEMENTS = (STATEMENT,)
