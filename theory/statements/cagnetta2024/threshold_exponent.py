"""How the smallest sufficient sample size grows with m, L and V.

C24 measures it on networks trained end to end; here it is that of the layerwise learner.

**What fails in the printed form.** n m^L is the threshold to leading order in large m and V. Over
the sizes that can be run N* grows faster, for two reasons. The crossover N_× does: its factor 1 −
m^(1−L) rises from 2/3 (m = 3, L = 2) to 1, and ((mV − 1)/(V − 1))^(L−1) exceeds m^(L−1) by about (1
+ (1 − 1/m)/V)^(L−1). And N*/N_× grows too: a string of more leaves has more tokens to get wrong,
and closer pairs among more levels, so that noise has to be further below separation.

**Repair.** N* grows as the size at which the predicted rate of unseen and confused patches costs a
tenth of chance (`derived.instance-threshold`); its exponents follow over any set of sizes.

In V, at fixed L and m, N* grows more slowly than N_×: larger vocabularies have fewer close pairs,
and patches that were not seen make up a fifth of the error at V = 64, 7 % at V = 16.

In m, at fixed L, it grows faster than the prediction too: N* over it is 0.89 to 0.95 at m = 3 and
1.19 at m = 8, V = 16, for L = 2 and 3 (at L = 4, 0.89 at m = 3 and 1.03 at m = 5, the largest). At
L = 2 the unseen patches are as many as predicted, the confusions too few at m = 8 and too many at m
= 3. Two things that the rate of confusion leaves out grow with m: a confused token costs the string
only where the patch it makes is a rule's, of which there is a share m/V^(s−1); and the nearest of
many noisy training patches is nearer than one is.

**Derivation.** That of `derived.instance-threshold`, for each grammar; the exponents are slopes of
the logarithm of the geometric mean over grammars of one size. The sensitivity of the leaf stage
depends on the sizes through N/N_× alone (`derived.sensitivity-curve`).
"""

from __future__ import annotations

from layerproof.theory.predictions import CROSSOVER, THRESHOLD
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.thresholds import FORMULAS

STATEMENT = Statement(
    id="C24.threshold-exponent",
    title="Growth of the threshold with m, L and V",
    source="C24 eq. 7, Figs. 3, 4; R26 Theorem 7",
    kind="law",
    hypotheses=(
        Hypothesis(
            "a grammar of the uniform-first-token ensemble that meets Assumption 6",
            "ensemble.uniform-first-token",
            "R26.definition-4",
            "R26.assumption-6a",
            "R26.assumption-6b",
        ),
        Hypothesis(
            "the layerwise learner, where C24 has networks trained end to end",
            "C24.threshold-exponent/learner",
        ),
        Hypothesis(
            "N^(l) ∝ n m^l samples at level l; N counts those of the leaf stage",
            "training.practical",
        ),
    ),
    forms={
        "printed": Form(
            "The least N with which the layerwise learner has a test error below a tenth of chance"
            " grows as n m^L, and as N_×.",
            {"threshold": THRESHOLD, "crossover": CROSSOVER},
        ),
        "repaired": Form(
            "The least N with a test error below a tenth of chance grows as the N at which the"
            " predicted share of strings with an unseen or confused patch is that.",
            {"crossover": CROSSOVER, **FORMULAS},
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("C24.threshold", "derived.sensitivity-curve", "derived.instance-threshold"),
    derivation=__doc__,
    erratum=Erratum(
        printed="N* ∝ n m^L",
        fails="factors of N_× are left out, and deeper strings have more tokens to get wrong",
        by="the exponent in m^L is 1.21 over L = 2, 3 (m = 3 to 8) and L = 4 (m = 3 to 5), V = 16",
        repair="N* as predicted from the rate of unseen and confused patches",
        consequence="Theorem 7's form is unaffected: its bound is an upper one, with a"
        " polynomial in V, m, L to spare",
    ),
)

STATEMENTS = (STATEMENT,)
