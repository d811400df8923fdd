"""Lemma 27: the conditional second moment of a bin in the middle third is about ‖z‖²/(mV).

**What fails in the printed form.** The lower bound carries 1 ± 60 log(2V/δ)/m. With + it is
false: at V = m = 2, δ = 0.1, z = (1, −1) the conditional moment of the first bin is ‖z‖²/6 with
certainty, and the bound is 5.6 ‖z‖².

**Repair.** 1 − 60 log(2V/δ)/m. It then holds for all ν in the window at once, for every V ≥ 2,
m ≥ 1 and 0 < δ < 1, and more is true: with probability at least 1 − δ/2, for all these ν, E[τ_ν²
| F] ≥ (1 − √(6 log(2/δ)/m)) ((V − ν)/(V − ν + 1)) ‖z‖²/(mV), whose constant is sharp (1/2 at
V = 2, and 1 for large V, against the printed 1/5).

**Derivation.** Let ‖z‖ = 1, Λ = log(2V/δ), R = V − ν + 1, n = mR, M₁ and M₂ the mean of the
remaining values and of their squares, w = ⌊2V/3⌋ the last bin of the window,
R_w = V − w + 1 > V/3. Lemma 26 says E[τ²|F] = (M₂ − M₁²)(n − m)/(m(n − 1)) + M₁². Means of what
remains are martingales in ν, so Doob's inequality, applied to the exponential of Chernoff's bound
at ν = w, covers the whole path at once; Hoeffding's reduction makes draws without replacement no
worse than independent ones.

*Lower.* (n − m)/(n − 1) ≥ (R − 1)/R, so E[τ²|F] ≥ M₂ (R − 1)/(R m). The n_w remaining squares lie
in [0, 1] and sum to m R_w/V on average: P[min_ν M₂ < (1 − e)/V] ≤ exp(−e² m R_w/(2V)) ≤ exp(−e²
m/6), which is δ/2 for e² = 6 log(2/δ)/m: the sharper bound. With e = 3/5, R ≥ 2 gives
E[τ²|F] ≥ 1/(5mV); the printed bound says something only for m > 60Λ, and then this fails with
probability at most e^(−0.06 m) ≤ (δ/2V)^3.6.

*Upper.* E[τ²|F] ≤ M₂/m + M₁² and, surely, E[τ²|F] ≤ M₂ ≤ 1/R < 3/V. If m < Λ, that is below
3Λ/(mV). Else Bernstein's bound for the first m(w − 1) ≤ 2mV/3 draws, of variance 1/V, gives |n_w
M₁| ≤ (2/3)Λ + √(4mΛ/3) ≤ 1.83 √(mΛ) but for probability 2e^(−Λ) = δ/V, so M₁² ≤ 29.9
Λ/(mV²) ≤ 14.95 Λ/(mV), and with Λ ≥ log 4 the sum is at most 17.1 Λ/(mV). In all the failure
probability is at most (δ/2V)^3.6 + δ/V ≤ δ.

**When it says something.** The lower bound is negative for m ≤ 60 log(2V/δ) (m ≥ 347 is needed at
V = 16, δ = 0.1); the upper bound is above 1/R, hence cannot fail, for m ≤ 60 R_w log(2V/δ)/V.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.statements.base import Erratum, Form, Hypothesis, Statement
from layerproof.theory.statements.ren2026.lemma_26 import SECOND_MOMENT
from layerproof.theory.symbols import V, delta, m, nu, second_moment, sign, square_length

SOURCE = "R26 Lemma 27"

_LOG = sp.log(2 * V / delta)

LOWER = Formula(
    r"\text{lower}",
    "lower bound on a conditional second moment",
    SOURCE,
    (1 + sign * 60 * _LOG / m) * square_length / (5 * m * V),
)

LOWER_REPAIRED = Formula(
    r"\text{lower}",
    "lower bound on a conditional second moment",
    f"{SOURCE}, repaired",
    (1 - 60 * _LOG / m) * square_length / (5 * m * V),
)

LOWER_SHARP = Formula(
    r"\text{sharper lower}",
    "sharper lower bound on a conditional second moment",
    "derived",
    (1 - sp.sqrt(6 * sp.log(2 / delta) / m)) * (V - nu) / (V - nu + 1) * square_length / (m * V),
)

UPPER = Formula(
    r"\text{upper}",
    "upper bound on a conditional second moment",
    SOURCE,
    60 * _LOG * square_length / (m * V),
)

STATEMENT = Statement(
    id="R26.lemma-27",
    title="Bins of the middle third keep their share",
    source=SOURCE,
    kind="lemma",
    hypotheses=(
        Hypothesis("ν in [V/3, 2V/3]", "R26.lemma-27/window"),
        Hypothesis("Σ z = 0", "vector.centred"),
    ),
    forms={
        "printed": Form(
            "With probability at least 1 − δ, (1 ± 60 log(2V/δ)/m) ‖z‖²/(5mV) ≤ E[τ_ν² | F_{ν−1}]"
            " ≤ 60 log(2V/δ) ‖z‖²/(mV). Read with +; with − it is the repaired form.",
            {"lower": LOWER, "upper": UPPER, "second moment": SECOND_MOMENT},
            sp.And(sp.Ge(second_moment, LOWER.expression), sp.Le(second_moment, UPPER.expression)),
        ),
        "repaired": Form(
            "With probability at least 1 − δ, for all ν in the window, (1 − 60 log(2V/δ)/m)"
            " ‖z‖²/(5mV) ≤ E[τ_ν² | F_{ν−1}] ≤ 60 log(2V/δ) ‖z‖²/(mV). With probability at least"
            " 1 − δ/2 the sharper lower bound holds.",
            {
                "lower": LOWER_REPAIRED,
                "upper": UPPER,
                "sharp lower": LOWER_SHARP,
                "second moment": SECOND_MOMENT,
            },
            sp.And(
                sp.Ge(second_moment, LOWER_REPAIRED.expression),
                sp.Le(second_moment, UPPER.expression),
            ),
        ),
    },
    proof_uses=("R26.lemma-24", "R26.lemma-26"),
    derivation=__doc__,
    erratum=Erratum(
        printed="E[τ_ν² | F] ≥ (1 ± 60 log(2V/δ)/m) ‖z‖²/(5mV)",
        fails="with the sign +",
        by="V = m = 2, δ = 0.1: ‖z‖²/6 with certainty, the bound is 5.6 ‖z‖²",
        repair="the sign −",
        consequence="Theorem 7's form is unaffected",
    ),
)

STATEMENTS = (STATEMENT,)
