"""C24's threshold n_c m^L: where signal and noise of the leaf tuples meet.

The printed value is the leading order for many tokens, and the same for tuples and single leaves:
the slips of eqs. C49 and C54 cancel.

**What fails in the printed form.** Nothing to leading order; at finite V it is too small by the
factor [(1 − 1/V) V^s/(V^s − 1)]^(1−L), 13 % at V = 16, L = 3.

**Repair.** P* = n m g^(1−L) − 1, exactly.

**Derivation.** (V m (n − 1) − S)/P = S with S = V(1 − 1/n) g^(L−1) gives P + 1 = V m (n − 1)/S.
"""

from __future__ import annotations

from layerproof.theory.predictions import THRESHOLD
from layerproof.theory.predictions_uniform import THRESHOLD_TUPLE
from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="C24.threshold",
    title="Sample threshold of deep learning",
    source="C24 eqs. 7, 10, C55",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform ensemble (C24)", "ensemble.uniform"),
        Hypothesis("P independent samples", "samples.independent"),
    ),
    forms={
        "printed": Form(
            "Signal and noise of the tuple statistics meet at n m^L samples, as many as a deep"
            " learner needs.",
            {"threshold": THRESHOLD},
        ),
        "repaired": Form(
            "Signal and noise of the tuple statistics meet at n m g^(1−L) − 1 samples.",
            {"threshold": THRESHOLD_TUPLE},
        ),
    },
    assumes=("R26.definition-3",),
    proof_uses=("C24.signal", "C24.noise"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
