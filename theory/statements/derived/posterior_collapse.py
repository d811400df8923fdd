"""When a latent that names a level pays, where the decoder factorises over leaves.

**Derivation.** Without a latent such a decoder pays Σ_i H(x_i); with the tokens of level l it pays
the rate R_l and Σ_i H(x_i | ancestor). So the latents pay if and only if Σ_i I(x_i; ancestor) >
R_l. To leading order in small information I is half of the mean χ² of a leaf's law given its
ancestor, which for a first leaf is (V − 1) c^(L−l) on average over draws, c = (V − 1)/(mV − 1): s^L
(V − 1) c^(L−l)/2 in all. For the label that is (s c)^L (V − 1)/2 against log n. Since s c is below
1 for m ≥ s, a label stops paying as L grows; but what a level saves for each of its tokens depends
on its height L − l alone, and so does the height of the highest level that pays: it moves down the
tree.

The leading order is off where a leaf tells much of its ancestor: by 15 to 20 % at 0.2 to 0.5 nats a
leaf, by a few percent below 0.1.

What pays need not be found. Let the latent's law given the label differ from its prior by a small
factor 1 + u(label), E u = 0. Its rate is E u²/2, and it saves Σ_i E(E[u | x_i])²/2, to second
order: a collapsed encoder that sees the label is a local minimum unless the operator Σ_i E[E[u |
x_i] | label] has an eigenvalue above 1. Their sum is Σ_i χ²_i, their mean over the n − 1 = V − 1
functions of mean 0 is (c + (s − 1) c')^L on average, c' = c (1 − g/(m V)) for a child that is not
the first: about (s c)^L, the Kesten–Stigum number of the tree to the power L. A label in between,
with all eigenvalues below 1 and (s c)^L (V − 1)/2 above log n, pays, and is a hill away from the
start.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions_autoencoding import GROWTH, RATE, SAVED
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.posterior-collapse",
    title="Latents that pay, and those that collapse",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
    ),
    forms={
        "printed": Form(
            "Latents that name the tokens of level l pay, for a decoder that factorises over"
            " leaves, if s^L (V − 1) c^(L−l)/2 > log n + (s^l − 1)/(s − 1) log m, to leading order,"
            " and not if it is less; a small use of the label grows by about (s c)^L on average.",
            {"saved": SAVED, "rate": RATE, "growth": GROWTH},
            sp.Gt(SAVED.expression, RATE.expression),
        )
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.evidence-bound",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
