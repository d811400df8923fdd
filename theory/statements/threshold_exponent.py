"""How the smallest sufficient sample size grows with m, L and V.

**What fails in the printed form.** n m^L is the threshold to leading order in large m and V. Over
the sizes that can be run, the crossover N_× grows faster: the factor 1 − m^(1−L) rises from 2/3 (m
= 3, L = 2) to 1, and ((mV − 1)/(V − 1))^(L−1) exceeds m^(L−1) by (1 + (1 − 1/m)/V)^(L−1) or so. At
V = 16 the exponent in m^L is above 1 by more than a tenth.

**Repair.** N* ∝ N_×^(L), with the exact N_× of `derived.crossover`. Its exponents follow over any
set of sizes as the slope of log N_×.

**Derivation.** The leaf stage tells tokens apart where the separation exceeds the noise by a
factor; noise and separation depend on the sizes through N/N_× alone (`derived.sensitivity-curve`).
The factor is that at which confusions of close pairs become rare enough (`derived.instance-
threshold`); it depends on the sizes through logarithms only, here neglected.
"""

from __future__ import annotations

from theory.predictions import CROSSOVER, THRESHOLD
from theory.statements.base import Erratum, Form, Statement

STATEMENT = Statement(
    id="C24.threshold-exponent",
    title="Growth of the threshold with m, L and V",
    source="C24 eq. 7, Figs. 3, 4; R26 Theorem 7",
    kind="law",
    hypotheses=(
        "a grammar of the uniform-first-token ensemble that meets Assumption 6",
        "N^(l) ∝ n m^l samples at level l; N counts those of the leaf stage",
    ),
    forms={
        "printed": Form(
            "The least N with a test error below a tenth of chance grows as n m^L.",
            {"threshold": THRESHOLD},
        ),
        "repaired": Form(
            "The least N with a test error below a tenth of chance grows as the crossover N_×.",
            {"threshold": CROSSOVER},
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("C24.threshold", "derived.crossover", "derived.sensitivity-curve"),
    derivation=__doc__,
    erratum=Erratum(
        printed="N* ∝ n m^L",
        fails="the factors 1 − m^(1−L) and (1 + (1 − 1/m)/V)^(L−1) of N_× are left out",
        by="the exponent in m^L over m = 3 to 7, L = 2 to 4 is above 1.1 at V = 16",
        repair="N* ∝ N_×, exponent 1 within 0.1",
        theorem_7="no: its bound is an upper one, with a polynomial in V, m, L to spare",
    ),
)

STATEMENTS = (STATEMENT,)
