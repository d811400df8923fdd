"""Assumption 6(a) with Zipf's law on rules and labels: κ stays finite, and how it grows.

**Derivation.** Uniform-first-token ensemble, rule weights f_k ∝ k^(−a), label weights π_k ∝ k^(−b).
Let r = 1/(m f_m) = m^(a−1) H_m(a) with H_m(a) = Σ_{k≤m} k^(−a), and r_0 = 1/(n π_n) = n^(b−1)
H_n(b): how much rarer the rarest rule and label are than in the uniform case. A level-1 patch has
p_μ = π_ζ f_k, so κ^(1) = 1/(n m min p) = r_0 r exactly. Every level-1 token starts nm/V patches,
so P[first level-1 token = ν] ≥ (nm/V) π_n f_m = 1/(V r_0 r); every lower token starts m patches, so
by induction min_ν P[first level-l token = ν] ≥ 1/(V r_0 r^l). A level-(l+1) patch has
p_μ = P[ν] f_k ≥ f_m/(V r_0 r^l), hence κ^(l+1) = 1/(V m min p) ≤ r_0 r^(l+1). And some token has
P[ν] ≤ 1/V, so κ^(l+1) ≥ 1/(m f_m) = r. So κ is finite for every exponent, and never less than r:
polynomial in m, κ ≥ m^(a−1) ζ(a) (1 + o(1)) for a > 1, and 1/(1 − a) for a < 1.

What breaks first as a leaves 0 is Definition 4, by definition; then κ grows. Assumption 6(b) does
not get worse in mean square, see `derived.zipf-contraction`, and ties become rarer; the least
separation may fall all the same at small m.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import kappa, l, label_zipf, m, n, zipf

_RULES = m ** (zipf - 1) * sp.harmonic(m, zipf)
_LABELS = n ** (label_zipf - 1) * sp.harmonic(n, label_zipf)

KAPPA_LEAST = Formula(
    r"\kappa_{\min}^{(l)}",
    "least non-degeneracy constant with Zipf weights",
    "derived",
    sp.Piecewise((_LABELS * _RULES, sp.Eq(l, 1)), (_RULES, True)),
)

KAPPA_MOST = Formula(
    r"\kappa_{\max}^{(l)}",
    "largest non-degeneracy constant with Zipf weights",
    "derived",
    _LABELS * _RULES**l,
)

STATEMENT = Statement(
    id="derived.zipf-degeneracy",
    title="Non-degeneracy with Zipf weights",
    source="derived; R26 Assumption 6(a); Cagnetta, Kang, Wyart 2025 for the weights",
    kind="law",
    hypotheses=(
        Hypothesis("rules of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis(
            "the k-th rule of every symbol has weight k^(−a), the k-th label k^(−b)", "rules.zipf"
        ),
    ),
    forms={
        "printed": Form(
            "With r = m^(a−1) H_m(a) and r_0 = n^(b−1) H_n(b), r ≤ κ^(l) ≤ r_0 r^l at every level,"
            " and κ^(1) = r_0 r.",
            {"least": KAPPA_LEAST, "most": KAPPA_MOST},
            sp.And(sp.Ge(kappa, KAPPA_LEAST.expression), sp.Le(kappa, KAPPA_MOST.expression)),
        ),
    },
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
