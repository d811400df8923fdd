"""Theorem 7: layerwise training learns the grammar from poly · K_ρ^(−2) m^L samples.

The conclusion, that the network puts out e_ζ ± o(1), is measured in two ways. At a practical
schedule N^(l) = c n m^l the check asks for C24's criterion, a test error below a tenth of chance.
At the theorem's own constants it asks for ‖h − q‖ ≤ ε_* at every level.
"""

from __future__ import annotations

from theory.formula import Formula
from theory.statements.base import Form, Statement
from theory.symbols import K_rho, L, m

SAMPLES = Formula(
    r"N \lesssim \mathrm{poly}(\kappa, m, V, s, L, \log\tfrac1\delta)\cdot",
    "how the total sample size depends on the grammar's depth and signal",
    "R26 Theorem 7",
    K_rho**-2 * m**L,
)

STATEMENT = Statement(
    id="R26.theorem-7",
    title="Layerwise training learns the Random Hierarchy Model",
    source="R26 Theorem 7",
    kind="theorem",
    hypotheses=(
        "a (V, m)-uniform, non-ambiguous grammar (Definition 4)",
        "Assumption 6 with κ and K_ρ",
    ),
    forms={
        "printed": Form(
            "With probability at least 1 − δ the trained network outputs e_ζ ± o(1), from at most"
            " poly(κ, m, V, s, L, log 1/δ) K_ρ^(−2) m^L samples.",
            {"samples": SAMPLES},
        )
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("R26.lemma-11",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
