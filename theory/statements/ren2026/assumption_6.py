"""Assumption 6: every patch can come first, and non-synonyms can be told apart.

(a) bounds how rare the rarest first patch is; κ = 1 in the uniform-first-token ensemble, κ = ∞
where some patch never comes first. (b) bounds from below how far the label posteriors of
non-synonyms lie apart; K_ρ = 0 where two of them share a posterior.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import K_rho, kappa, l, m, patches, probability, rho

RAREST = Formula(
    r"p_{\min}",
    "least probability of a first patch",
    "R26 Assumption 6(a)",
    1 / (kappa * patches),
)

SEPARATION = Formula(
    r"\rho^{(l)}",
    "least separation of non-synonyms",
    "R26 Assumption 6(b)",
    K_rho * m ** (-l / sp.Integer(2)),
)

ASSUMPTION_6A = Statement(
    id="R26.assumption-6a",
    title="Non-degeneracy",
    source="R26 Assumption 6(a)",
    kind="assumption",
    hypotheses=(Hypothesis("a Random Hierarchy Model (Definition 3)", "R26.definition-3"),),
    forms={
        "printed": Form(
            "There is a finite κ with P[first level-l patch = μ] ≥ 1/(κ |P_l|) for all l and μ.",
            {"rarest": RAREST},
            sp.Ge(probability, RAREST.expression),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

ASSUMPTION_6B = Statement(
    id="R26.assumption-6b",
    title="Nontrivial signal",
    source="R26 Assumption 6(b), eq. 5",
    kind="assumption",
    hypotheses=(Hypothesis("a Random Hierarchy Model (Definition 3)", "R26.definition-3"),),
    forms={
        "printed": Form(
            "There is one K_ρ > 0 for all levels with ‖q_μ − q_μ'‖ ≥ K_ρ m^(−l/2) for all"
            " non-synonymous patches μ, μ' of level l.",
            {"separation": SEPARATION},
            sp.Ge(rho, SEPARATION.expression),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

ASSUMPTION_6 = Statement(
    id="R26.assumption-6",
    title="Non-degeneracy and nontrivial signal",
    source="R26 Assumption 6",
    kind="assumption",
    hypotheses=(Hypothesis("a Random Hierarchy Model (Definition 3)", "R26.definition-3"),),
    forms={"printed": Form("Assumptions 6(a) and 6(b) hold together.")},
    assumes=("R26.assumption-6a", "R26.assumption-6b"),
    derivation=__doc__,
)

STATEMENTS = (ASSUMPTION_6A, ASSUMPTION_6B, ASSUMPTION_6)
