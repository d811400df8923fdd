"""What a learner pays for predicting its own latents as it has learned them, not ideal ones.

**Derivation.** Stage l predicts z_ν, a vector for the first token ν of the patch beside. Given the
patch, z has mean t_μ = Σ_ν q_μ(ν) z_ν and the covariance of z under q_μ. So the crossover is N_× =
2⟨tr Cov_μ(z)/p_μ⟩/⟨‖t_μ − t_μ'‖²⟩, exact for one grammar and any vectors
(:mod:`layerproof.theory.target_cost`). With plenty of samples below, z_ν is the law t that stage
l + 1 has learned of the patches of ν, under one of three treatments.

*Clustered*: z_ν is one-hot, and the cost, in units of the ideal latent's N_×, is 1 on every grammar
on which clusters do not overlap.

*Whitened*: V points in general position, centred and with their covariance undone, are the corners
of a regular simplex where all symbols are equally likely, hence one-hot up to a rotation, and the
cost is 1 exactly. First tokens beside are not quite equally likely.

*Raw*: z_ν = t_ν. Let A be the centred Gram matrix of the z_ν. Over draws of the rules above, which
know nothing of the order of symbols, q_μ − q_μ' has a covariance in proportion to I − 11ᵀ/V, so
⟨‖t_μ − t_μ'‖²⟩ is the ideal separation times tr A/(V − 1), and tr Cov_μ(z) scales with tr A too:
the mean cost is 1. The distances shrink by c v_C a stage, by some m²/(1 − f), and so does their
noise. To leading order: two stages share the rules between them, once as the step across and once
as the step down, and on one grammar A has more of some directions than of others.

Measured at V = 16, m = 4, s = 2, L = 5, levels 4, 3, 2, over 60 draws: whitened 0.98, 0.99, 0.99 on
average, at most 1.14; raw 1.02, 1.04, 1.07, at most 2.2 and at least 0.5. So raw targets do not
make the law exponential in L. Their distances do become so small that a learner of fixed bandwidth
and ridge, or a bound in terms of the range of z (Hoeffding's), no longer sees them.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CONTRACTION
from layerproof.theory.predictions_paths import SIBLING_STEP
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.symbols import L, l

TARGET_COST = Formula(
    r"N_\times^{(l)}(z) / N_\times^{(l)}",
    "strings with a learned target, in units of those with the ideal latent",
    "derived",
    sp.Integer(1),
)
RAW_SEPARATION = Formula(
    r"\mathbb{E}\|t_\mu - t_{\mu'}\|^2",
    "mean-square separation of non-synonyms by raw targets",
    "derived",
    2 * (CONTRACTION.expression * SIBLING_STEP.expression) ** (L - l + 1),
)

STATEMENT = Statement(
    id="derived.target-cost",
    title="What learned latents cost as targets",
    source="derived",
    kind="law",
    hypotheses=(
        Hypothesis("a grammar of the uniform-first-token ensemble", "ensemble.uniform-first-token"),
        Hypothesis("f < 1, and plenty of samples below the stage", "derived.target-cost/latents"),
    ),
    forms={
        "printed": Form(
            "Raw, whitened and clustered targets cost what the ideal latent costs, to leading order"
            " in 1/m, though raw ones lie closer by c v_C in mean square at every stage.",
            {"cost": TARGET_COST, "raw separation": RAW_SEPARATION},
            sp.Eq(sp.Symbol("cost", positive=True), TARGET_COST.expression),
        )
    },
    assumes=("R26.definition-4",),
    proof_uses=("derived.path-law", "derived.own-latents"),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
