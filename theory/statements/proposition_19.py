"""Proposition 19: in the uniform-first-token ensemble, non-synonyms stay apart at every level."""

from __future__ import annotations

import sympy as sp

from theory.formula import Formula
from theory.statements.base import Form, Statement
from theory.symbols import l, m, rho

SEPARATION = Formula(
    r"\rho^{(l)}",
    "least separation of non-synonyms",
    "R26 Proposition 19",
    (20 * m) ** (-(l - 1) / sp.Integer(2)),
)

STATEMENT = Statement(
    id="R26.proposition-19",
    title="Separation in the uniform-first-token ensemble",
    source="R26 Proposition 19",
    kind="proposition",
    hypotheses=(
        "the uniform-first-token ensemble",
        "m, V = Θ(log d), L = O(log d / log log d), min(m, V) ≫ log³(1/δ)",
    ),
    forms={
        "printed": Form(
            "With probability at least 1 − δ, ‖q_μ − q_μ'‖ ≥ (20m)^(−(l−1)/2) for all levels l and"
            " all non-synonyms.",
            {"separation": SEPARATION},
            sp.Ge(rho, SEPARATION.expression),
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
