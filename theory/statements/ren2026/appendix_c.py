"""Deep quadratic Boolean functions: layerwise learning outside random hierarchy models.

f: {±1}^d → R has Fourier support in degrees 2^k only, disjoint supports within a degree, and every
support of degree q > 2 is the union of two of degree q/2. Layer 1 tries the products x_i x_j, layer
l the products of two survivors of layer l − 1; each stage regresses what is left of f on its
products and keeps those with a coefficient that is not 0.

**What fails in the printed form.** Degree 1 = 2^0. Layer 1 has no linear features, and a later
layer multiplies products of even degree: f = x_0 + x_0 x_1 leaves the residual x_0 for ever. The
same is true of a constant.

**Repair.** Degrees 2^k with k ≥ 1. Then the population algorithm recovers f exactly; and with
threshold c_min/2 and N ≥ (8 B²/c_min²) log(2F/δ) fresh samples a stage it finds the right products
with probability at least 1 − δ, c_min the least and B the sum of the |coefficients|, F the number
of products tried.

**Derivation.** Supports of one degree are disjoint, so distinct pairs of survivors give distinct
characters of twice the degree. Characters are orthonormal under uniform inputs: the coefficient of
a product in what is left is f's own coefficient if that support was not learned before, else 0. By
induction layer l keeps exactly the supports of degree 2^l. From samples: on the event that all
earlier coefficients are within c_min/2, what is left is bounded by B (an error of c_min/2 is at
most half of the coefficient that it replaces), so by Hoeffding one coefficient is off by c_min/2
with probability at most 2 exp(−N c_min²/(8B²)); F of them are tried. The orthogonality is what
makes the signal clean (Informal Principle 2, condition ii): with biased inputs E[x_i] ≠ 0 every
product has a coefficient and all survive.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import candidates, coefficient_sum, delta, least_coefficient

SAMPLES = Formula(
    "N",
    "fresh samples a stage",
    "derived",
    8 * coefficient_sum**2 / least_coefficient**2 * sp.log(2 * candidates / delta),
)

_CONCLUSION = (
    "Layerwise regression on products of surviving products recovers f exactly in population, for"
    " Fourier supports of degree 2^k, disjoint within a degree, those above degree 2 unions of two"
    " of half the degree"
)

STATEMENT = Statement(
    id="R26.appendix-c",
    title="Deep quadratic Boolean functions",
    source="R26 Appendix C",
    kind="proposition",
    hypotheses=(
        Hypothesis("uniform inputs on {±1}^d", "R26.appendix-c/inputs"),
        Hypothesis("a threshold below the least coefficient", "R26.appendix-c/threshold"),
        Hypothesis("a function of the class: supports as below", "R26.appendix-c/class"),
    ),
    forms={
        "printed": Form(f"{_CONCLUSION}."),
        "repaired": Form(
            f"{_CONCLUSION}, k ≥ 1; from N fresh samples a stage, with probability at least 1 − δ.",
            {"samples": SAMPLES},
        ),
    },
    derivation=__doc__,
    erratum=Erratum(
        printed="Fourier supports of degree 2^k",
        fails="degree 1 = 2^0: no layer has linear features",
        by="all of it: f = x_0 + x_0 x_1 leaves the residual x_0, half of ‖f‖²",
        repair="k ≥ 1",
        consequence="Theorem 7's form is unaffected: this is another function class",
    ),
)

STATEMENTS = (STATEMENT,)
