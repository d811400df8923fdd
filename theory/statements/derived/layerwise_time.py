"""What training by stages buys in time: closed forms on counts in place of epochs of descent.

A stage of the layerwise learner is one ridge problem in the number of distinct patches, which is at
most |P_l| m^(s + s² + …) whatever the sample size; a network trained end to end passes over all
strings some hundreds of times. The factor holds for C24's network, of width 4 V^s, and its step
size. At V = 8, m = 4, L = 3 a network of half that width with twice the step size takes a fifth to
a third of the time, and the factor is 50 to 110 in place of 200 to 320.
"""

from __future__ import annotations

from layerproof.theory.statements.base import Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.layerwise-time",
    title="Time of layerwise and of end-to-end training",
    source="derived; the network as in C24",
    kind="law",
    hypotheses=(
        Hypothesis(
            "both learners reach a test error below a tenth of chance, each at its own sample size",
            "derived.layerwise-time/accuracy",
        ),
        Hypothesis(
            "one core, the same strings, C24's width, step size and stopping rule for the network",
            "derived.layerwise-time/setting",
        ),
    ),
    forms={
        "printed": Form(
            "The layerwise learner is trained in a hundredth of the time that an end-to-end"
            " convolutional network takes to the same accuracy."
        ),
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
