"""Where every tuple is grammatical, nothing inside a string teaches anything; the label still does.

**Derivation.** At f = 1, m = V^(s−1), and n = V every tuple of symbols has exactly one parent. The
patch below a uniform symbol is then a uniform tuple, so its tokens are uniform and independent, and
so are all s^l symbols of a level: strings are uniform noise. Any function of what does not descend
from a parent, its ancestors excepted, is independent of it, at every level and of any order: q is
one for all patches. The label is a function of all symbols of a level together, and the exact law
`derived.mean-square-separation` does not know f. So f = 1 silences every signal inside the string
at once and leaves the label: it is the control of them all.
"""

from __future__ import annotations

from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.full-grammar",
    title="Signals inside a string where every tuple is grammatical",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("every tuple is grammatical: f = m/V^(s−1) = 1", "grammar.full"),
        Hypothesis("κ = 1: all first patches are equally likely", "kappa.one"),
    ),
    forms={
        "printed": Form(
            "At f = 1 no signal inside the string separates two patches, at any level; the label"
            " separates non-synonyms as ever.",
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
