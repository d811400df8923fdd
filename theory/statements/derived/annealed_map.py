"""How sure inference is of a symbol, from how sure it is of the symbols below: one map a level.

**Derivation.** Let the message of every child give its true symbol the probability p and share the
rest evenly. A rule weighs as much as its s symbols together: the true one p^s. All V^s tuples weigh
1 together, so that a tuple other than the true one weighs q = (1 − p^s)/(V^s − 1) on average. The
true symbol has its rule and m − 1 others, all symbols have m V: the ratio of the averages is p' =
(p^s + (m − 1) q)/(p^s + (m V − 1) q). Two things are left out: the ratio of averages is not the
average of the ratio, and the message one level up does not share its rest evenly, so that the law
is one of leading order. It starts from evidence that is *planted*: every leaf gives its true symbol
p_0 = 1 − ε + ε/V. Strings that uniform noise really changed send other messages, some of them sure
and wrong, and have other thresholds. (Sclocchi, Favero, Wyart 2024 study the transition; that this
is their map is from memory.)
"""

from __future__ import annotations

from layerproof.theory.predictions_denoising import ANNEALED_MAP, ANNEALED_START
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.annealed-map",
    title="Belief in the true symbol, level by level",
    source="derived",
    kind="law",
    hypotheses=(Hypothesis("a grammar of the uniform ensemble (C24)", "ensemble.uniform"),),
    forms={
        "printed": Form(
            "Where every leaf gives its true symbol the probability 1 − ε + ε/V, the mean"
            " probability of the true symbol follows the annealed map from level to level, to"
            " leading order.",
            {"map": ANNEALED_MAP, "start": ANNEALED_START},
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
