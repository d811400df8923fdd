"""Sampling noise of an empirical label posterior.

**What fails in the printed form.** It puts 1/E[n_μ] = |P_l|/N for E[1/n_μ]. A patch that was seen
n_μ times has an empirical law with variance (1 − ‖q_μ‖²)/n_μ, and 1/n is convex: the mean over
n_μ > 0 is up to 1.32 times larger, at about four samples a patch (1.15 at two, 1.07 at sixteen,
1.02 at sixty-four). Below 1.5 samples a patch it is smaller, since most patches that were seen at
all were seen once, whatever N.

**Repair.** The factor e(N) = N p E[1/k | k > 0], k ~ Binomial(N, p), p = 1/|P_l|.

**Derivation.** Given n_μ = k > 0 the labels of these samples are k independent draws from q_μ, so
E‖q̂_μ − q_μ‖² = (1 − ‖q_μ‖²)/k; n_μ is binomial, and where κ = 1 independent of ‖q_μ‖. The value of
e(N), exact to rounding, is :func:`layerproof.theory.predictions.count_correction`.
"""

from __future__ import annotations

from layerproof.theory.predictions import NOISE, NOISE_REPAIRED
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement

STATEMENT = Statement(
    id="derived.noise",
    title="Sampling noise of an empirical label posterior",
    source="derived; C24 eq. C54",
    kind="law",
    hypotheses=(
        Hypothesis("κ = 1: all first patches are equally likely", "kappa.one"),
        Hypothesis("N independent samples", "samples.independent"),
    ),
    forms={
        "printed": Form(
            "An empirical label posterior from N strings has mean-square error |P_l| (1 − ‖q‖²)/N.",
            {"noise": NOISE},
        ),
        "repaired": Form(
            "An empirical label posterior of a patch seen among N strings has mean-square error"
            " e(N) |P_l| (1 − ‖q‖²)/N, e(N) = N p E[1/k | k > 0] with k ~ Binomial(N, p).",
            {"noise": NOISE_REPAIRED},
        ),
    },
    assumes=("R26.definition-3", "R26.assumption-6a"),
    derivation=__doc__,
    erratum=Erratum(
        printed="E‖q̂_μ − q_μ‖² ≈ |P_l| (1 − ‖q‖²)/N",
        fails="E[1/n_μ] is taken for 1/E[n_μ]",
        by="24 % too little at 4 samples a patch, 30 % too much at 1",
        repair="the factor e(N) = N p E[1/k | k > 0] of the binomial count",
        consequence="Theorem 7's form is unaffected: Lemmas 17 and 18 bound the counts from below",
    ),
)

STATEMENTS = (STATEMENT,)
