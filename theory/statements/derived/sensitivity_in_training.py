"""The synonym-sensitivity curve of a level whose tokens are noisy, as they are in any run.

**What fails in the printed form.** It takes the levels below for clean. In a run with N^(l) = X n
m^l at every level a token of level l < L comes in m variants with an estimate each, and a patch in
k = m^s. The stage smooths over them with a kernel as narrow as their scatter, so it does not pool
all of a patch's samples: the noise at level 2 is 1.6 times as large at V = 16, m = 4, L = 3, and S
at 8 n m^2 samples is 0.14 where 0.088 is predicted.

**Repair.** S(N) = 1/(1 + N/(N_× e(N) I)), I the noise that is left relative to full pooling.

**Derivation.** Variants of one patch have probability p/k each, and empirical laws ŷ_j whose noise
is k times that of the patch. Other patches are far off in kernel units (Δ² ≫ noise). Inside a patch
the closed form gives the scores K (A K + λ)^(−1) A ŷ with A = p/k, that is B ŷ with B = K (K + λ
k/p)^(−1); normalised by its sum, variant i has noise Σ_j B_ij²/(Σ_j B_ij)² · k times the patch's. K
is the product over the s tokens of exp(−‖ĥ − ĥ'‖²/(2σ²)) between their variants, ĥ with the noise
of the stage below, itself inflated by that level's I; I^(L) = 1. Neglected is the rest of the
kernel, between patches of different parents, which adds a few per cent to S.
"""

from __future__ import annotations

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CROSSOVER, SENSITIVITY, SENSITIVITY_REPAIRED
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import N, crossover, inflation
from layerproof.theory.symbols import count_correction as correction

SENSITIVITY_INFLATED = Formula(
    SENSITIVITY.name,
    "synonym sensitivity of a level whose tokens are noisy",
    "derived",
    1 / (1 + N / (crossover * correction * inflation)),
)

STATEMENT = Statement(
    id="derived.sensitivity-in-training",
    title="Synonym-sensitivity curve inside a run",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("κ = 1: all first patches are equally likely", "kappa.one"),
        Hypothesis(
            "every level is trained on its share N^(l) = X n m^l of samples, practical bandwidths",
            "training.practical",
        ),
    ),
    forms={
        "printed": Form(
            "The synonym sensitivity of every level of a run is that of a stage with clean tokens.",
            {"sensitivity": SENSITIVITY_REPAIRED, "crossover": CROSSOVER},
        ),
        "repaired": Form(
            "The synonym sensitivity of every level of a run is 1/(1 + N/(N_× e(N) I)), I the noise"
            " that kernel smoothing over noisy variants leaves.",
            {"sensitivity": SENSITIVITY_INFLATED, "crossover": CROSSOVER},
        ),
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.sensitivity-curve",),
    derivation=__doc__,
    erratum=Erratum(
        printed="S(N) at every level as if the levels below were clean",
        fails="variants of a patch are smoothed over by a kernel as narrow as their scatter",
        by="S at level 2 is 1.6 times as large at V = 16, m = 4, L = 3, X = 8 to 32",
        repair="the factor I in the noise, computed from the kernel between noisy variants",
        consequence="Theorem 7's form is unaffected: its σ and N make the variants of a"
        " patch alike",
    ),
)

STATEMENTS = (STATEMENT,)
