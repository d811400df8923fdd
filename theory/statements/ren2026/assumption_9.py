"""Assumption 9: representations of one token lie close together, those of two tokens apart.

Measured on a trained learner, level by level. At the leaves ε̃_S = 0 and ρ̃ = √2, the embeddings
being one-hot; above, the representations of a level-l token are what the stage of level l + 1 puts
out for all strings that the token can produce.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import token_separation, token_spread

STATEMENT = Statement(
    id="R26.assumption-9",
    title="Token embeddings",
    source="R26 Assumption 9",
    kind="assumption",
    hypotheses=(
        Hypothesis("embeddings of the tokens of one level", "R26.assumption-9/embeddings"),
    ),
    forms={
        "printed": Form(
            "Two representations of one token are at most ε̃_S apart, those of distinct tokens at"
            " least ρ̃, and ε̃_S < ρ̃.",
            conclusion=sp.Lt(token_spread, token_separation),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
