"""How many strings a denoiser has to be trained on, and which rules it misses with fewer.

**Derivation.** A rule of level l speaks of level-l tokens, which show only as the patches of level
l + 1 below them. What a denoiser can use of it, it can use only after grouping these patches by
their parents. Outside the patch nothing but tokens shows; the nearest one is a step across and L −
l steps down from the parent, so that patches of level l + 1 are told apart from V m^(L−l+2)/(1 − f)
strings on (`derived.path-law`, the signal `token`). The rules of level L speak of tokens that show
themselves: each only has to be seen. So the levels are learned from the leaves up, and all of them
from N_1 = V m^(L+1)/(1 − f) on, which is what Cagnetta and Wyart (2024) have for masked tokens
(abstract; the text was not read here). How many times N_1 a trained network needs to come near the
exact loss is no consequence of this, and was measured before the claim was made. At V = 8, m = 3, s
= 2, L = 3, N_1 = 1037, the excess of one grammar was 40, 29, 21, 14, 6.1 and 3.9 % of the exact
loss on 100, 200, 400, … 3200 strings in at most 1500 steps; on 4 N_1 strings and in 1000 steps it
was 4.4 and 6.6 % of two others. A tenth at four times N_1 is what is claimed.
On 4 N_1 strings levels 1 and 2 are missed nearly alike, 32 and 28 %: the order is one of thresholds
and is claimed below N_1.

What is missed at a level is the excess of a token over its exact cost where all that is below one
symbol of the level is hidden, as a share of what independent tokens pay more than the exact cost.
"""

from __future__ import annotations

from layerproof.theory.predictions_denoising import LEARNED_STRINGS
from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.denoiser-learns-levels",
    title="Denoisers learn from the leaves up",
    source="derived",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "A U-Net trained to denoise on four times V m^(L+1)/(1 − f) strings comes within a"
            " tenth of the exact loss; trained on fewer than that number itself it misses more of"
            " a level than of the level below.",
            {"strings": LEARNED_STRINGS},
        )
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.path-law",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
