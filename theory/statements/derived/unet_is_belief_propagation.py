"""A U-Net with the rules of a grammar for weights infers exactly, at every node.

**Derivation.** Let ν_c be a child's message from below: the probability of what is seen below it,
for each symbol that may stand there. Then a node's is ν(a) = Σ over the rules r of a of p_r Π_j
ν_(c_j)(r_j), r_j being the j-th token of r. In logarithms the product is a sum: a hidden unit for
each rule, with weights 0 and 1 from the s V' messages of the children, V' = V_(l+1). After exp a
second linear map adds up rules, with weights p_r and 0, and log gives the message. That is the
encoder: s V' → R → V. What comes from above is δ_(c_j)(b) = Σ over rules r with r_j = b of p_r δ(a)
Π_(i≠j) ν_(c_i)(r_i), a the parent of r: a hidden unit for each rule and place, from the s V'
messages of the children (the skip) and the V of the parent. That is the decoder: s V' + V → s R →
s V'. A node's posterior is ν δ over its sum: the softmax of the logarithms, added. On a tree both
passes are exact for any evidence at the leaves, so that every node's belief is; dividing a message
by its sum changes none. The sums of the encoder times that of the label's prior with its message
are the likelihood.

**Weights.** R s V' + V R up and s R (s V' + V) + s V' s R down: R ((s + 1) V + s (2 s + 1) V') a
level, and the n of the label's prior. In a (V, m)-uniform grammar R = V m, and a level has
V² m (2 s² + 2 s + 1). Uneven rules cost no more: their probabilities are the weights of the second
maps. A denoiser does without the label's message: V_0 R_0 of the weights are of the label alone.

**In floating point** a sum that is less than the smallest positive double, 2e-308, of the largest
hidden unit beside it counts as that double: so does evidence of 0. Nothing is lost while what is
seen inside a node and outside of it do not contradict each other by more than that.
"""

from __future__ import annotations

from layerproof.theory.predictions_denoising import UNET, UNET_LEVEL
from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.unet-is-belief-propagation",
    title="A U-Net infers exactly",
    source="derived",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "A U-Net of linear maps, exp and log, with the rules' probabilities for weights and the"
            " width of a level's rules, gives the posterior of every node.",
            {"level": UNET_LEVEL, "network": UNET},
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
