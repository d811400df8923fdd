"""Where belief neither grows nor falls from level to level: the transition of denoising.

**Derivation.** With q = (1 − p^s)/(V^s − 1) the annealed map p' = (p^s + (m − 1) q)/(p^s + (m V −
1) q) keeps p = 1/V and p = 1. Its slope at 1/V is (s/m)(1 − 1/V) V^s/(V^s − 1): s times the one-
step contraction of C24's ensemble, the Kesten–Stigum number of the tree; above 1 the least evidence
on leaves reaches the label. Its slope at 1 is s m (V − 1)/(V^s − 1), about s f: below 1 small noise
is corrected on the way up, above 1 it grows and any noise loses the label of a deep tree. Where 1/V
and 1 are both stable a third fixed point lies between; at s = 2 dividing p' = p by (p − 1/V)(p − 1)
leaves a linear equation with the root p* = (m − 1)/(V − m), which lies between them where 2m < V +
1. From p_0 = 1 − ε + ε/V that is the noise ε* = (1 − p*)/(1 − 1/V): below it the belief in the
label tends to 1 with growing depth, above it to 1/V.
"""

from __future__ import annotations

from layerproof.theory.predictions_denoising import (
    ANNEALED_MAP,
    SLOPE_CERTAIN,
    SLOPE_UNIFORM,
    THRESHOLD_BELIEF,
    THRESHOLD_NOISE,
)
from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.annealed-fixed-points",
    title="Fixed points of the annealed map",
    source="derived",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "The annealed map keeps 1/V and 1, with slopes of about s/m and s f there; at s = 2 it"
            " also keeps (m − 1)/(V − m), the threshold.",
            {
                "map": ANNEALED_MAP,
                "slope at 1/V": SLOPE_UNIFORM,
                "slope at 1": SLOPE_CERTAIN,
                "threshold": THRESHOLD_BELIEF,
                "noise": THRESHOLD_NOISE,
            },
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("derived.annealed-map",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
