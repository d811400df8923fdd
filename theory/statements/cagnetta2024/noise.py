"""C24's noise: how much the empirical statistics of the leaves vary from sample to sample.

**What fails in the printed form.** Eq. C54 has the relative variance v n_c/P. That is right for a
single leaf, of which there are v. Of the tuples there are V m, each m times rarer than a leaf, and
their noise is m times larger.

**Repair.** v m n_c/P for an s-tuple. Exactly, (V m (n − 1) − S)/P with S the signal, and
(V (n − 1) − S)/P for a leaf.

**Derivation.** One sample contributes 1[μ](e_ζ − 1/n) to the centred joint law, with second moment
p_μ (1 − 1/n); summed over μ, less the square of the mean, over P samples and scaled by |P_L| n,
this is the claim. For the conditional law P(ζ | μ) divide by p_μ.
"""

from __future__ import annotations

from layerproof.theory.predictions_uniform import NOISE_PRINTED, NOISE_SYMBOL, NOISE_TUPLE
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement

STATEMENT = Statement(
    id="C24.noise",
    title="Noise of the tuple statistics",
    source="C24 eq. C54",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform ensemble (C24)", "ensemble.uniform"),
        Hypothesis("P independent samples", "samples.independent"),
    ),
    forms={
        "printed": Form(
            "The relative variance of the empirical P(label | tuple) from P samples is v n_c/P.",
            {"tuple": NOISE_PRINTED, "symbol": NOISE_PRINTED},
        ),
        "repaired": Form(
            "The relative variance of the empirical joint law of label and tuple from P samples is"
            " (V m (n − 1) − S)/P, S the signal; for a single leaf V in place of V m.",
            {"tuple": NOISE_TUPLE, "symbol": NOISE_SYMBOL},
        ),
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
    erratum=Erratum(
        printed="the noise of a leaf tuple is v n_c/P",
        fails="tuples are m times rarer than leaves",
        by="a factor m (1 − 1/n)",
        repair="v m n_c/P for a tuple, exactly (V m (n − 1) − S)/P",
        consequence="Theorem 7's form is unaffected: the signal is off by the same"
        " factor, and n m^L stands",
    ),
)

STATEMENTS = (STATEMENT,)
