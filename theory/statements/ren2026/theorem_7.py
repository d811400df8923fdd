"""Theorem 7: layerwise training learns the grammar from poly · K_ρ^(−2) m^L samples.

The conclusion, that the network puts out e_ζ ± o(1), is measured in two ways. At a practical
schedule N^(l) = c n m^l the check asks for C24's criterion, a test error below a tenth of chance.
At the theorem's own constants it asks for ‖h − q‖ ≤ ε_* at every level.

**What fails in the printed form.** Not the theorem: the accuracies and sample sizes of its proof.
(i) They are inconsistent: E‖q̂_μ − q_μ‖²/(ε_*^(l))² for the rarest patch is
V m (1 − ‖q_μ‖²) log m / log²(V m κ/δ), whatever C is: 1.9 at V = 16, m = 4, κ = 1, δ = 0.1, l = 3,
and it grows with V m. N lacks the factor V m of Lemma 17. (ii) C L log m stands for
Λ_l = log(1200 V²m² κ √V/ε_*^(l)), which also grows with log V, log κ, log s and log 1/K_ρ; at
m = 1, ε_* is infinite. Its clauses on width and steps stand.

**Repair.** With Λ = 2 log(20400 (V m)³ κ √(V s) m^((L−1)/2)/K_ρ):
ε_*^(l) = K_ρ m^(−l/2)/(17 V m √(sΛ)), N^(l) = 2312 κ V³m³ s Λ log(8 V m L/δ) K_ρ^(−2) m^l.
The theorem stands, with V³m³ in its polynomial: where rules are uniform, log 1/K_ρ and log κ are
O(L log m + log V), since q has denominators of at most V m^(l−1) and κ ≤ m^(L−1).

**Derivation.** Write P = V m, a = Λ/2. Every level gets δ/L, half for the random features and half
for Lemma 17: N = 8 κ P ε_*^(−2) log(4P/(δ/2L)), which is N^(l) as above (8 · 17² = 2312). Lemma 11
needs ε_*^(l+1) ≤ ρ^(l+1)/(16 P √(sΛ_l) + 2), and ρ^(l+1) ≥ K_ρ m^(−(l+1)/2). Put ε_*^(l) into Λ_l:
Λ_l = log(1200 · 17 P³ κ √(V s) m^(l/2)/K_ρ) + log(Λ)/2 ≤ a + log(2a)/2 ≤ 2a for l ≤ L − 1, so that
16 P √(sΛ_l) + 2 ≤ 17 P √(sΛ). ε_*^(1) < 0.1, which makes the argmax right: q^(1) is one-hot, and
‖h − e_ζ‖ < 1/√2 suffices. Σ_l N^(l) ≤ 2 N^(L) for m ≥ 2.

**Width and steps.** T^(l) is Lemma 17's and M^(l) Lemma 10's, at the tolerances ε_O and ε_S of
Lemma 17 for ε_*^(l), d_h = s V. So T^(l) = P log(…) and
M^(l) = O(s² V² κ² P⁶ m^l K_ρ^(−2) Λ log(…)), with ε_RF = ε_O/2 (ε_O < ε_S²/2), R² = s and
ρ̃ ≥ (7/8) ρ^(l+1), as ε_*^(l+1) ≤ ρ^(l+1)/16. The logarithms are at most one further power of what
stands in them, m ≤ m^L, and the constants are below those of the polynomials:
10^14 (1 + 1/K_ρ)³ κ³ V⁹ s³ L (1 + log 1/δ) m^(8L) for the width and 20 (1 + 1/K_ρ) κ V² s m^(2L)
for the steps, in both forms (with C = 1 as printed).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.statements.ren2026 import lemma_10, lemma_11, lemma_17
from layerproof.theory.symbols import (
    C,
    K_rho,
    L,
    V,
    delta,
    epsilon,
    epsilon_O,
    kappa,
    l,
    m,
    s,
    sigma,
)

SOURCE = "R26 Theorem 7"

SAMPLES = Formula(
    "N",
    "how the total sample size depends on the grammar's depth and signal",
    SOURCE,
    K_rho**-2 * m**L,
    relation=r"\lesssim \mathrm{poly}(\kappa, m, V, s, L, \log\tfrac1\delta) \cdot",
)

TOLERANCE = Formula(
    r"\varepsilon_*^{(l)}",
    "accuracy of a level",
    f"{SOURCE}, proof",
    K_rho * m ** (-l / sp.Integer(2)) / sp.sqrt(C * V**2 * m**2 * s * L * sp.log(m)),
)

LEVEL_SAMPLES = Formula(
    r"N^{(l)}",
    "sample size of a level",
    f"{SOURCE}, proof",
    C * kappa * V**2 * m**2 * s * L * sp.log(V * m * kappa / delta) ** 2 * K_rho**-2 * m**l,
)

_LAMBDA = 2 * sp.log(
    20400 * (V * m) ** 3 * kappa * sp.sqrt(V * s) * m ** ((L - 1) / sp.Integer(2)) / K_rho
)

TOLERANCE_REPAIRED = Formula(
    TOLERANCE.name,
    TOLERANCE.title,
    f"{SOURCE}, repaired",
    K_rho * m ** (-l / sp.Integer(2)) / (17 * V * m * sp.sqrt(s * _LAMBDA)),
)

LEVEL_SAMPLES_REPAIRED = Formula(
    LEVEL_SAMPLES.name,
    LEVEL_SAMPLES.title,
    f"{SOURCE}, repaired",
    2312 * kappa * (V * m) ** 3 * s * _LAMBDA * sp.log(8 * V * m * L / delta) * K_rho**-2 * m**l,
)

_SEPARATION_BELOW = K_rho * m ** (-(l + 1) / sp.Integer(2))
"""ρ^(l+1) at least."""


def _size(title: str, name: str, expression: sp.Expr, tolerance: Formula, **values: Any) -> Formula:
    """A size that Lemma 17 or 10 asks for, at its own tolerances for ε_*^(l) = `tolerance`."""
    asked = {"epsilon_O": lemma_17.OVERLAP.expression, "epsilon_S": lemma_17.SPREAD.expression}
    sizes = {"patches": V * m, "d_y": V, "d_h": s * V, "epsilon": tolerance.expression}
    for letters in (values, asked, sizes):
        free = expression.free_symbols
        expression = expression.xreplace({x: letters[x.name] for x in free if x.name in letters})
    return Formula(name, title, tolerance.source, expression)


def _sizes(tolerance: Formula, features: sp.Expr, **values: Any) -> dict[str, Formula]:
    return {
        "steps": _size("steps of a level", "T^{(l)}", lemma_17.STEPS.expression, tolerance),
        "width": _size("width of a level", "M^{(l)}", features, tolerance, **values),
        "steps bound": STEPS_BOUND,
        "width bound": WIDTH_BOUND,
    }


STEPS_BOUND = Formula(
    "T^{(l)}",
    "a polynomial that no level's steps exceed",
    "derived from R26 Theorem 7",
    20 * (1 + 1 / K_rho) * kappa * V**2 * s * m ** (2 * L),
    relation=r"\le",
)

WIDTH_BOUND = Formula(
    "M^{(l)}",
    "a polynomial that no level's width exceeds",
    "derived from R26 Theorem 7",
    10**14
    * (1 + 1 / K_rho) ** 3
    * kappa**3
    * V**9
    * s**3
    * L
    * (1 + sp.log(1 / delta))
    * m ** (8 * L),
    relation=r"\le",
)

SIZES = _sizes(TOLERANCE, lemma_10.FEATURES.expression, token_separation=_SEPARATION_BELOW / 2)

# ε_O is the least of ε_O and ε_S²/2 for every ε_* < 0.1.
SIZES_REPAIRED = _sizes(
    TOLERANCE_REPAIRED,
    lemma_10.FEATURES_REPAIRED.expression.subs(
        {sigma: lemma_11.BANDWIDTH_REPAIRED.expression, delta: delta / (2 * L)}
    ),
    feature_error=epsilon_O / 2,
    radius=sp.sqrt(s),
    token_separation=_SEPARATION_BELOW * sp.Rational(7, 8),
)

_CONCLUSION = (
    "With probability at least 1 − δ the trained network outputs e_ζ ± o(1), from at most"
    " poly(κ, m, V, s, L, log 1/δ) K_ρ^(−2) m^L samples, with width and steps at most"
    " poly(K_ρ^(−1), κ, V, s, L, log 1/δ, m^L)"
)

_OUTPUT = sp.Le(sp.Symbol(r"\|h^{(0)} - e_\zeta\|"), epsilon)

STATEMENT = Statement(
    id="R26.theorem-7",
    title="Layerwise training learns the Random Hierarchy Model",
    source=SOURCE,
    kind="theorem",
    hypotheses=(
        Hypothesis("a (V, m)-uniform, non-ambiguous grammar (Definition 4)", "R26.definition-4"),
        Hypothesis("Assumption 6 with κ and K_ρ", "R26.assumption-6a", "R26.assumption-6b"),
    ),
    forms={
        "printed": Form(
            f"{_CONCLUSION}; accuracies and sample sizes of the levels as in its proof.",
            {
                "samples": SAMPLES,
                "tolerance": TOLERANCE,
                "level samples": LEVEL_SAMPLES,
                **SIZES,
            },
            _OUTPUT,
        ),
        "repaired": Form(
            f"{_CONCLUSION}; accuracies and sample sizes of the levels as below.",
            {
                "samples": SAMPLES,
                "tolerance": TOLERANCE_REPAIRED,
                "level samples": LEVEL_SAMPLES_REPAIRED,
                **SIZES_REPAIRED,
            },
            _OUTPUT,
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("R26.lemma-11",),
    derivation=__doc__,
    erratum=Erratum(
        printed="ε_*^(l) = K_ρ m^(−l/2)/√(C V²m² s L log m) from"
        " N^(l) = C κ V²m² s L log²(V m κ/δ) K_ρ^(−2) m^l samples",
        fails="N^(l) lacks the V m of Lemma 17: noise exceeds ε_*^(l) once V m is large,"
        " whatever C is; L log m stands"
        " for a logarithm that also grows with V, κ, s and 1/K_ρ",
        by="V = 16, m = 4, κ = 1, δ = 0.1, l = 3: E‖q̂ − q‖² is 1.9 (ε_*^(l))²",
        repair="κ V³m³ in place of κ V²m², and"
        " Λ = 2 log(20400 (V m)³ κ √(V s) m^((L−1)/2)/K_ρ) in place of L log m",
        consequence="the form poly · K_ρ^(−2) m^L stands; the polynomial gains V m",
    ),
)

STATEMENTS = (STATEMENT,)
