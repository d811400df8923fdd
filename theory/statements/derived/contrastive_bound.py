"""What InfoNCE's bound is worth: the information between the parents of two crops.

InfoNCE with infinitely many negatives is never below −I(T; T') (van den Oord et al. 2018, known
from memory). In a non-ambiguous grammar a patch tells its parent, and given the parents two patches
are independent, so I(T; T') = I(p; p'): the same for crops of one patch, of two halves of the
string, and whatever L. The mean over draws is exact at every size. At s = 2 it is H(p') − log m, to
leading order log(1/f) − (1 − f)/(2m); at s ≥ 3 that expression is above log V, which no information
between symbols can be, and the exact one has to be used.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions_contrast import (
    BOUND,
    BOUND_ERROR,
    BOUND_LEADING,
    FAR_INFORMATION,
)
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.contrastive-bound",
    title="Value of the contrastive bound",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("as many labels as symbols, and crops of two tokens or more", "crops.two"),
    ),
    forms={
        "printed": Form(
            "The information between neighbouring crops is log V + (V ⟨k log k⟩ − ⟨c log c⟩)/m in"
            " the mean over draws, at every level; at s = 2 it is log(1/f) − (1 − f)/(2m) up to"
            " (1 − f²)/(6m²). Under an ancestor h levels up it is ((V − 1)/2) v_C c^(2(h − 1)) to"
            " leading order.",
            {
                "bound": BOUND,
                "leading": BOUND_LEADING,
                "error": BOUND_ERROR,
                "far": FAR_INFORMATION,
            },
            sp.Eq(sp.Symbol("I"), BOUND.expression, evaluate=False),
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("R26.lemma-20", "R26.lemma-21"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
