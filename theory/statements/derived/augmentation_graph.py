"""How many pairs of augmented views tell the classes: those of a random graph, with no m^l.

Two views of a string that share the tokens of level l − 1 show two synonyms. Join what is seen
together: nothing but synonyms is ever joined, and the components are the classes once no class is
in pieces. The last pieces are lone patches, so N = (V m/2)(log(V m) + x)/(1 − 1/m) pairs are enough
with probability exp(−e^(−x)), whichever the level and the depth: R = 0. The factor 1/(1 − 1/m) is
for the pairs that show one patch twice; without it V = 16, m = 4, x = 0 has 0.04 and not 0.37. The
probability at finite sizes is exact in :mod:`layerproof.theory.pair_graph`.

This is the most that augmenting can teach, since such views can only be made with the grammar.
Least squares on the second view, the signal `augmentation`, needs more: V m (m − 1).
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions_contrast import PAIRS, SEPARATED
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.augmentation-graph",
    title="Classes from pairs of augmented views",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("three rules a symbol or more", "views.three"),
    ),
    forms={
        "printed": Form(
            "After N = (V m/2)(log(V m) + x)/(1 − 1/m) pairs of views, the components of their"
            " graph are the classes of synonyms with probability exp(−e^(−x)), at every level.",
            {"pairs": PAIRS, "separated": SEPARATED},
            sp.Eq(sp.Symbol("separated"), SEPARATED.expression, evaluate=False),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
