"""C24's gain from clustering whole vectors after one gradient step: √n in the threshold.

After one step the column of a tuple is a random image of its empirical label law, a vector of n
entries. An entry alone shows its signal from n m^L samples on. Over the whole vector the squared
distances of two synonyms scatter by √(2/n) of their mean, the noise, so that a separation of √n
times less than the noise shows: at √n m^L samples.

**What fails in the printed form.** Nothing to leading order. As n m^L does in `C24.threshold`, it
leaves out the factor [(1 − 1/V) V^s/(V^s − 1)]^(1−L), which is 1 + 1/V at s = L = 2: over V = 10 to
24 at n = m = V the exponent of V is 2.44, not 2.5.

**Repair.** √n m g^(1−L), g the exact contraction of a level.

**Derivation.** Signal and noise of an entry meet at n m g^(1−L) (`C24.threshold`), and the gain √n
is in the number of entries alone.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CONTRACTION_UNIFORM, THRESHOLD
from layerproof.theory.predictions_uniform import THRESHOLD_TUPLE
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import L, m, n

CLUSTERING_THRESHOLD = Formula(
    r"P_{\mathrm{cluster}}",
    "sample threshold of one gradient step followed by clustering",
    "C24 App. D",
    sp.sqrt(n) * m**L,
)

CLUSTERING_THRESHOLD_REPAIRED = Formula(
    CLUSTERING_THRESHOLD.name,
    CLUSTERING_THRESHOLD.title,
    "derived; C24 App. D",
    sp.sqrt(n) * m * CONTRACTION_UNIFORM.expression ** (1 - L),
)

STATEMENT = Statement(
    id="C24.clustering",
    title="Gain of clustering whole representations",
    source="C24 App. D, Fig. 10",
    kind="law",
    hypotheses=(
        Hypothesis(
            "a grammar of the uniform ensemble (C24) with n = m = V",
            "ensemble.uniform",
            "C24.clustering/sizes",
        ),
        Hypothesis(
            "one full-batch gradient step at each level, then k-means", "C24.clustering/learner"
        ),
    ),
    forms={
        "printed": Form(
            "One gradient step and clustering, level by level, succeeds from √n m^L strings on,"
            " √n times fewer than an entry of the representation needs.",
            {"threshold": CLUSTERING_THRESHOLD, "per entry": THRESHOLD},
        ),
        "repaired": Form(
            "One gradient step and clustering, level by level, succeeds from √n m g^(1−L) strings"
            " on, √n times fewer than an entry of the representation needs.",
            {"threshold": CLUSTERING_THRESHOLD_REPAIRED, "per entry": THRESHOLD_TUPLE},
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("C24.signal", "C24.noise", "C24.threshold"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
