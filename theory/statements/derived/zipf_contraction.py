"""The signal with Zipf's law on rules: in mean square it contracts less from level to level.

**Derivation.** One level of the uniform-first-token ensemble: m V balls, m of each of V colours,
are dealt without replacement into V bins of m slots; the k-th slot has weight f_k. For Σz = 0 the
bin's weighted mean is τ = Σ_k f_k Z_k, Z_k the value on the k-th ball. The variance of one ball is
σ² = ‖z‖²/V, the covariance of two −σ²/(mV − 1), and F = Σ_k f_k², so
Var τ = σ² [F − (1 − F)/(mV − 1)] = σ² (mVF − 1)/(mV − 1); summed over the V bins that is the claim.
F = H_m(2a)/H_m(a)², which is 1/m at a = 0 (R26's ensemble, `derived.mean-square-separation`), rises
with a, and tends to 1: a deterministic grammar loses nothing. In mean square a level keeps more of
the signal than with uniform rules. The posteriors q are P's columns over their sums, which are no
longer equal, so their separation is this only up to that normalisation; and K_ρ, a least
separation, need not rise with the mean. Exact ties of two posteriors, which make K_ρ = 0 in small
uniform grammars, need two weighted sums of distinct f_k to agree and become rarer.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import V, m, zipf

SQUARES = sp.harmonic(m, 2 * zipf) / sp.harmonic(m, zipf) ** 2

CONTRACTION_ZIPF = Formula(
    r"c(a)",
    "mean-square contraction of one first-child transition matrix, Zipf weights",
    "derived from R26 Lemma 21",
    (m * V * SQUARES - 1) / (m * V - 1),
)

STATEMENT = Statement(
    id="derived.zipf-contraction",
    title="Contraction of the signal with Zipf weights",
    source="derived; R26 Lemmas 20, 21; Cagnetta, Kang, Wyart 2025 for the weights",
    kind="law",
    hypotheses=(
        Hypothesis("rules of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("the k-th rule of every symbol has weight k^(−a)", "rules.zipf"),
    ),
    forms={
        "printed": Form(
            "One first-child transition matrix contracts a centred z in mean square by"
            " (mVF − 1)/(mV − 1), F = Σ f_k² = H_m(2a)/H_m(a)².",
            {"contraction": CONTRACTION_ZIPF},
        ),
    },
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
