"""Fewer classes do not cost n m^l each: with few of them, first tokens tell the class.

The law at level 2 is exact in the mean over draws at every number of classes that are kept. n m² is
its limit for n m ≫ V only. Further down the frequencies of tokens fluctuate too, and an instance's
own crossover, which is exact, is all there is.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.class_subsets import SUBSET_CROSSOVER
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import crossover

STATEMENT = Statement(
    id="derived.class-subsets",
    title="Crossover of the label among some of the classes",
    source="derived from R26 Lemma 20",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("as many labels as symbols, of which 2 or more are kept", "classes.kept"),
    ),
    forms={
        "printed": Form(
            "With n of V classes kept, N_× at level 2 is n m² (1 − ⟨1/c²⟩/⟨1/c⟩), c the number of"
            " top patches that start with a token which is met; so it is n m² only where n m ≫ V.",
            {"crossover": SUBSET_CROSSOVER},
            sp.Eq(crossover, SUBSET_CROSSOVER.expression),
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("R26.lemma-20",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
