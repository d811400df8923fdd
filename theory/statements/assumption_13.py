"""Assumption 13: patches have unit norm and overlap little; one patch's embeddings lie close.

The paper leaves ε_S open and has ε_O ≲ 1/|P_l|. Read here as ε_O ≤ 1/|P_l|, and ε_S ≤ 1/(4|P_l|) as
Lemma 16 needs it. Measured on trained learners with the exact kernel, where ⟨Φ(h), Φ(h')⟩ = ψ_σ(h,
h'), and met at equality by constructed embeddings: in x_{μ,j} = √(1 − r²) b_μ + r w_{μ,j} the b_μ
are unit vectors with ⟨b_μ, b_μ'⟩ = ±ε_O/(1 − r²) and the w_{μ,j} a regular simplex of k corners,
centred, in directions that no other patch uses, with r² = ε_S² (k − 1)/(2k). Such b_μ exist where
their Gram matrix has no negative eigenvalue: for all signs +, any ε_O < 1; for all signs −, ε_O ≤
(1 − r²)/(|P_l| − 1).
"""

from __future__ import annotations

import sympy as sp

from theory.formula import Formula
from theory.statements.base import Form, Hypothesis, Statement
from theory.statements.lemma_17 import SPREAD
from theory.symbols import epsilon_O, epsilon_S, patches

SOURCE = "R26 Assumption 13"

LARGEST_OVERLAP = Formula(
    r"\varepsilon_O", "largest inner product of distinct patches", SOURCE, 1 / patches
)

STATEMENT = Statement(
    id="R26.assumption-13",
    title="Patch embeddings",
    source=SOURCE,
    kind="assumption",
    hypotheses=(
        Hypothesis("embeddings of the patches of one level", "R26.assumption-13/embeddings"),
    ),
    forms={
        "printed": Form(
            "Embeddings have unit norm; |⟨x_μ, x_μ'⟩| ≤ ε_O ≲ 1/|P_l| for distinct patches (read as"
            " ≤ 1/|P_l|); ‖x_μ − x'_μ‖ ≤ ε_S for two embeddings of one patch (read with ε_S ≤"
            " 1/(4|P_l|), as Lemma 16 has it).",
            {"overlap": LARGEST_OVERLAP, "spread": SPREAD},
            sp.And(
                sp.Le(epsilon_O, LARGEST_OVERLAP.expression), sp.Le(epsilon_S, SPREAD.expression)
            ),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
