"""How many pairs of parents the turn of a string cannot tell apart: a birthday problem.

**Derivation.** V m^(l−1) P_j(p) is a whole number c_j(p) (`derived.rotation-law`), and c_1 is the
same for all p. So two parents share q where they share c_2, …, c_s: s − 1 whole numbers, each with
variance m^(2(l−1)) v_C ((V − 1)/(mV − 1))^(l−2), and differences with 2V/(V − 1) times it. A
difference of variance τ² is 0 with probability 1/√(2πτ²) by the local central limit theorem; the s
− 1 of them are uncorrelated. Times V(V − 1)/2 pairs that is the mean number of collisions, and
since they are nearly independent, exp(−it) is the share of draws without any: at s = 2 hardly one,
at V = 16, m = 4, s = 3 9 %, 53 % and 85 % at l = 2, 3, 4. At s = 2 a collision is certain where
m^(l−1) < (V − 1)/2, since V different counts add up to more than V m^(l−1). To leading order: at
small variances counts are more peaked than the normal law, and there are up to 12 % more
collisions; twice as many at 0.04.
"""

from __future__ import annotations

from layerproof.theory.predictions_noise import ROTATION_COLLISIONS
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.rotation-collision",
    title="Parents that the turn of a string does not tell apart",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
    ),
    forms={
        "printed": Form(
            "Two parents share q where they stand below every child of the label equally often,"
            " which at s = 2 some pair nearly always does: then ρ = 0, and no sample size helps.",
            {"pairs": ROTATION_COLLISIONS},
        )
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.rotation-law",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
