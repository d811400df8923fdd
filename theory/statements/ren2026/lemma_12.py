"""Lemma 12: random Fourier features are uniformly close to the RBF kernel (Rahimi and Recht 2007).

**What fails in the printed form.** Nothing on the unit ball. But Lemma 10 uses it for patches,
concatenations of s token embeddings, whose norm reaches √s max ‖h‖.

**Repair.** On the ball of radius R the prefactor becomes 2^8 d_h R²/(σ² ε²): the lemma for h/R with
bandwidth σ/R.

**Derivation.** Rahimi and Recht's Claim 1 with diameter 2 gives 2^10 in place of 2^8; this argument
gives the printed constant. Let f(Δ) = (1/M) Σ_k cos(ω_k·Δ) − exp(−‖Δ‖²/(2σ²)) for ‖Δ‖ ≤ 2, d = d_h,
u = σε and y = exp(−M ε²/8). Balls of radius r around (1 + 4/r)^d points cover the domain. At a
point |f| ≥ ε/2 has probability at most 2y (Hoeffding). Inside a ball |f| moves by at most r (mean
‖ω_k‖ + e^(−1/2)/σ). The mean of ‖ω_k‖ is M^(−1/2)/σ-Lipschitz in the M d normals, so it exceeds (√d
+ ε/2)/σ with probability at most y. With r = u/(2√d + 1.22 + ε): P[sup |f| ≥ ε] ≤ (2(1 + B)^d + 1)
y, B = (8√d + 4.86 + 4ε)/u. The printed bound is X y^(2/(d+2)) with X = 2^8 d/u². If it is below 1,
y^(d/(d+2)) < X^(−d/2), so 2(1 + B)^d + 1 ≤ X^((d+2)/2) suffices. For u ≤ 4√d and ε ≤ 2 that is
true: 1 + B is about (8√d + …)/u against 16√d/u, with (16√d/u)² ≥ 16 to spare; it was evaluated for
d < 400 on a grid. For u > 4√d, |f| ≤ max(2 mean ‖ω_k‖², 2/σ²), where 2/σ² < ε and 2 mean ‖ω_k‖² ≥ ε
is a χ² deviation by τ = u²/(2εd) ≥ 4, of probability at most exp(−0.2 τ d M) ≤ X y^(2/(d+2)). And
|f| < 2.

The bound is loose: the variance of f is at most 1/2 and not 1, the union is over 8 times fewer
nats, and the sample size it asks for is 40 to 500 times what is needed at d_h ≤ 16.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.symbols import M, d_h, deviation, failure, radius, sigma

SOURCE = "R26 Lemma 12"

_NAME = r"\mathbb{P}[\sup |\langle\Phi(h),\Phi(h')\rangle - \psi_\sigma(h,h')| \ge \varepsilon]"

FAILURE = Formula(
    _NAME,
    "probability that features and kernel differ",
    SOURCE,
    2**8 * d_h / (sigma**2 * deviation**2) * sp.exp(-M * deviation**2 / (4 * (d_h + 2))),
)

FAILURE_IN_BALL = Formula(
    _NAME,
    "the same on a ball of radius R",
    f"{SOURCE}, repaired",
    FAILURE.expression * radius**2,
)

STATEMENT = Statement(
    id="R26.lemma-12",
    title="Random features approximate the kernel",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("ω_1, …, ω_M independent, N(0, σ^(−2) I)", "R26.lemma-12/frequencies"),
        Hypothesis("‖h‖, ‖h'‖ ≤ 1; as repaired, ≤ R", "R26.lemma-12/ball"),
    ),
    forms={
        "printed": Form(
            "For ‖h‖, ‖h'‖ ≤ 1 the supremum of |⟨Φ(h), Φ(h')⟩ − ψ_σ(h, h')| reaches ε with"
            " probability at most 2^8 d_h/(σ² ε²) exp(−M ε²/(4(d_h + 2))).",
            {"failure": FAILURE},
            sp.Le(failure, FAILURE.expression),
        ),
        "repaired": Form(
            "For ‖h‖, ‖h'‖ ≤ R the same with d_h R² in place of the first d_h.",
            {"failure": FAILURE_IN_BALL},
            sp.Le(failure, FAILURE_IN_BALL.expression),
        ),
    },
    derivation=__doc__,
    erratum=Erratum(
        printed="a bound on the unit ball, used in Lemma 10 for concatenations of s tokens",
        fails="its use: these have norm up to √s max ‖h‖",
        by="a factor s in the prefactor of the probability",
        repair="2^8 d_h R²/(σ² ε²) exp(−M ε²/(4(d_h + 2))) on the ball of radius R",
        consequence="Theorem 7's form is unaffected: a logarithm in the width M",
    ),
)

STATEMENTS = (STATEMENT,)
