"""What is lost by showing several masked tokens at once, each drawn from its own posterior.

**Derivation.** Let j tokens show at once where k are hidden. The law that draws each from its own
posterior differs from their joint one by their total correlation, the sum of the entropies less the
joint entropy. Averaged over all orders, with H_k the mean of −log P[x_i | what shows] over k hidden
tokens, that is j H_k − (H_k + … + H_(k−j+1)). The divergences of the steps add up: KL(P‖Q) = Σ over
steps of j H_k, less the entropy H = H_1 + … + H_d. All strings of P are of the grammar; telling
only whether a string is, the divergence can but shrink: −log Q[grammatical] ≤ KL. Over orders
e^(−KL) is convex, so that the bound holds with the mean divergence. One token at a time has KL = 0
and makes strings of the grammar alone; all at once is the product of the marginals, and where these
are uniform the bound is met: Q[grammatical] = P_max/V^d.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions_denoising import INVALID
from layerproof.theory.statements.base import Form, Statement
from layerproof.theory.symbols import failure

STATEMENT = Statement(
    id="derived.unmasking",
    title="Several tokens at once, each by itself",
    source="derived",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "Of strings whose masked tokens show several at once, each drawn from its own exact"
            " posterior, at most 1 − e^(−KL) are none of the grammar.",
            {"invalid": INVALID},
            sp.Le(failure, INVALID.expression),
        )
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.masked-entropy",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
