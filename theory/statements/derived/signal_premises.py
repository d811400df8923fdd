"""What Theorem 7 needs of a signal Z that takes the label's place: S1, S2 and S4.

R26's proof uses the label through its law given a patch alone, and so it goes through for any Z
with (S1) *clean*: given the patch T, Z is independent of the leaves below it; (S2) *synonym-blind*:
the law q of Z given T = μ depends on the parent of μ alone; (S4) q separates the parents, by
ρ_Z^(l) > 0 at every level that Z teaches. S3 is Assumption 6(a), which speaks of patches only.

**Derivation.** Let p be the parent of T. By the Markov property of the tree, given p, what does not
descend from p is independent of T and of all below it. If Z is a function of that and of
independent randomness, then P[Z, leaves below T | T] = P[Z | p] P[leaves below T | T], which is S1
and S2 at once. The label is such a Z, so is every token that does not descend from p, and every
embedding of one, errors included. A token below p is none: S2 fails for a token of the patch
itself, S1 for one that descends from it.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import dependence, rho, synonym_distance

SOURCE = "derived from R26 Sec. 4"

MODEL = Hypothesis("a Random Hierarchy Model (Definition 3)", "R26.definition-3")

SIGNAL_CLEAN = Statement(
    id="derived.signal-clean",
    title="A signal is independent of what stands below the patch (S1)",
    source=SOURCE,
    kind="assumption",
    hypotheses=(MODEL,),
    forms={
        "printed": Form(
            "Given the first level-l patch, the signal and the leaves below the patch are"
            " independent: max |P[z, x | μ] − P[z | μ] P[x | μ]| = 0.",
            conclusion=sp.Eq(dependence, 0),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

SIGNAL_BLIND = Statement(
    id="derived.signal-synonym-blind",
    title="A signal has one law for all synonyms (S2)",
    source=SOURCE,
    kind="assumption",
    hypotheses=(MODEL,),
    forms={
        "printed": Form(
            "The law q_μ of the signal given the first level-l patch μ depends on the parent of μ"
            " alone: ‖q_μ − q_μ'‖ = 0 for synonyms.",
            conclusion=sp.Eq(synonym_distance, 0),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

SIGNAL_SEPARATION = Statement(
    id="derived.signal-separation",
    title="A signal tells non-synonyms apart (S4)",
    source=SOURCE,
    kind="assumption",
    hypotheses=(
        Hypothesis("a non-ambiguous grammar", "grammar.non-ambiguous"),
        Hypothesis("a signal with one law for all synonyms", "derived.signal-synonym-blind"),
    ),
    forms={
        "printed": Form(
            "The least distance of the laws of non-synonyms that can come first is positive at"
            " every level that the signal teaches: ρ_Z > 0.",
            conclusion=sp.Gt(rho, 0, evaluate=False),
        )
    },
    assumes=("R26.definition-3", "derived.signal-synonym-blind"),
    derivation=__doc__,
)

STATEMENTS = (SIGNAL_CLEAN, SIGNAL_BLIND, SIGNAL_SEPARATION)
