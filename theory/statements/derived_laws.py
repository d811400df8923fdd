"""Quantitative laws derived for this project; each derivation stands under its formula.

They have no free parameter: see :mod:`theory.predictions`. Averages are over the
uniform-first-token ensemble.
"""

from __future__ import annotations

from theory.formula import Formula
from theory.predictions import (
    CONTRACTION,
    CROSSOVER,
    MEAN_SQUARE_NORM,
    MEAN_SQUARE_SEPARATION,
    NOISE,
    SENSITIVITY,
    THRESHOLD,
)
from theory.statements.base import Form, Statement


def _law(
    name: str, title: str, source: str, reading: str, rests_on: tuple[str, ...], *formulas: Formula
) -> Statement:
    return Statement(
        id=name,
        title=title,
        source=source,
        kind="law",
        hypotheses=("a grammar of the uniform-first-token ensemble",),
        forms={"printed": Form(reading, {formula.title: formula for formula in formulas})},
        assumes=("R26.definition-4",),
        proof_uses=rests_on,
        derivation=__doc__,
    )


SEPARATION = _law(
    "derived.mean-square-separation",
    "Mean-square separation of non-synonyms",
    "derived from R26 Lemmas 20, 21",
    "Each rule level contracts the mean-square separation of non-synonyms by (V − 1)/(mV − 1).",
    (),
    CONTRACTION,
    MEAN_SQUARE_SEPARATION,
)

NORM = _law(
    "derived.mean-square-norm",
    "Mean squared norm of a label posterior",
    "derived from R26 Lemmas 20, 21",
    "The label posterior tends to the uniform law at the rate of the separation.",
    ("derived.mean-square-separation",),
    MEAN_SQUARE_NORM,
)

NOISE_LAW = _law(
    "derived.noise",
    "Sampling noise of an empirical label posterior",
    "derived; C24 eq. C54",
    "An empirical label posterior from N strings has mean-square error |P_l| (1 − ‖q‖²)/N.",
    (),
    NOISE,
)

CROSSOVER_LAW = _law(
    "derived.crossover",
    "Crossover sample size",
    "derived; C24 eq. 10",
    "At N_× samples the noise between synonyms equals the separation of non-synonyms.",
    ("derived.mean-square-separation", "derived.mean-square-norm", "derived.noise"),
    CROSSOVER,
)

SENSITIVITY_LAW = _law(
    "derived.sensitivity-curve",
    "Synonym-sensitivity curve",
    "derived; C24 eq. 8 for the quantity",
    "The synonym sensitivity of a stage trained on N samples is 1/(1 + N/N_×), without a free"
    " parameter.",
    ("derived.crossover",),
    SENSITIVITY,
)

C24_THRESHOLD = _law(
    "C24.threshold",
    "Sample threshold of deep learning",
    "C24 eqs. 7, 10",
    "A deep learner needs n m^L samples: where signal and noise of the tuple statistics meet.",
    ("derived.crossover",),
    THRESHOLD,
)

STATEMENTS = (SEPARATION, NORM, NOISE_LAW, CROSSOVER_LAW, SENSITIVITY_LAW, C24_THRESHOLD)
