"""One patch does not tell real strings from noise, but for what is grammatical.

**Derivation.** Let the level-k tokens of noise be independent and uniform, below them the grammar's
rules. A level-l patch of noise, l ≤ k, is read from V^(s^(k−l+1)) equally likely tuples of level-k
tokens; each grammatical patch has m^(s + … + s^(k−l)) of them, the same for all, since every symbol
has m rules and no patch has two parents. So noise makes a given one with probability f^(1 + s + … +
s^(k−l))/(V m), and where κ = 1 the grammar makes it with 1/(V m): q of "real" is 1/(1 +
f^((s^(k−l+1) − 1)/(s − 1))) for every patch. Below level k, first tokens are uniform in both, and q
= 1/2. Hence ρ = 0 exactly, on every level: condition (iii) of Principle 2 fails, and alone. Noise
at level k moves the task there; at no level does one patch learn a synonym from it.
"""

from __future__ import annotations

from layerproof.theory.predictions_noise import GRAMMATICAL, REAL_SHARE
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.noise-patch",
    title="One patch against noise",
    source="derived",
    kind="law",
    hypotheses=(Hypothesis("κ = 1: all first patches are equally likely", "kappa.one"),),
    forms={
        "printed": Form(
            "Every grammatical patch is real, and not noise, with one and the same probability:"
            " 1/(1 + f) at the level of the noise, 1/2 below it. No sample size separates two.",
            {"real": REAL_SHARE, "grammatical": GRAMMATICAL},
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
