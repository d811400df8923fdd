"""What depth buys: a shallow learner needs exponentially many samples in the input length.

A deep learner needs about n m^L strings (`C24.threshold`), a shallow one a part of all P_max
(`C24.shallow`). Their ratio is m to the power (s^L − 1)/(s − 1) − L: the input length s^L, not L,
is in the exponent. R26 quotes the cost of shallow learners as m^(s^L), which is P_max/n only up to
a factor m at s = 2, and has too large an exponent at s > 2; P_max is meant here.
"""

from __future__ import annotations

from theory.formula import Formula
from theory.predictions import P_MAX, THRESHOLD
from theory.statements.base import Form, Hypothesis, Statement

RATIO = Formula(
    r"P_{\max}/P^*",
    "all strings over the threshold of a deep learner",
    "C24 eqs. 6, 7",
    P_MAX.expression / THRESHOLD.expression,
)

STATEMENT = Statement(
    id="R26.depth-separation",
    title="Conjectured separation of deep and shallow learners",
    source="R26 Sec. 1; C24 Sec. II",
    kind="law",
    hypotheses=(
        Hypothesis(
            "a grammar that a deep learner can learn (Assumption 6)",
            "R26.assumption-6a",
            "R26.assumption-6b",
        ),
        Hypothesis(
            "both learners see the same strings and are asked for the same error",
            "R26.depth-separation/strings",
        ),
        Hypothesis(
            "N* is that of a learner as it is trained, a network for a bounded number of steps",
            "R26.depth-separation/learners",
        ),
        Hypothesis(
            "all strings P_max are so many times the sample of a deep learner that a shallow one"
            " can need as many times more as is asked",
            "R26.depth-separation/sizes",
        ),
    ),
    forms={
        "printed": Form(
            "A shallow learner needs a number of samples that is exponential in the input length,"
            " a deep one about n m^L: the ratio grows with L.",
            {"ratio": RATIO, "all": P_MAX, "deep": THRESHOLD},
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("C24.threshold", "C24.shallow"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
