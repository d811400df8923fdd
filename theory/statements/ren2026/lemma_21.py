"""Lemma 21: a first-token transition matrix maps a vector to the bin means of its values.

**Derivation.** τ_ν = (P z)_ν = (1/m) Σ_μ N[ν, μ] z_μ. A random deal fills the slots one after the
other without replacement; the m slots of bin ν hold N[ν, μ] balls of colour μ, each of value z_μ,
so τ_ν is their mean. Σ z = 0 is not used. The mean square follows: ‖z‖² contracts by
(V − 1)/(mV − 1) on average (``derived.mean-square-separation``).
"""

from __future__ import annotations

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import V, dealt, dealt_colour, m

SOURCE = "R26 Lemma 21"

NEXT_BALL = Formula(
    r"\mathbb{P}[\text{next ball has colour } \mu]",
    "law of a draw without replacement",
    SOURCE,
    (m - dealt_colour) / (m * V - dealt),
)

STATEMENT = Statement(
    id="R26.lemma-21",
    title="First-token matrices deal values without replacement",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("a vector z with Σ z = 0", "vector.centred"),
    ),
    forms={
        "printed": Form(
            "τ = P z has the law of the means of bins of m, filled by draws without replacement"
            " from the multiset with m copies of each z_μ.",
            {"next ball": NEXT_BALL},
        )
    },
    proof_uses=("R26.lemma-20",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
