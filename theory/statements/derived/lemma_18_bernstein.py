"""Lemma 18 for targets that are vectors: with the range of the target, and with its variance.

Where a stage predicts what the stage below has learned, as it is, targets lie ever closer together
the higher the stage, and so do their means. Lemma 18 for one-hot targets, carried over, takes
no notice of the first and asks for 1/ε² strings: exponentially many in the number of stages
(`derived.raw-latents`). Two bounds do take notice, one of the targets' range D, one of τ², the
largest tr Cov(Z | patch).

**Derivation.** Write P = |P_l|, Λ = log(4P/δ), n = N p̂_μ for the number of strings whose first
patch is μ, and F = ‖q̂_μ − q_μ‖. On an event of probability at least 1 − δ/4, n ≥ N/(2κP) for all
μ if N ≥ 8κPΛ (the lower tail of `R26.lemma-18`).
*Range.* Given n, E F ≤ √(E F²) = √(tr Cov/n) ≤ D/√(2n), since tr Cov(Z | μ) is half of E‖Z − Z'‖²
of two independent targets. One string moves F by at most D/n, so McDiarmid gives
P[F ≥ E F + u] ≤ exp(−2nu²/D²). With δ/(2P) on the right F ≤ D(1 + √(Λ − log 2))/√(2n), and
(1 + √(Λ − log 2))² ≤ 2Λ for P/δ ≥ 12.1: F ≤ D√(Λ/n). With n ≥ N/(2κP) that is at most ε for
N ≥ 2κPΛ D²/ε². D = √2, that of one-hot targets, gives `R26.lemma-18` as repaired; it stands here as
the bound named Hoeffding's.
*Variance.* Pinelis (Ann. Probab. 1994, Theorem 3.4, in a Hilbert space): for independent centred
X_i with ‖X_i‖ ≤ D, P[‖ΣX_i‖ ≥ r] ≤ 2 exp(−r²/(2(nτ² + D r/3))), his bound with Bennett's function
being below that. X_i = Z_i − q_μ has ‖X_i‖ ≤ D, as q_μ is a mean of values of Z. The right side is
2 e^(−Λ) = δ/(2P) at r = DΛ/3 + √(D²Λ²/9 + 2nτ²Λ) ≤ √(2nτ²Λ) + 2DΛ/3. So
F ≤ √(2τ²Λ/n) + 2DΛ/(3n) for all μ, δ/2 in all. With n ≥ N/(2κP) each term is at most ε/2 for
N ≥ κPΛ max(16τ²/ε², 8D/(3ε)).

**Which is the better one.** 16τ² is less than 2D² only where τ² < D²/8. One-hot targets have
τ² near D²/2, and the range is better by a factor of 4. Up the chain of own latents the range, a
largest distance, falls more slowly than the variance, a mean one: at V = 16, m = 4, s = 2 the
median over 400 draws of 16τ²/(2D²) is 3.7, 1.9, 1.4, 1.2 and 1.1 from the leaves up. The variance
has the better exponent, and over the first five stages not yet the better bound.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Form, Hypothesis, Statement
from layerproof.theory.statements.ren2026.lemma_18 import (
    CONFIDENCE,
    LAW_ERROR_REPAIRED,
    LEAST_RATIO,
)
from layerproof.theory.symbols import (
    N,
    epsilon,
    frequency,
    kappa,
    law_error,
    patches,
    target_range,
    target_variance,
)

SOURCE = "derived from R26 Lemma 18; Pinelis 1994"

RANGE_ERROR = Formula(
    LAW_ERROR_REPAIRED.name,
    "error of an empirical mean, by the range of the target",
    SOURCE,
    target_range * sp.sqrt(CONFIDENCE / (N * frequency)),
)

BERNSTEIN_ERROR = Formula(
    LAW_ERROR_REPAIRED.name,
    "error of an empirical mean, by the variance of the target",
    SOURCE,
    sp.sqrt(2 * target_variance * CONFIDENCE / (N * frequency))
    + 2 * target_range * CONFIDENCE / (3 * N * frequency),
)


def _largest(*of: sp.Expr | int) -> sp.Expr:
    """Their maximum, as it is written: sympy would compare them first, which takes a while."""
    return sp.Max(*of, evaluate=False)


EACH = kappa * patches * CONFIDENCE
"""κ|P_l|Λ: 8 of these show every patch at least half as often as expected."""

HOEFFDING_SAMPLES = Formula(
    "N", "sample size for an accuracy, Hoeffding's form", SOURCE, EACH * _largest(4 / epsilon**2, 8)
)

RANGE_SAMPLES = Formula(
    "N",
    "sample size for an accuracy, by the range of the target",
    SOURCE,
    EACH * _largest(2 * target_range**2 / epsilon**2, 8),
)

BERNSTEIN_SAMPLES = Formula(
    "N",
    "sample size for an accuracy, by the variance of the target",
    SOURCE,
    EACH * _largest(16 * target_variance / epsilon**2, 8 * target_range / (3 * epsilon), 8),
)

STATEMENT = Statement(
    id="derived.lemma-18-bernstein",
    title="Empirical means of targets that are vectors concentrate",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("N independent strings", "samples.independent"),
        Hypothesis(
            "P[first level-l patch = μ] ≥ 1/(κ |P_l|) for all μ (Assumption 6(a))",
            "R26.assumption-6a",
        ),
        Hypothesis(f"|P_l|/δ ≥ {LEAST_RATIO}", "derived.lemma-18-bernstein/ratio"),
        Hypothesis("a target of more than one value", "derived.lemma-18-bernstein/values"),
    ),
    forms={
        "printed": Form(
            "With probability at least 1 − δ, for all μ that were seen: ‖q̂_μ − q_μ‖ ≤ D √(Λ/(N"
            " p̂_μ)), and ≤ √(2τ²Λ/(N p̂_μ)) + 2DΛ/(3 N p̂_μ), Λ = log(4|P_l|/δ), D the largest"
            " distance of two values of the target, at most √2, and τ² the largest tr Cov(Z | μ)."
            " Both are at most ε from κ|P_l|Λ max(2D²/ε², 8) and κ|P_l|Λ max(16τ²/ε², 8D/(3ε), 8)"
            " strings on; Hoeffding's form has D = √2.",
            {
                "hoeffding": LAW_ERROR_REPAIRED,
                "range": RANGE_ERROR,
                "bernstein": BERNSTEIN_ERROR,
                "hoeffding samples": HOEFFDING_SAMPLES,
                "range samples": RANGE_SAMPLES,
                "bernstein samples": BERNSTEIN_SAMPLES,
            },
            sp.And(
                sp.Le(law_error, RANGE_ERROR.expression),
                sp.Le(law_error, BERNSTEIN_ERROR.expression),
            ),
        )
    },
    assumes=("R26.assumption-6a",),
    proof_uses=("R26.lemma-18",),
    derivation=__doc__,
)

STATEMENTS = (STATEMENT,)
