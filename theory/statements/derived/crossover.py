"""The crossover sample size N_×, where noise between synonyms equals separation of non-synonyms.

**What fails in the printed form.** Two things. N_× is said to be V m^l up to 1/V corrections, but
the noise is (1 − ‖q‖²), and ‖q‖² does not vanish as V grows: E‖q^(l)‖² → m^(1−l). At m = l = 2 the
crossover is half of V m^l for every V. And at N_× the noise is e(N_×) times the separation, since
E[1/n_μ] is not 1/E[n_μ] (see `derived.noise`): 29 % more at V = 8, m = 4, l = 2, where N_× = 96 is
three samples a patch.

**Repair.** 1 ≤ N_×/(V m^l (1 − m^(1−l))) ≤ (1 − 1/V)^(2−l), and noise equals separation where
N = N_× e(N). That equation has a solution where N_× exceeds the number of patches; elsewhere
(m = l = 2) a patch that was seen at all has no more noise than separation.

**Derivation.** With n = V and r = (mV − 1)/(V − 1), N_× = 2 V m (1 − E‖q‖²)/E‖q − q'‖² = m(V −
1)(r^j − 1), j = l − 1. Put a = V/(V − 1). Then r − 1 = a(m − 1) and 1 ≤ r/m ≤ a, so (r^j − 1)/(m^j
− 1) = a Σ_{i<j} r^i/Σ_{i<j} m^i lies between a and a^j; times (V − 1)/V = 1/a that is the claim.
Twice the noise, 2σ² e(N) |P_l|/N with σ² = 1 − E‖q‖², equals the separation Δ² where N = e(N) · 2σ²
|P_l|/Δ² = e(N) N_×.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions import (
    CROSSING,
    CROSSOVER,
    CROSSOVER_LEADING,
    CROSSOVER_LEADING_REPAIRED,
)
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import N

STATEMENT = Statement(
    id="derived.crossover",
    title="Crossover sample size",
    source="derived; C24 eq. 10",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("N independent samples", "samples.independent"),
    ),
    forms={
        "printed": Form(
            "At N_× samples the noise between synonyms equals the separation of non-synonyms;"
            " N_× = V m^l up to 1/V corrections.",
            {"crossover": CROSSOVER, "leading order": CROSSOVER_LEADING},
        ),
        "repaired": Form(
            "The noise between synonyms equals the separation of non-synonyms at N = N_× e(N)"
            " samples; N_× = V m^l (1 − m^(1−l)) up to 1/V corrections.",
            {
                "crossover": CROSSOVER,
                "crossing": CROSSING,
                "leading order": CROSSOVER_LEADING_REPAIRED,
            },
            sp.Eq(N, CROSSING.expression),
        ),
    },
    assumes=("R26.definition-3",),
    proof_uses=("derived.mean-square-separation", "derived.mean-square-norm", "derived.noise"),
    derivation=__doc__,
    erratum=Erratum(
        printed="N_× = V m^l up to 1/V corrections; at N_× noise equals separation",
        fails="1 − ‖q‖² does not tend to 1 with V, and E[1/n_μ] is not 1/E[n_μ]",
        by="a factor 1 − m^(1−l), one half at m = l = 2 for every V; noise is 1.29 times the"
        " separation at V = 8, m = 4, l = 2",
        repair="N_× = V m^l (1 − m^(1−l)) up to 1/V corrections; noise equals separation at"
        " N = N_× e(N)",
        consequence="Theorem 7's form is unaffected",
    ),
)

STATEMENTS = (STATEMENT,)
