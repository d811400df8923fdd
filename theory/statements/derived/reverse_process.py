"""Undoing noise with exact guesses gives strings of the right law, in any number of steps.

**Derivation.** Noise is a Markov chain x_0 → x_s → x_t. Given x_t, drawing x_0 from its joint
posterior and then x_s from P[x_s | x_0, x_t] is drawing x_s from P[x_s | x_t]. If x_t has the law
of noisy strings, so has x_s, and at the end x_0 is a string of the grammar: each with probability
1/P_max. No step need be small. A denoiser that gives one law a token draws x_0 from the product of
the posteriors of the tokens: then only where at most one token is restored in a step is the law the
same (:mod:`layerproof.theory.statements.derived.unmasking`).
"""

from __future__ import annotations

from layerproof.theory.predictions_denoising import STRING
from layerproof.theory.statements.base import Form, Statement

STATEMENT = Statement(
    id="derived.reverse-process",
    title="Exact guesses give exact strings",
    source="derived",
    kind="law",
    hypotheses=(),
    forms={
        "printed": Form(
            "A reverse process that draws the clean string from its joint posterior makes strings"
            " of the grammar alone, all equally likely, in any number of steps.",
            {"string": STRING},
        )
    },
    assumes=("R26.definition-4",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
