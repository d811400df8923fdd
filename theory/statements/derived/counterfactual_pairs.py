"""How many minimal edits of a string change its label.

**Derivation.** Another symbol p' ≠ p is put in the place of the parent p of the first level-l
patch, its siblings left as they are. One level up, the patch (p, t) becomes (p', t). The tails of
p' are m of the V^(s−1), drawn independently of those of p: (p', t) is grammatical with probability
f exactly. The V m patches are dealt to parents at random, so a grammatical one has the same parent
with probability r = (m − 1)/(mV − 1), and another one else; then the string is what it was from
there up, or a pair of different symbols goes on to the next level, which is drawn by itself. After
l − 1 levels the label differs with probability [f(1 − r)]^(l−1), and is the same with f r Σ_{i<l−1}
[f(1 − r)]^i. These are means over draws, exact for the first patch at every size with n = V,
whatever the law of strings above. In other places f is (m − 1)/(V^(s−1) − 1), since (p', t) shares
its first token with (p, t). Each of the V − 1 symbols p' makes m patches.
"""

from __future__ import annotations

from layerproof.theory.predictions_noise import PAIR_CHANGED, PAIR_SAME, PAIRS_PER_STRING
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.counterfactual-pairs",
    title="Minimal edits that change the label",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
    ),
    forms={
        "printed": Form(
            "Of strings with another symbol in the first parent's place, [f(1 − r)]^(l−1) are"
            " grammatical and have another label, r = (m − 1)/(mV − 1).",
            {"changed": PAIR_CHANGED, "same": PAIR_SAME, "pairs": PAIRS_PER_STRING},
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
