"""InfoNCE has no optimum where some pairs of crops never occur; the spectral loss has one.

The optimum would be log P(T, T')/(P(T) P(T')) up to a function of T: −∞ on pairs that never occur,
a share 1 − f of the pairs of symbols at s = 2. Gradient descent comes as close to the bound as one
likes, at distance const/t, while the critic's values on those pairs fall as −log t, without end. At
f = 1 every pair occurs and the optimum is attained; and so is that of the spectral contrastive
loss, P(T, T')/(P(T) P(T')) itself, at every f.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions_contrast import GAP, GROWTH, NEVER
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.infonce-divergence",
    title="InfoNCE's optimum is not attained",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("crops of two tokens or more", "crops.two"),
    ),
    forms={
        "printed": Form(
            "Gradient descent on the exact loss, a critic of all pairs: where some pairs of crops"
            " never occur, its values on them fall in the end by log X while the number of steps"
            " grows X-fold, and the loss keeps 1/X of its distance from the"
            " bound. Where every pair occurs (f = 1), and for the spectral loss, the critic comes"
            " to rest.",
            {"growth": GROWTH, "gap": GAP, "never": NEVER},
            sp.Eq(sp.Symbol("growth"), GROWTH.expression, evaluate=False),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
