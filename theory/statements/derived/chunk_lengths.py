"""Noise and exact denoising change leaves in chunks, which are largest where the label is lost.

**Derivation.** Draw a string, put noise on it, and draw a derivation from the posterior of what is
left. A leaf that changes was redrawn with latents above it, and these take all leaves below them
along: two leaves change together the more often, the more of their ancestors they share. Were each
to change by itself, with the same probability p, the number of changes would have the variance d p
(1 − p), and a run of them the mean length d/(1 + (d − 1)(1 − p)): expected changes by expected
starts of runs. Below the noise at which the label is lost changes stop at a low level, above it
nearly all change; in between latents of all levels change in some strings and not in others. So the
variance, in those units the number of leaves that change together, is largest there, and grows with
depth. (Sclocchi, Favero, Levi, Wyart 2024 find chunks whose length diverges at the transition;
their text was not read here beyond the abstract. What is judged is the finite tree.)
"""

from __future__ import annotations

from layerproof.theory.predictions_denoising import RUN_ALONE
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.chunk-lengths",
    title="Chunks of leaves change together, most at the transition",
    source="derived",
    kind="law",
    hypotheses=(Hypothesis("a grammar of the uniform ensemble (C24)", "ensemble.uniform"),),
    forms={
        "printed": Form(
            "Leaves that noise and exact denoising change stand in longer runs than if each changed"
            " by itself; the number of changes varies most, for its mean, at the noise at which the"
            " mean field keeps half of the label.",
            {"alone": RUN_ALONE},
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("derived.latent-recovery",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
