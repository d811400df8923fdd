"""How well a token elsewhere in the tree tells patches apart, in mean square over the ensemble.

Any token that does not descend from the patch's parent is a signal that R26's proof could use in
place of the label: given the parent, it is independent of the patch and of all below it. What it
costs depends on the way to it: across to a sibling costs the factor (1 − f)/m, and every step up to
where the ways part or down to the token costs 1/m, as every level of rules costs the label. So a
sibling costs V m²/(1 − f) strings, a learner's own latent V m³/(1 − f) *at every level*, a token
V m^(L−l+3)/(1 − f), and at f = 1 no token says anything of another patch. The derivations stand
under the formulas in :mod:`layerproof.theory.predictions_paths`.

The values are exact at every size where the way goes up or down, not both. Where it goes both up
and down, as that to a token of the other half does below level 2, the transitions of one level
enter twice, as a step up and as one down, and the mean is above the product: for far-token at l = L
= 3, s = 2 by 11 ± 2 % at V = 4, m = 2 and by 3 ± 1 % at V = 8, m = 3 (4000 draws each; 2 ± 2 % and
1 ± 1 % with the step up taken from another draw). There the formula is the leading order.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.predictions_paths import (
    FINITE_POPULATION,
    PATH_CROSSOVER,
    PATH_NORM,
    PATH_SEPARATION,
    SIBLING_STEP,
)
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import square_separation

STATEMENT = Statement(
    id="derived.path-law",
    title="Separation by a token elsewhere in the tree",
    source="derived from R26 Lemmas 20, 21",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis(
            "a token that does not descend from the parent, by first children below where the ways"
            " part; as many labels as symbols where they part at the label",
            "signal.path",
        ),
    ),
    forms={
        "printed": Form(
            "A sibling separates by 2 v_C in mean square; every step up to where the ways part, and"
            " down to the token, contracts that by (V − 1)/(mV − 1).",
            {
                "separation": PATH_SEPARATION,
                "norm": PATH_NORM,
                "crossover": PATH_CROSSOVER,
                "sibling": SIBLING_STEP,
                "finite population": FINITE_POPULATION,
            },
            sp.Eq(square_separation, PATH_SEPARATION.expression),
        )
    },
    assumes=("R26.definition-3",),
    proof_uses=("R26.lemma-20", "R26.lemma-21"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
