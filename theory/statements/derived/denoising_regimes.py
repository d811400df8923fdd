"""Which way belief in the true symbol goes as a tree grows: three regimes of denoising.

**Derivation.** By the annealed map a small doubt is multiplied by s m (V − 1)/(V^s − 1), about s f,
one level up, and a small excess of belief over 1/V by s (1 − 1/V) V^s/(m (V^s − 1)), about s c.

- s f < 1: low noise is corrected, the belief in the true symbol grows with the height above the
  leaves towards 1, up to the unstable fixed point: at s = 2 the noise ε* = (1 − (m − 1)/(V − m))/(1
  − 1/V), elsewhere where the map keeps the belief that it starts from.
- s f > 1: doubt grows, and any noise loses the label of a deep tree.
- s c > 1: the least evidence grows, and some of the label is known at any noise.

Between 1 and 1/V the map may have no fixed point but these: then belief falls all the way (s f > 1)
or rises (s c > 1). The map is one of averages over draws, and of evidence that is planted on the
true symbol; whether drawn grammars follow it, one by one, is what is measured. A mean number of
surviving alternatives, and the growth of weak evidence, do not depend on what the noise is: near
its two ends masked and replaced tokens have the same regimes.
"""

from __future__ import annotations

from layerproof.theory.predictions_denoising import (
    ANNEALED_MAP,
    ANNEALED_START,
    SLOPE_CERTAIN,
    SLOPE_UNIFORM,
)
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.denoising-regimes",
    title="Three regimes of denoising",
    source="derived",
    kind="law",
    hypotheses=(Hypothesis("a grammar of the uniform ensemble (C24)", "ensemble.uniform"),),
    forms={
        "printed": Form(
            "From level to level the belief in the true symbol rises where s f < 1 and the noise is"
            " below the unstable fixed point, or s c > 1 and it is near 1; else it falls.",
            {
                "map": ANNEALED_MAP,
                "start": ANNEALED_START,
                "slope at 1/V": SLOPE_UNIFORM,
                "slope at 1": SLOPE_CERTAIN,
            },
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("derived.annealed-fixed-points",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
