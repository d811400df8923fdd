"""Which latents survive noise and exact denoising: a law of every level, for noise as it is.

**Derivation.** A string drawn from the posterior of a noisy one keeps a latent with the probability
that the posterior gives it. Posteriors are products of messages from below and from above, and over
draws of C24's ensemble the law of the messages of one level follows from that of the next, where
every node is given rules of its own: :func:`layerproof.theory.forward_backward.kept_in_mean_field`.
In a grammar all nodes of a level share their rules, and a rule that is confused once is confused
wherever it occurs; that is left out, and vanishes as the number of symbols grows. The label is kept
up to a noise at which the curve drops, the sharper the deeper the tree, while the levels near the
leaves change smoothly (Sclocchi, Favero, Wyart 2024; their texts were not read here beyond the
abstract). The annealed map has another threshold: its evidence is planted on the true symbol.
"""

from __future__ import annotations

from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.latent-recovery",
    title="Latents kept by noise and exact denoising",
    source="derived",
    kind="law",
    hypotheses=(Hypothesis("a grammar of the uniform ensemble (C24)", "ensemble.uniform"),),
    forms={
        "printed": Form(
            "The mean share of latents of a level that noise and exact denoising keep is that of"
            " the mean field, to leading order in the number of symbols.",
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("derived.annealed-map",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
