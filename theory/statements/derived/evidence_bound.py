"""Evidence bounds of autoencoders whose latents are tokens of the derivation.

**Derivation.** Of a (V, m)-uniform, non-ambiguous grammar a string decides its derivation. Let the
encoder name all tokens of level l, with their own law as the prior: the divergence is their
entropy, of a label and of the rules of the (s^l − 1)/(s − 1) nodes above, R_l = log n + (s^l − 1)/
(s − 1) log m. A decoder that factorises over leaves pays at least H(x_i | all level-l tokens) for
each; these tell of x_i no more than its level-l ancestor does, so that the bound is R_l + Σ_i H(x_i
| ancestor), a finite sum of entropies of rows of products of transition matrices. Its excess over
the entropy H is what the leaves tell of each other given the tokens. At l = L the latent is the
string: the bound is H, and nothing is compressed. One discrete latent a node, the prior drawing the
s tokens of a patch together, is tight too: the layer of level l + 1 pays H(level l + 1 | level l) =
s^l log m, the label log n, and they add up to H. A prior that draws the tokens of a patch one by
one is not: it pays Σ_j H(child j | parent) − log m more at every node.
"""

from __future__ import annotations

from layerproof.theory.predictions_autoencoding import LAYER_RATE, RATE
from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.evidence-bound",
    title="Evidence bounds of latents that are tokens of a level",
    source="derived",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "Where the latents are all tokens of level l and the decoder factorises over leaves,"
            " the least evidence bound is log n + (s^l − 1)/(s − 1) log m and the entropies of the"
            " leaves given their ancestors; of one latent a node, level l + 1 pays s^l log m.",
            {"rate": RATE, "layer": LAYER_RATE},
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
