"""Two patches do tell real strings from noise: at four times the price of predicting one from the
other.

**Derivation.** The patch T is shown with a token Z, which with probability 1/2 is that of the same
string (own-latent), and else that of an independent one. The law of (Z, real or not) given T is
(P(Z|T)/2, P(Z)/2), so the log-odds of "real" are the pointwise mutual information of T and Z, what
a critic trained by noise-contrastive estimation tends to. The second half is one for all T:
separations are a quarter of those of P(Z|T) (`derived.path-law`). The squared norm is a quarter of
E‖P(Z|T)‖² + E‖P(Z)‖²; the deviations of P(Z) are the mean over the V rows of C of those of P(Z|T),
of mean square v_C/V, a step down contracted by (V − 1)/(mV − 1).
"""

from __future__ import annotations

from layerproof.theory.predictions_noise import PAIRS_CROSSOVER, PAIRS_NORM, PAIRS_SEPARATION
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.noise-pairs",
    title="Real pairs against noise",
    source="derived from derived.path-law",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
    ),
    forms={
        "printed": Form(
            "A token beside the patch, real or of another string, with which of the two it is,"
            " separates by a quarter of what the real one does, at every level below the first.",
            {
                "separation": PAIRS_SEPARATION,
                "norm": PAIRS_NORM,
                "crossover": PAIRS_CROSSOVER,
            },
        )
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.path-law",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
