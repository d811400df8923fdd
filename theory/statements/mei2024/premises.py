"""What M24 asks of transitions: that they factorise over children, and are bounded.

**Known at second hand.** Of the paper the abstract was read; the premises are from memory: the
factor ψ(ν; x_1 … x_s) of a symbol and its children is a product of one factor for each child, and
1/K ≤ ψ ≤ K for a constant K. Whether ψ is a probability or known up to a factor only, we do not
know: the least K for which some multiple of ψ is within 1/K and K is √(max ψ/min ψ). Its inverse
is held against 1/K here: it is 0 where no K is large enough.

**What is known of them here.** Rules break both. Where the m rules of a symbol differ in the tokens
of every place, a child tells the rule, and so its siblings: their total correlation given the
parent is (s − 1) log m. And a tuple that no rule of the symbol makes has ψ = 0, so that no K is
large enough, unless each symbol produces all V^s tuples. A hidden symbol for each rule between
parent and children would restore the product, and not the bound. Grammars whose symbols produce
every tuple, each child drawn by itself, meet both premises: they are ambiguous, and none of the
(V, m)-uniform, non-ambiguous grammars of R26 and C24 is among them.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import least_bound, total_correlation, transition_bound

SOURCE = "M24 Assumptions, from memory"

MODEL = Hypothesis("a Random Hierarchy Model (Definition 3)", "R26.definition-3")

FACTORISED = Statement(
    id="M24.factorised",
    title="Children are independent given their parent",
    source=SOURCE,
    kind="assumption",
    hypotheses=(MODEL,),
    forms={
        "printed": Form(
            "Transitions are products over the children: given its parent, the total correlation of"
            " a patch is 0 (known at second hand).",
            conclusion=sp.Eq(total_correlation, 0),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

BOUNDED = Statement(
    id="M24.bounded",
    title="Transitions are bounded",
    source=SOURCE,
    kind="assumption",
    hypotheses=(MODEL,),
    forms={
        "printed": Form(
            "Every transition of every symbol to every tuple lies within 1/K and K, up to one"
            " factor for all (known at second hand).",
            conclusion=sp.Ge(1 / least_bound, 1 / transition_bound),
        )
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
)

STATEMENTS = (FACTORISED, BOUNDED)
