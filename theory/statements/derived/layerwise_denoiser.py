"""What a denoiser pays whose rules were learned layer by layer, and how many strings that takes.

**The decoder.** Given the tokens of all levels, belief propagation needs of level l one table,
P[patch | parent]. With a parent and a patch as one-hot vectors both of its passes are multilinear
in it, and ridge regression of the patch on the parent is the table of counts. Regressing a child on
its parent *and its siblings*, as the recipe is told, gives P[child | parent, siblings] instead.
That is the table but for the factor P[siblings | parent], which is constant only where no two rules
of a parent share their siblings; else the decoder is wrong by it, however many strings there are.

**The excess.** With every cluster a parent's patches, the string tells its derivation, so that KL(P
‖ P̂) is the sum over nodes of the divergence of the learned rules from the true ones. Of n parents
seen with k equally likely patches the expected divergence is (k − 1)/(2n), and λ/n more for what
the ridge of penalty λ spreads over other patches. Counted at all positions, a level has as many
parents in the N strings as N times in the one that is paid for: their number cancels, and a level
pays V ((m − 1)/2 + λ)/N, however many nodes it has. The root has one parent and n m patches. With λ
= 1 that is (n m + 1 + (L − 1) V (m + 1))/(2N) nats a string: it grows with L − 1, the strings'
entropy with s^L. It is also the excess of the masked cross-entropies, summed as in
`derived.masked-entropy`.

**The strings.** What has a threshold is the encoder: from C V m³/(1 − f) strings a stage own
latents find all parents at every level, whatever L is. Tokens of the string need V m^(L+1)/(1 − f),
by `derived.path-law`. (`derived.denoiser-threshold` judges both.)
"""

from __future__ import annotations

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import L, N, V, m, n

EXCESS = Formula(
    r"\mathbb{E}\,\mathrm{KL}(P \| \hat{P})",
    "what rules that are counted cost, in nats a string",
    "derived",
    (n * m + 1 + (L - 1) * V * (m + 1)) / (2 * N),
)

STATEMENT = Statement(
    id="derived.layerwise-denoiser",
    title="A denoiser learned layer by layer",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis(
            "a grammar of the uniform-first-token ensemble that meets Assumption 6 for own latents",
            "ensemble.uniform-first-token",
            "R26.definition-4",
            "R26.assumption-6a",
            "R26.assumption-6b",
        ),
        Hypothesis(
            "clusters learned from own latents, and a decoder of patches given parents",
            "derived.layerwise-denoiser/recipe",
        ),
    ),
    forms={
        "printed": Form(
            "With C V m³/(1 − f) strings a stage, at every L, the excess over the exact denoiser is"
            " that of counting known rules: it falls as 1/N and grows with L − 1, not with s^L.",
            {"excess": EXCESS},
        )
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("derived.masked-entropy", "derived.path-law"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
