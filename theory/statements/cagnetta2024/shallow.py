"""C24's cost of a shallow learner: proportional to the number of strings there are."""

from __future__ import annotations

from layerproof.theory.predictions import P_MAX
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="C24.shallow",
    title="Sample threshold of shallow learning",
    source="C24 Sec. II, Fig. 2",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform ensemble (C24)", "ensemble.uniform"),
        Hypothesis(
            "a two-layer fully connected network, or a kernel of whole strings",
            "C24.shallow/learner",
        ),
        Hypothesis("P distinct strings", "C24.shallow/strings"),
    ),
    forms={
        "printed": Form(
            "The number of strings from which a shallow learner's test error falls below a given"
            " share of chance is proportional to P_max, the number of all strings.",
            {"threshold": P_MAX},
        ),
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
