"""How the strings that the hardest stage needs grow with depth, signal by signal.

**Derivation.** A stage above perfect ones takes its patches for those of other parents up to a
multiple of its crossover N_× that depends on V and m alone: noise and separation are both told in
units of the latter (`derived.sensitivity-curve`). So N* of the hardest stage grows with L as the
largest crossover does: that of level L for the label, V m^L to leading order; that of level 2 for a
token of the string, V m^(L+1)/(1 − f); and the one that all levels have in common for the learner's
own latents, V m³/(1 − f) (`derived.path-law`). Label and token cost (mV − 1)/(V − 1) times more a
level; own latents cost as much at any depth, and all stages together L − 1 times as much.

**What is not claimed.** A chain whose stages all have N strings needs somewhat more the deeper it
is, whatever the signal: the hardest of more stages is harder, and a token mistaken below takes from
the separation above. At V = 16, m = 4 that adds 0.08 to 0.13 to each exponent (own latents from L =
5 to 9: 0.08 with 99.8 % interval [0.04, 0.13]; label 1.14 and token 1.17 from L = 3 to 5, where the
crossovers grow by 1.06 and 1.04).
"""

from __future__ import annotations

from layerproof.theory.predictions import CROSSOVER
from layerproof.theory.predictions_paths import PATH_CROSSOVER
from layerproof.theory.statements.base import Form, Hypothesis, Statement

LEARNABLE = Hypothesis(
    "a grammar of the uniform-first-token ensemble that meets Assumption 6 for the signal",
    "ensemble.uniform-first-token",
    "R26.definition-4",
    "R26.assumption-6a",
    "R26.assumption-6b",
)

STATEMENT = Statement(
    id="derived.stage-threshold",
    title="Strings that the hardest stage needs, against the depth",
    source="derived; forms for tokens and own latents as in Korchinski, Favero and Wyart 2026,"
    " which was read at second hand",
    kind="law",
    hypotheses=(
        LEARNABLE,
        Hypothesis(
            "the label, or a token outside what descends from the parent by first children below"
            " where the ways part",
            "signal.crossover",
        ),
        Hypothesis("stages below that make no mistake", "derived.stage-threshold/below"),
    ),
    forms={
        "printed": Form(
            "The least N at which the hardest stage finds the parents of nine tenths of its patches"
            " grows with L as the largest crossover among the stages.",
            {"label": CROSSOVER, "path": PATH_CROSSOVER},
        )
    },
    assumes=("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b"),
    proof_uses=("derived.path-law", "derived.crossover", "derived.sensitivity-curve"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
