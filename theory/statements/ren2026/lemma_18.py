"""Lemma 18: how far frequencies and empirical posteriors lie from their expectations.

Write P = |P_l|, Λ = log(4P/δ), n_μ = N p̂_μ for the number of strings whose first patch is μ.

**What fails in the printed form.** q̂_μ averages n_μ strings, not N: E‖q̂_μ − q_μ‖² =
(1 − ‖q_μ‖²)/n_μ, which for the rarest patch is κP(1 − ‖q_μ‖²)/N on average. So the bound on
‖q̂_μ − q_μ‖ fails on average as soon as κP(1 − ‖q_μ‖²) > 2Λ. The bound on p̂_μ/p_μ is that of the
lower tail; the upper one of a binomial is heavier, and where N p_μ is small one string too many is
outside: at N = 1, κ = 1, P = 16, δ = 0.1 the patch that is seen has p̂_μ/p_μ = 16 > 15.4, always.

**Repair.** ‖q̂_μ − q_μ‖ ≤ √(2Λ/(N p̂_μ)) for every N, hence ≤ √(4κPΛ/N) for N ≥ 8κPΛ; and
p̂_μ/p_μ ≤ 1 + √(2κPΛ/N) + κPΛ/(3N). The bound from below on p̂_μ stays. Needs P/δ ≥ 12.1.

**Derivation.** *Below* (Chernoff): P[p̂ ≤ (1 − t)p] ≤ exp(−N p t²/2); with t = √(2κPΛ/N) the
exponent is κP p Λ ≥ Λ: δ/(4P) for each patch, δ/4 in all.
*Above* (Bernstein, variance p(1 − p)/N): P[p̂ − p > √(2pΛ/N) + Λ/(3N)] ≤ e^(−Λ). Divide by p and
use 1/p ≤ κP: another δ/4.
*Posterior.* Given n = n_μ ≥ 1, F = ‖q̂ − q‖ has E F ≤ √(E F²) = √((1 − ‖q‖²)/n) ≤ n^(−1/2). One
label moves F by at most √2/n, so McDiarmid gives P[F ≥ E F + u] ≤ exp(−2u²/(n · 2/n²)) =
exp(−n u²). With exp(−n u²) = δ/(2P) that is F ≤ (1 + √(Λ − log 2))/√n, δ/2 in all, and
(1 + √(Λ − log 2))² ≤ 2Λ if and only if Λ ≥ 3.876, that is P/δ ≥ 12.1. On the lower tail's event
n ≥ N p (1 − t), and t ≤ 1/2 for N ≥ 8κPΛ: 2Λ/n ≤ 4κPΛ/N.

**How tight.** At N = 8κPΛ, P = 16, κ = 1, δ = 0.1 and q = (½, ½) the three bounds fail with
probability 0.0018 (p̂), 1.6 · 10^(−6) (√(2Λ/(N p̂))) and 10^(−10) (√(4κPΛ/N)), the printed bound on
q̂ with 0.975. Half of √(2Λ/(N p̂)) fails with 0.156, half of √(4κPΛ/N) with 0.007.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import N, delta, frequency, kappa, law_error, patches, probability

SOURCE = "R26 Lemma 18"

CONFIDENCE = sp.log(4 * patches / delta)
"""Λ: every patch and both tails at once, with probability 1 − δ. Lemma 17 has it too."""

DEVIATION = Formula(
    r"|\hat p_\mu / p_\mu - 1|",
    "relative deviation of a frequency",
    SOURCE,
    sp.sqrt(2 * kappa * patches * CONFIDENCE / N),
)

EXCESS = Formula(
    r"\hat p_\mu / p_\mu - 1",
    "relative deviation of a frequency, upwards",
    f"{SOURCE}, repaired",
    DEVIATION.expression + kappa * patches * CONFIDENCE / (3 * N),
)

LAW_ERROR = Formula(
    r"\|\hat q_\mu - q_\mu\|",
    "error of an empirical posterior",
    SOURCE,
    sp.sqrt(2 * CONFIDENCE / N),
)

LAW_ERROR_REPAIRED = Formula(
    LAW_ERROR.name,
    "error of an empirical posterior, given how often the patch was seen",
    f"{SOURCE}, repaired",
    sp.sqrt(2 * CONFIDENCE / (N * frequency)),
)

LAW_ERROR_UNIFORM = Formula(
    LAW_ERROR.name,
    "error of an empirical posterior, for every patch",
    f"{SOURCE}, repaired",
    sp.sqrt(4 * kappa * patches * CONFIDENCE / N),
)

SAMPLES = Formula(
    "N",
    "sample size from which every patch is seen at least half as often as expected",
    f"{SOURCE}, repaired",
    8 * kappa * patches * CONFIDENCE,
)

LEAST_RATIO = 12.1
"""|P_l|/δ from which 2Λ covers (1 + √(Λ − log 2))², Λ = log(4|P_l|/δ)."""

_RATIO = frequency / probability - 1

STATEMENT = Statement(
    id="R26.lemma-18",
    title="Frequencies and empirical posteriors concentrate",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("N independent strings", "samples.independent"),
        Hypothesis(
            "P[first level-l patch = μ] ≥ 1/(κ |P_l|) for all μ (Assumption 6(a))",
            "R26.assumption-6a",
        ),
        Hypothesis(f"as repaired, |P_l|/δ ≥ {LEAST_RATIO}", "R26.lemma-18/ratio"),
    ),
    forms={
        "printed": Form(
            "With probability at least 1 − δ, for all μ: p̂_μ = (1 ± √(2κ|P_l| log(4|P_l|/δ)/N)) p_μ"
            " and ‖q̂_μ − q_μ‖ ≤ √(2 log(4|P_l|/δ)/N).",
            {"above": DEVIATION, "below": DEVIATION, "law": LAW_ERROR},
            sp.And(
                sp.Le(sp.Abs(_RATIO), DEVIATION.expression), sp.Le(law_error, LAW_ERROR.expression)
            ),
        ),
        "repaired": Form(
            f"If |P_l|/δ ≥ {LEAST_RATIO}, with probability at least 1 − δ, for all μ:"
            " −√(2κ|P_l| log(4|P_l|/δ)/N) ≤ p̂_μ/p_μ − 1"
            " ≤ √(2κ|P_l| log(4|P_l|/δ)/N) + κ|P_l| log(4|P_l|/δ)/(3N)"
            " and ‖q̂_μ − q_μ‖ ≤ √(2 log(4|P_l|/δ)/(N p̂_μ)), which is at most"
            " √(4κ|P_l| log(4|P_l|/δ)/N) for N ≥ 8κ|P_l| log(4|P_l|/δ).",
            {
                "above": EXCESS,
                "below": DEVIATION,
                "law": LAW_ERROR_REPAIRED,
                "uniform law": LAW_ERROR_UNIFORM,
                "N": SAMPLES,
            },
            sp.And(
                sp.Ge(_RATIO, -DEVIATION.expression),
                sp.Le(_RATIO, EXCESS.expression),
                sp.Le(law_error, LAW_ERROR_REPAIRED.expression),
            ),
        ),
    },
    assumes=("R26.assumption-6a",),
    derivation=__doc__,
    erratum=Erratum(
        printed="‖q̂_μ − q_μ‖ ≤ √(2 log(4|P_l|/δ)/N) and p̂_μ = (1 ± √(2κ|P_l| log(4|P_l|/δ)/N)) p_μ",
        fails="q̂_μ averages the N p̂_μ strings that start with μ, not N; the upper tail of p̂_μ is"
        " heavier than the lower one where N p_μ is small",
        by="V = m = s = L = 2, q = (½, ½), N = 32: with probability 0.1198 > δ = 0.1; |P_l| = 16,"
        " N = 828: 0.975. p̂: |P_l| = 16, N = 1: with certainty",
        repair="2/N becomes 2/(N p̂_μ), or 4κ|P_l|/N for N ≥ 8κ|P_l| log(4|P_l|/δ); above, p̂_μ/p_μ"
        " gains κ|P_l| log(4|P_l|/δ)/(3N)",
        consequence="one more factor V m in Theorem 7's sample size, by Lemma 17",
    ),
)

STATEMENTS = (STATEMENT,)
