"""Which trained autoencoders leave the collapsed posterior at which they start.

**Derivation.** Let the encoder see X, the string or its label, and the decoder give every leaf a
law of its own. Near the collapsed start the code's law given X is the prior but for a factor 1 +
u(X), E u = 0. To second order the rate is E u²/2, and a decoder that has caught up saves Σ_i E(E[u
| x_i])²/2. So the start is left where λ = max_u Σ_i E(E[u | x_i])²/E u² is above 1, and is a
minimum where λ is below.

For an encoder that sees the label, λ is the largest eigenvalue of Σ_i E[E[u | x_i] | label], of
which the mean is about (s c)^L. At V = 32, m = 4, s = 2, L = 2 naming the label would lower the
bound by 0.2 nats, and λ is 0.65: training from a small start collapses all the same.

For one that sees the string the best u is a sum of functions of one leaf each, and λ is the largest
eigenvalue of the leaves' correlations. It is 1 only where all pairs of leaves are independent: at f
= 1, where the strings are uniform and no latent saves anything. Everywhere else a free latent is
used, and holds what saves most: tokens near the leaves where the label does not pay, and at V = 8,
m = 2, s = 3, L = 2, where it does, a level-1 token rather than it. The law d I(leaf; label) > log n
is one of a latent that *is* the label.
"""

from __future__ import annotations

from layerproof.theory.predictions_autoencoding import LEAST_RATE
from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.trained-collapse",
    title="Training leaves a collapsed posterior where a small use of it grows",
    source="derived",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "An autoencoder whose decoder factorises over leaves, trained by gradient descent from"
            " near a collapsed posterior, uses its latent if λ, the growth of a small use of it, is"
            " above 1, and only then.",
            {"rate": LEAST_RATE},
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("derived.posterior-collapse",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
