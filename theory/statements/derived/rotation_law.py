"""What a patch tells of how far its string was turned.

**Derivation.** The string is turned by r of its s blocks, r uniform: the patch that comes first
stood below child r + 1 of the label, and q = (P_1(p), …, P_s(p)) over their sum, P_j(p) the
probability that the first level-(l−1) symbol below child j is p. In the uniform-first-token
ensemble V P_1 = 1. V P_j − 1 = δ_j for j ≥ 2 is the mean over all V first tokens of V (C_μp − 1/V),
so E δ_j² = v_C at l = 2, contracted by (V − 1)/(mV − 1) with every step down; differences of two
symbols have V/(V − 1) times twice that, since Σ_p δ_j = 0. The δ_j of different children are
uncorrelated: the other tokens of a patch are drawn from all V^(s−1) tuples. To leading order q_j =
(1 + δ_j − δ̄)/s, δ̄ the mean over the s children, and E Σ_j (δ_j − δ̄)² keeps (s − 1)(1 − 1/s) of E
δ_j². The next order is v_C ~ 1/m of it: 1.27 times the law at V = 16, m = 4, s = 2, l = 2, and 1.03
at m = 16, l = 3.
"""

from __future__ import annotations

from layerproof.theory.predictions_noise import (
    ROTATION_CROSSOVER,
    ROTATION_NORM,
    ROTATION_SEPARATION,
)
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.rotation-law",
    title="Separation by the turn of a string",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
    ),
    forms={
        "printed": Form(
            "By how many blocks a string was turned separates non-synonyms by 2 (s − 1)²/s³ of what"
            " a sibling's law does at l = 2, to leading order in 1/m, and by 1/m less a level.",
            {
                "separation": ROTATION_SEPARATION,
                "norm": ROTATION_NORM,
                "crossover": ROTATION_CROSSOVER,
            },
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
