"""Lemma 26: the conditional moments of one bin, given those before it.

**What fails in the printed form.** At m = 1 and ν = V one ball remains:
(m − 1)/(m(V − ν + 1) − 1) is 0/0, and no bin holds the second ball of which the covariance
speaks.

**Repair.** m ≥ 2.

**Derivation.** Given the first ν − 1 bins, n = m(V − ν + 1) balls remain, with mean z̄ and
variance σ² (dividing by n). Two balls drawn from them without replacement have covariance
E[Z₁Z₂] − z̄² = ((n z̄)² − n(σ² + z̄²))/(n(n − 1)) − z̄² = −σ²/(n − 1), which needs n ≥ 2, and
their mean over m draws has variance σ²/m + (1 − 1/m)(−σ²/(n − 1)) = (σ²/m)(1 − (m − 1)/(n − 1)).
Adding z̄² gives E[τ_ν²]. The values need not be centred. At ν = V the variance vanishes, as it
must: the last bin takes what is left.
"""

from __future__ import annotations

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import V, m, nu, remaining_mean, variance

SOURCE = "R26 Lemma 26"

SECOND_MOMENT = Formula(
    r"\mathbb{E}[\tau_\nu^2 \mid F_{\nu-1}]",
    "conditional second moment of a bin mean",
    SOURCE,
    variance / m * (1 - (m - 1) / (m * (V - nu + 1) - 1)) + remaining_mean**2,
)

COVARIANCE = Formula(
    r"\mathrm{Cov}(Z_{\nu,1}, Z_{\nu,2} \mid F_{\nu-1})",
    "covariance of two balls of one bin",
    SOURCE,
    -variance / (m * (V - nu + 1) - 1),
)

_READING = (
    "Given the first ν − 1 bins, E[τ_ν²] = (σ_ν²/m)(1 − (m − 1)/(m(V − ν + 1) − 1)) + z̄_ν² and"
    " Cov(Z_ν1, Z_ν2) = −σ_ν²/(m(V − ν + 1) − 1)"
)
_FORMULAS = {"second moment": SECOND_MOMENT, "covariance": COVARIANCE}

STATEMENT = Statement(
    id="R26.lemma-26",
    title="Conditional moments of a bin mean",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis(
            "σ_ν² and z̄_ν: variance and mean of the values that remain", "R26.lemma-26/moments"
        ),
        Hypothesis("ν ≤ V", "R26.lemma-26/bin"),
        Hypothesis("as repaired, m ≥ 2", "R26.lemma-26/rules"),
    ),
    forms={
        "printed": Form(f"{_READING}.", _FORMULAS),
        "repaired": Form(f"If m ≥ 2: {_READING}.", _FORMULAS),
    },
    proof_uses=("R26.lemma-21",),
    derivation=__doc__,
    erratum=Erratum(
        printed="E[τ_ν² | F] = (σ_ν²/m)(1 − (m − 1)/(m(V − ν + 1) − 1)) + z̄_ν² for every m and ν",
        fails="at m = 1, ν = V the fraction is 0/0, and at m = 1 no bin has a second ball",
        by="V = 2, m = 1, ν = 2: undefined; the true value is z̄²",
        repair="m ≥ 2",
        consequence="Theorem 7's form is unaffected",
    ),
)

STATEMENTS = (STATEMENT,)
