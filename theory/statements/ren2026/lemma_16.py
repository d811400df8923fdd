"""Lemma 16: the multiple of q̂_μ in Lemma 14 is not small.

**What fails in the printed form.** Nothing in the lemma, but Sec. 4.1.2 quotes it with 1/2 where it
has 1/4, and 1/4 does not give 1/2. Both are true.

**Repair.** The sharp constant, which gives both: c_μ ≥ (1 − ε_S²/2)/(p̂_μ + λ_W) for ε_S ≤ λ_W/4.

**Derivation.** Write f(x') = ⟨x', (p̂M + λ)^(−1) x_μ⟩ with M = Ê[x̂_μ x̂_μᵀ], p̂ = p̂_μ, η = ε_S²/2
≤ λ²/32, so that λ f(x') = ⟨x', x_μ⟩ − p̂ Ê[⟨x', x̂⟩ f(x̂)] and c_μ = Ê[f(x̂)]. Inner products
inside the patch are in [1 − η, 1]. (i) f > 0 on the patch: p̂ Ê|f| ≤ √(p̂ · p̂ Ê[f²]) ≤ √(p̂/λ)/2
as in Lemma 14. Averaging over x', (p̂ + λ)c_μ = ⟨x̄, x_μ⟩ + p̂ Ê[(1 − ⟨x̄, x̂⟩) f(x̂)] ≤ 1 + η p̂
Ê|f|, so λ f(x') ≥ 1 − η − p̂ c_μ − η p̂ Ê|f| ≥ λ/(p̂ + λ) − η(1 + √(p̂/λ)) ≥ λ/2 − λ/16 for p̂, λ ≤
1. (ii) In the same average the last term is now at least 0: (p̂ + λ) c_μ ≥ ⟨x̄, x_μ⟩ ≥ 1 − η.
Equality where the sample shows one representation only and x_μ is ε_S away from it.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import coefficient, epsilon_S, frequency, ridge

SOURCE = "R26 Lemma 16"

COEFFICIENT = Formula(
    r"c_\mu", "least multiple of q̂, over p̂", SOURCE, 1 / (4 * (frequency + ridge))
)
QUOTED = Formula(r"c_\mu", "the same as quoted", "R26 Sec. 4.1.2", 1 / (2 * (frequency + ridge)))
SHARP = Formula(
    r"c_\mu",
    "the same, sharp",
    f"{SOURCE}, repaired",
    (1 - epsilon_S**2 / 2) / (frequency + ridge),
)

STATEMENT = Statement(
    id="R26.lemma-16",
    title="The coefficient of q̂ is not small",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("Assumption 13", "R26.assumption-13"),
        Hypothesis("ε_S ≤ λ_W/4", "R26.lemma-16/spread"),
        Hypothesis("μ was seen: p̂_μ > 0", "R26.lemma-16/seen"),
    ),
    forms={
        "printed": Form(
            "c_μ = Ê[x̂_μ]ᵀ (p̂_μ Ê[x̂_μ x̂_μᵀ] + λ_W)^(−1) x_μ ≥ 1/(4(p̂_μ + λ_W)); quoted with 1/2 in"
            " place of 1/4.",
            {"coefficient": COEFFICIENT, "quoted": QUOTED},
            sp.Ge(coefficient, COEFFICIENT.expression),
        ),
        "repaired": Form(
            "c_μ ≥ (1 − ε_S²/2)/(p̂_μ + λ_W), with equality for some samples.",
            {"coefficient": SHARP},
            sp.Ge(coefficient, SHARP.expression),
        ),
    },
    assumes=("R26.assumption-13",),
    derivation=__doc__,
    erratum=Erratum(
        printed="1/(4(p̂_μ + λ_W)) in the lemma, 1/(2(p̂_μ + λ_W)) where Sec. 4.1.2 quotes it",
        fails="nothing; but the two constants differ",
        by="a factor 2; the least value is (1 − ε_S²/2)/(p̂_μ + λ_W), attained",
        repair="c_μ ≥ (1 − ε_S²/2)/(p̂_μ + λ_W), which gives both",
        consequence="Theorem 7's form is unaffected",
    ),
)

STATEMENTS = (STATEMENT,)
