"""Chaining with rules that are not equally likely: how many samples a stage needs.

**Derivation.** A stage must estimate the posterior of every patch well enough to tell it from
others, and must have seen it: N p_μ ≥ X for the rarest, that is N ≥ X κ^(l) |P_l| (R26's Lemma 18
asks for N ≥ 2 κ |P_l| log(4|P_l|/δ)), and N ≥ X N_×^(l), where noise and separation balance. The
larger of the two is what the stage gets; with uniform rules it is X N_× from level 2 on. A
heuristic in its constant X, stated before looking; what it leaves out are the close pairs (ρ in
place of the mean separation) and errors that add up over levels.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import crossover, kappa, multiple, patches

SAMPLES = Formula(
    r"N^{(l)}",
    "samples of a stage",
    "derived",
    multiple * sp.Max(crossover, kappa * patches),
)

STATEMENT = Statement(
    id="derived.zipf-chaining",
    title="Chaining with rules that are not equally likely",
    source="derived; R26 Theorem 7 for uniform rules",
    kind="law",
    hypotheses=(
        Hypothesis(
            "a non-ambiguous grammar, with any rule and label probabilities",
            "grammar.non-ambiguous",
        ),
        Hypothesis("κ finite and K_ρ > 0", "R26.assumption-6a", "R26.assumption-6b"),
    ),
    forms={
        "printed": Form(
            "With N^(l) = X max(N_×^(l), κ^(l) |P_l|) samples a stage, X large enough, the"
            " layerwise learner classifies with an error below a tenth of chance.",
            {"samples": SAMPLES},
        ),
    },
    assumes=("R26.assumption-6a", "R26.assumption-6b"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
