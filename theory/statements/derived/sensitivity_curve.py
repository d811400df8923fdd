"""The synonym-sensitivity curve of a stage, without a free parameter.

**What fails in the printed form.** It rests on the noise |P_l| (1 − ‖q‖²)/N, which takes 1/E[n_μ]
for E[1/n_μ]. At N = N_× it predicts 1/2 whatever the size; measured are 0.560 at V = 8, m = 4, l =
2 (three samples a patch) and 0.518 at V = 16, m = 4, l = 3 (sixteen). The error fades as |P_l|/N.

**Repair.** S(N) = 1/(1 + N/(N_× e(N))), e(N) = N p E[1/k | k > 0] of the binomial count of a patch.

**Derivation.** A stage with small ridge puts out h_μ = q̂_μ, the empirical law of the labels of a
patch that was seen. Given the counts, the errors q̂_μ − q_μ of two patches are independent with
mean zero, so E‖q̂_μ − q̂_μ'‖² = ‖q_μ − q_μ'‖² + (1 − ‖q_μ‖²)/k + (1 − ‖q_μ'‖²)/k'. In mean over
grammars and samples this is 2σ² e(N)|P_l|/N for synonyms and Δ² more for others, with Δ² =
2σ²|P_l|/N_×. Their quotient is S(N). It is a quotient of means, over pairs of patches that were
both seen; the mean over grammars of each grammar's quotient is another number, larger by up to 7 %
at 16 N_×. With κ above 1 rare patches are noisier than the mean: at κ = 3 S is 0.56 where the curve
says 0.45 (`derived.uneven-sensitivity` has the law). That k' > 0 conditions k is neglected: the two
counts are correlated by −p/(1 − p).
"""

from __future__ import annotations

from layerproof.theory.predictions import CROSSOVER, SENSITIVITY, SENSITIVITY_REPAIRED
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.sensitivity-curve",
    title="Synonym-sensitivity curve",
    source="derived; C24 eq. 8 for the quantity",
    kind="law",
    hypotheses=(
        Hypothesis(
            "a grammar of the uniform-first-token ensemble, or N_× of the instance",
            "ensemble.uniform-first-token",
        ),
        Hypothesis("κ = 1: all first patches are equally likely", "kappa.one"),
        Hypothesis("levels below trained well enough to add nothing", "layers.trained"),
    ),
    forms={
        "printed": Form(
            "The synonym sensitivity of a stage trained on N samples is 1/(1 + N/N_×), without a"
            " free parameter.",
            {"sensitivity": SENSITIVITY, "crossover": CROSSOVER},
        ),
        "repaired": Form(
            "The synonym sensitivity of a stage trained on N samples, over patches that were seen,"
            " is 1/(1 + N/(N_× e(N))), without a free parameter.",
            {"sensitivity": SENSITIVITY_REPAIRED, "crossover": CROSSOVER},
        ),
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.crossover",),
    derivation=__doc__,
    erratum=Erratum(
        printed="S(N) = 1/(1 + N/N_×)",
        fails="E[1/n_μ] is taken for 1/E[n_μ]",
        by="13 % at V = 8, m = 4, l = 2 and 3.5 % at V = 16, m = 4, l = 3, both at N = N_×",
        repair="S(N) = 1/(1 + N/(N_× e(N))), e(N) = N p E[1/k | k > 0]",
        consequence="Theorem 7's form is unaffected",
    ),
)

STATEMENTS = (STATEMENT,)
