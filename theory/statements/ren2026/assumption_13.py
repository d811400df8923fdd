"""Assumption 13: patches have unit norm and overlap little; one patch's embeddings lie close.

The paper has ε_O ≲ 1/|P_l|, read here as ε_O ≤ 1/|P_l|.

**What fails in the printed form.** It leaves ε_S open, so that (c) bounds nothing, and the
assumption does not give what Lemmas 16 and 17 take from it: an embedding at a right angle to the
others of its patch has the coefficient 0.

**Repair.** ε_S ≤ 1/(4|P_l|).

**Derivation.** λ_W = 1/|P_l| and the ε_S ≤ λ_W/4 of Lemmas 16 and 17, which alone use (c).

Measured on trained learners with the exact kernel, where ⟨Φ(h), Φ(h')⟩ = ψ_σ(h, h'), and met at
equality by constructed embeddings: in x_{μ,j} = √(1 − r²) b_μ + r w_{μ,j} the b_μ are unit vectors
with ⟨b_μ, b_μ'⟩ = ±ε_O/(1 − r²) and the w_{μ,j} a regular simplex of k corners, centred, in
directions that no other patch uses, with r² = ε_S² (k − 1)/(2k). Such b_μ exist where their Gram
matrix has no negative eigenvalue: for all signs +, any ε_O < 1; for all signs −, ε_O ≤
(1 − r²)/(|P_l| − 1).
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.statements.ren2026.lemma_17 import SPREAD
from layerproof.theory.symbols import epsilon_O, epsilon_S, patches

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
            " ≤ 1/|P_l|); ‖x_μ − x'_μ‖ ≤ ε_S for two embeddings of one patch, ε_S left open.",
            {"overlap": LARGEST_OVERLAP},
            sp.Le(epsilon_O, LARGEST_OVERLAP.expression),
        ),
        "repaired": Form(
            "Embeddings have unit norm; |⟨x_μ, x_μ'⟩| ≤ ε_O ≤ 1/|P_l| for distinct patches;"
            " ‖x_μ − x'_μ‖ ≤ ε_S ≤ 1/(4|P_l|) for two embeddings of one patch.",
            {"overlap": LARGEST_OVERLAP, "spread": SPREAD},
            sp.And(
                sp.Le(epsilon_O, LARGEST_OVERLAP.expression), sp.Le(epsilon_S, SPREAD.expression)
            ),
        ),
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
    erratum=Erratum(
        printed="‖x_μ − x'_μ‖ ≤ ε_S, with ε_S left open",
        fails="it bounds nothing: two embeddings at a right angle have Lemma 16's coefficient 0",
        by="embeddings of one patch spread over 0.6 at practical bandwidths, where Lemma 16 asks"
        " for 1/(4|P_l|) = 0.008 (V = 8, m = 4, s = 3, L = 2)",
        repair="ε_S ≤ 1/(4|P_l|), as Lemmas 16 and 17 have it",
        consequence="Theorem 7's form is unaffected: Lemma 11 chooses ε_S so",
    ),
)

STATEMENTS = (STATEMENT,)
