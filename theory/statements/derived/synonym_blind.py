"""Whether a signal is one for all synonyms: what lets a stage merge them.

A signal that is a function of what does not descend from the patch's parent, and of independent
randomness, is independent of the patch given the parent, so its law given a patch is that given the
parent (the Markov property of the tree). What looks inside the patch is not: its last token
(`same-patch`), or the order in which its tokens are shown (`permutation`). A stage that learns it
tells synonyms apart, and does not merge them.
"""

from __future__ import annotations

from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.synonym-blind",
    title="A signal whose law is one for all synonyms",
    source="derived; R26 eq. 4 for the label",
    kind="assumption",
    hypotheses=(),
    forms={
        "printed": Form(
            "q is one and the same for all patches of a parent, at every level that is taught."
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
