"""The one-step factor of C24's ensemble, whose first tokens are not equally frequent.

**What fails in the printed form.** The factor g = (1/m)(1 − 1/V) V^s/(V^s − 1) is taken for the
contraction of ‖q_μ − q_μ'‖². The law q given a token divides by the token's frequency, which varies
from token to token: rare tokens have posteriors far from uniform and count as much as others. The
mean separation exceeds 2 g^(l−1) by 18 % at V = 8, m = 4, l = 2, by 26 % at V = 16, m = 4, l = 2
and by 45 % at l = 4.

**Repair.** g is exact for the joint law: E Σ_ν p_ν² ‖q_ν − 1/n‖² = (n − 1)/n² · g^(l−1), over the
parents ν of level-l patches, at every size, for any number of classes, and including instances on
which some token never comes first.

**Derivation.** Under :data:`layerproof.theory.predictions_uniform.JOINT_LAW`.
"""

from __future__ import annotations

from layerproof.theory.predictions import CONTRACTION_UNIFORM
from layerproof.theory.predictions_uniform import JOINT_LAW, SEPARATION, SEPARATION_PRINTED
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.joint-law",
    title="One-step factor of the uniform ensemble",
    source="derived",
    kind="law",
    hypotheses=(Hypothesis("a grammar of the uniform ensemble (C24)", "ensemble.uniform"),),
    forms={
        "printed": Form(
            "Each rule level contracts the mean-square separation of non-synonyms by"
            " (1/m)(1 − 1/V) V^s/(V^s − 1).",
            {"separation": SEPARATION_PRINTED, "contraction": CONTRACTION_UNIFORM},
        ),
        "repaired": Form(
            "Each rule level contracts the mean-square deviation of the joint law of label and"
            " first token from independence by (1/m)(1 − 1/V) V^s/(V^s − 1).",
            {
                "deviation": JOINT_LAW,
                "contraction": CONTRACTION_UNIFORM,
                "separation, leading order": SEPARATION,
            },
        ),
    },
    assumes=("R26.definition-3",),
    derivation=__doc__,
    erratum=Erratum(
        printed="the uniform ensemble contracts E‖q − q'‖² by (1/m)(1 − 1/V) V^s/(V^s − 1) a level",
        fails="q divides by the frequency of a token, which fluctuates",
        by="18 % at V = 8, m = 4, l = 2; 45 % at V = 16, m = 4, l = 4",
        repair="the factor is exact for Σ p² ‖q − 1/n‖², the joint law",
        consequence="Theorem 7's form is unaffected: it is about another ensemble",
    ),
)

STATEMENTS = (STATEMENT,)
