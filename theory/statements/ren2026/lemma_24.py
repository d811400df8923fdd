"""Lemma 24: how many balls of one colour fall into the first bins.

**What fails in the printed form.** N_{≤γV,μ} counts the first ⌊γV⌋ bins, so its mean is ⌊γV⌋ m/V
and not γ m. With V = 2, γ = 0.49 the first ⌊0.98⌋ = 0 bins hold nothing: the event is certain,
while the bound with ε = 0.1 is below 1 from m = 425 on.

**Repair.** γ V is a positive integer. Then γ < 1/2 and ε ≤ 0.1 are not needed: the bound holds
for all 0 < γ ≤ 1 and 0 < ε ≤ 1. Lemma 27 uses it up to γ = 2/3.

**Derivation.** Of the mV balls γ m V go into the first γV bins, and m of them have the colour:
the number is hypergeometric with mean M = γ m. Its moment-generating function is at most that of
the binomial law with the same mean (Hoeffding, JASA 1963, Thm. 4), so Chernoff's bounds hold:
P[N ≥ (1 + ε)M] ≤ exp(−ε²M/3), P[N ≤ (1 − ε)M] ≤ exp(−ε²M/2) for 0 < ε ≤ 1. The sum is the claim.
The true exponent is ε²γm/(2(1 − γ)(1 − 1/V)) to leading order, at least 1.5 times the printed
one.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import deviation, failure, gamma, m

SOURCE = "R26 Lemma 24"

TAIL = Formula(
    r"\mathbb{P}[|N_{\le\gamma V,\mu} - \gamma m| \ge \varepsilon\gamma m]",
    "bound on a deviation of a colour's count",
    SOURCE,
    2 * sp.exp(-(deviation**2) * gamma * m / 3),
)

_READING = "P[|N_{≤γV,μ} − γm| ≥ εγm] ≤ 2 exp(−ε²γm/3)"

STATEMENT = Statement(
    id="R26.lemma-24",
    title="Counts of one colour concentrate",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("a fixed colour μ", "R26.lemma-24/colour"),
        Hypothesis("γ in (0, 1/2); as repaired, γV a whole number and γ ≤ 1", "R26.lemma-24/gamma"),
        Hypothesis("ε in (0, 0.1]; as repaired, ε ≤ 1", "R26.lemma-24/epsilon"),
    ),
    forms={
        "printed": Form(
            f"{_READING}; where γV is not an integer, read with the first ⌊γV⌋ bins.",
            {"tail": TAIL},
            sp.Le(failure, TAIL.expression),
        ),
        "repaired": Form(
            f"If γV is a positive integer, {_READING}, for all γ ≤ 1 and ε ≤ 1.",
            {"tail": TAIL},
            sp.Le(failure, TAIL.expression),
        ),
    },
    proof_uses=("R26.lemma-20",),
    derivation=__doc__,
    erratum=Erratum(
        printed="P[|N_{≤γV} − γm| ≥ εγm] ≤ 2 exp(−ε²γm/3) for γ < 1/2, ε ≤ 0.1",
        fails="where γV is not an integer: the mean is ⌊γV⌋m/V, not γm",
        by="V = 2, γ = 0.49, ε = 0.1, m = 425: probability 1, bound 0.99898",
        repair="γV a positive integer; then for all γ ≤ 1 and ε ≤ 1",
        consequence="Theorem 7's form is unaffected: the proof needs whole bins only",
    ),
)

STATEMENTS = (STATEMENT,)
