"""How far a label posterior is from the uniform law, in mean square over the ensemble.

The average of q over the V equally likely first tokens is the law of the label, which is uniform:
so ‖q‖² averages to 1/n plus half the mean squared distance of two independent tokens, which are
distinct with probability 1 − 1/V. This holds on every instance, not only in mean.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions import MEAN_SQUARE_NORM
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import square_norm

STATEMENT = Statement(
    id="derived.mean-square-norm",
    title="Mean squared norm of a label posterior",
    source="derived from R26 Lemmas 20, 21",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
    ),
    forms={
        "printed": Form(
            "The label posterior tends to the uniform law at the rate of the separation.",
            {"norm": MEAN_SQUARE_NORM},
            sp.Eq(square_norm, MEAN_SQUARE_NORM.expression),
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("derived.mean-square-separation",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
