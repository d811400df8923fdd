"""How many strings a layerwise denoiser needs for the rules of each level, and for all of them.

**Derivation.** The rules of level l are patches of level-l tokens; a denoiser that has found these
tokens needs but to count them. Its loss at level l, the total correlation of a patch's tokens that
it misses (log 1/f nats a node where it misses all), therefore waits for stage l + 1, which finds
the level-l tokens, and for the stages below that one. Level L waits for nothing: its tokens show.
So a level's threshold is the crossover of the stage below it (`derived.path-law`):
V m^(L−l+2)/(1 − f) for the nearest token outside, V m³/(1 − f) at every level for own latents; and
the whole chain's is that of stage 2, V m^(L+1)/(1 − f) and V m³/(1 − f). With too few strings the
levels that are missed are the upper ones.

**Which loss.** The loss of a whole string hides this. Level l has s^(l−1) of the nodes, so that the
upper k levels hold about s^(k−L) of it, and a fixed relative excess of the *string* is reached by
tokens, too, from strings whose number does not depend on L. What is judged is the largest share
that is missed of any one level.

**What is not claimed.** A chain with N strings at every stage needs more the deeper it is, whatever
the signal: a stage whose tokens are partly wrong sees less. At V = 16, m = 4, s = 2 own latents
cost 1.5, 1.8 and 2.1 times the hardest single stage at L = 3, 5 and 8, whose own threshold grows by
1.3 from L = 3 to 8, as the largest of more draws. In units of m^L that adds 0.13 to the exponent
between L = 3 and 5, and 0.06 between 5 and 8 (15 grammars, standard errors 0.016).
"""

from __future__ import annotations

from layerproof.theory.predictions_paths import PATH_CROSSOVER
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.statements.derived.stage_threshold import LEARNABLE

STATEMENT = Statement(
    id="derived.denoiser-threshold",
    title="Strings that a layerwise denoiser needs, by level and depth",
    source="derived; V m^(L+1) for denoising as in Favero and others 2025, read at second hand",
    kind="law",
    hypotheses=(
        LEARNABLE,
        Hypothesis(
            "a signal that is a token outside what descends from the parent, by first children"
            " below where the ways part",
            "signal.crossover",
        ),
    ),
    forms={
        "printed": Form(
            "The least N at which nine tenths of the information of level l are learned goes from"
            " level to level as the crossover of stage l + 1; that of all levels grows with L as"
            " the crossover of stage 2.",
            {"path": PATH_CROSSOVER},
        )
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("derived.path-law", "derived.stage-threshold"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
