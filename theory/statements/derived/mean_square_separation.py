"""How far the label posteriors of non-synonyms lie apart, in mean square over the ensemble.

Derived from Lemmas 20 and 21: one first-child transition matrix is a deal of mV balls, m of each
token, into V bins, and contracts a centred vector by (V − 1)/(mV − 1) in mean square. The
derivation stands under :data:`layerproof.theory.predictions.CONTRACTION`, that of the top level,
where the classes may be other than V, under :data:`layerproof.theory.predictions.CONTRACTION_TOP`.
The value is exact at every size.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions import CONTRACTION, CONTRACTION_TOP, MEAN_SQUARE_SEPARATION
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import square_separation

STATEMENT = Statement(
    id="derived.mean-square-separation",
    title="Mean-square separation of non-synonyms",
    source="derived from R26 Lemmas 20, 21",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
    ),
    forms={
        "printed": Form(
            "Each rule level contracts the mean-square separation of non-synonyms by"
            " (V − 1)/(mV − 1).",
            {
                "separation": MEAN_SQUARE_SEPARATION,
                "contraction": CONTRACTION,
                "top contraction": CONTRACTION_TOP,
            },
            sp.Eq(square_separation, MEAN_SQUARE_SEPARATION.expression),
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("R26.lemma-20", "R26.lemma-21"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
