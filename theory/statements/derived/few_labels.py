"""What labels cost once level-1 tokens are known: no level L stands in it.

**Derivation.** Of a (V, m)-uniform, non-ambiguous grammar with n labels, the string of level-1
tokens is one of n m patches, all equally likely, and the patch decides the label. A reader notes
the label of each patch among N labelled strings. A test patch was not among them with probability
(1 − 1/(nm))^N, independently of what the label is; then it guesses. A guess that does not depend on
what was seen, a fixed label or a random one, is wrong with probability 1 − 1/n, since labels are
equally likely. Where it was seen, the answer is right.

The rule matters. A reader who also knows m, and guesses a label of which the fewest patches were
seen, does a little better; a ridge on the patches' tokens answers an unseen patch by those that
share a token with it, which were dealt to parents at random and tell next to nothing.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import N, m, n

FEW_LABELS_ERROR = Formula(
    r"\varepsilon_N",
    "test error of a reader of level-1 tokens with N labelled strings",
    "derived",
    (1 - 1 / n) * (1 - 1 / (n * m)) ** N,
)

_error = sp.Symbol("error", nonnegative=True)

STATEMENT = Statement(
    id="derived.few-labels",
    title="Test error with perfect level-1 tokens and few labels",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis(
            "equally likely labels and rules, m a label, and no patch of two labels",
            "derived.few-labels/even",
        ),
        Hypothesis(
            "the reader knows the level-1 tokens, answers a patch that it has seen by its label,"
            " and another by a guess that does not depend on what was seen",
            "derived.few-labels/reader",
        ),
    ),
    forms={
        "printed": Form(
            "The mean test error is (1 − 1/n)(1 − 1/(nm))^N, whatever L is.",
            {"error": FEW_LABELS_ERROR},
            sp.Eq(_error, FEW_LABELS_ERROR.expression),
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
