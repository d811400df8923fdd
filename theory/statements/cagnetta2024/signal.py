"""C24's signal: how much the label's law varies over what is seen at the leaves.

**What fails in the printed form.** Eq. C49 has the relative variance v/m^L. For a single leaf that
is right to leading order: L rules lie between it and the label. A tuple is generated whole by one
rule, and averages over one level less; its signal is m times larger: 7.1 times at
V = 16, m = 8, L = 2 and 30.5 times at V = 64, m = 32, L = 3. These are the figures that are judged,
with tuples weighted by p², which have an exact mean. The variance over tuples that count the same
is 7.6 and 31 times the printed one: a factor m all the same.

**Repair.** v/m^(L−1) for an s-tuple. Exactly, with tuples weighted as they occur,
S = V(1 − 1/n) g^(L−1), and V(1 − 1/n) g^L for a leaf.

**Derivation.** A tuple has its parent's posterior and 1/m of its parent's frequency, so S is V n
times the joint law's mean-square deviation from independence at level L − 1
(`derived.joint-law`), and for a leaf at level L. The threshold n m^L is unaffected, since the noise
of a tuple is m times larger as well.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions_uniform import SIGNAL_PRINTED, SIGNAL_SYMBOL, SIGNAL_TUPLE
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import signal

STATEMENT = Statement(
    id="C24.signal",
    title="Signal of the tuple statistics",
    source="C24 eq. C49",
    kind="law",
    hypotheses=(Hypothesis("a grammar of the uniform ensemble (C24)", "ensemble.uniform"),),
    forms={
        "printed": Form(
            "The relative variance of P(label | tuple) over leaf tuples is v/m^L. Judged with"
            " tuples weighted by p².",
            {"tuple": SIGNAL_PRINTED, "symbol": SIGNAL_PRINTED},
            sp.Eq(signal, SIGNAL_PRINTED.expression),
        ),
        "repaired": Form(
            "The relative variance of P(label | tuple) over leaf tuples, weighted by p², is"
            " V(1 − 1/n) g^(L−1), about v/m^(L−1); for a single leaf g^L in place of g^(L−1).",
            {"tuple": SIGNAL_TUPLE, "symbol": SIGNAL_SYMBOL},
            sp.Eq(signal, SIGNAL_TUPLE.expression),
        ),
    },
    assumes=("R26.definition-3",),
    proof_uses=("derived.joint-law",),
    derivation=__doc__,
    erratum=Erratum(
        printed="the signal of a leaf tuple is v/m^L",
        fails="a tuple averages over L − 1 rules, not L",
        by="a factor m: 7.1 at V = 16, m = 8, L = 2, 30.5 at V = 64, m = 32, L = 3, with tuples"
        " weighted by p²; 7.6 and 31 where all count the same",
        repair="v/m^(L−1) for a tuple, exactly V(1 − 1/n) g^(L−1)",
        consequence="Theorem 7's form is unaffected: the noise is off by the same factor,"
        " and n m^L stands",
    ),
)

STATEMENTS = (STATEMENT,)
