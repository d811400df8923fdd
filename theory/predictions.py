"""What theory predicts for a Random Hierarchy Model: formulas, each written once.

Ensemble averages are over the uniform-first-token ensemble (Ren et al. 2026, App. B), with n
classes where n m is a multiple of V. Levels count from the label (0) to the leaves (L). Sources:
R26 is Ren, Dandi, Krzakala, Lee (COLT 2026); C24 is Cagnetta et al. (PRX 14, 031001); "derived"
means derived here, with the derivation in the docstring that stands under the formula.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.inverse_moments import binomial
from layerproof.theory.symbols import (
    L,
    N,
    V,
    crossover,
    l,
    m,
    n,
    patches,
    s,
    square_norm,
    square_separation,
)
from layerproof.theory.symbols import (
    count_correction as correction,
)

P_MAX = Formula(
    r"P_{\max}",
    "number of distinct strings",
    "C24 eq. 6",
    n * m ** sp.Piecewise((L, sp.Eq(s, 1)), ((s**L - 1) / (s - 1), True)),
)

THRESHOLD = Formula(r"P^*", "sample threshold of a deep learner", "C24 eq. 7", n * m**L)

CONTRACTION_TOP = Formula(
    r"c_1",
    "mean-square contraction of the first rule level (labels to level-1 tokens)",
    "derived from R26 Lemmas 20, 21",
    V * (n - 1) / (n * (n * m - 1)),
)
"""One label posterior per first token: the mean of k = n m / V one-hot labels drawn without
replacement from n m balls, m of each label. With σ² = 1 − 1/n the total variance of one ball, the
difference of two such means has variance 2σ²[(nm − k)/(k(nm − 1)) + 1/(nm − 1)] = 2σ² V/(nm − 1);
divided by the squared distance 2 between two labels, this is the factor."""

CONTRACTION = Formula(
    r"c",
    "mean-square contraction of one first-child transition matrix",
    "derived from R26 Lemmas 20, 21",
    (V - 1) / (m * V - 1),
)
"""Lemma 21: τ = P z is the vector of bin means of the m V balls that carry the values z, m copies
of each, dealt without replacement. For Σz = 0 the variance of one ball is ‖z‖²/V, and a bin mean of
m balls has variance (‖z‖²/V)(mV − m)/(m(mV − 1)). Summed over the V bins: ‖z‖²(V − 1)/(mV − 1)."""

MEAN_SQUARE_SEPARATION = Formula(
    r"\mathbb{E}\|q_\mu^{(l)} - q_{\mu'}^{(l)}\|^2",
    "mean-square separation of non-synonyms",
    "derived from R26 Lemmas 20, 21; C24 eq. C49 for large V, m",
    sp.Piecewise(
        (2, sp.Eq(l, 1)),
        (2 * CONTRACTION_TOP.expression * CONTRACTION.expression ** (l - 2), True),
    ),
)

MEAN_SQUARE_NORM = Formula(
    r"\mathbb{E}\|q_\mu^{(l)}\|^2",
    "mean squared norm of a label posterior",
    "derived from R26 Lemmas 20, 21",
    sp.Piecewise(
        (1, sp.Eq(l, 1)),
        (1 / n + (1 - 1 / V) * MEAN_SQUARE_SEPARATION.expression / 2, True),
    ),
)
"""The average of q over the V equally likely first tokens is the uniform law, so the mean squared
norm is 1/n plus half the mean squared distance of two independent tokens."""

PATCHES = Formula(
    r"|P_l|",
    "number of level-l patches",
    "R26 Sec. 2.1",
    sp.Piecewise((n * m, sp.Eq(l, 1)), (V * m, True)),
)

NOISE = Formula(
    r"\mathbb{E}\|\hat q_\mu - q_\mu\|^2",
    "sampling noise of an empirical label posterior, κ = 1",
    "derived; C24 eq. C54",
    patches * (1 - square_norm) / N,
)
"""Given n_μ samples with first patch μ, the empirical law has variance (1 − ‖q‖²)/n_μ, and
n_μ ≈ N/|P_l|."""


def count_correction(samples: int, probability: float) -> float:
    """e(N) = N p E[1/k | k > 0], k ~ Binomial(N, p): what 1/E[k] must be multiplied with.

    1 for N p → ∞, at most 1.32 (at N p ≈ 3.7), and N p where N p → 0. Exact to rounding for N up to
    10^18; raises InputError beyond, and for a probability that is not in (0, 1].

    >>> round(count_correction(256, 1 / 64), 4), round(count_correction(10**18, 1 / 64), 4)
    (1.315, 1.0)
    """
    return samples * probability * binomial(samples, probability).first


NOISE_REPAIRED = Formula(
    NOISE.name,
    "sampling noise of an empirical label posterior of a patch that was seen, κ = 1",
    "derived",
    patches * (1 - square_norm) * correction / N,
)
"""The mean of 1/n_μ over samples with n_μ > 0 in place of |P_l|/N; see :func:`count_correction`."""

CROSSOVER_GENERAL = Formula(
    r"N_\times",
    "sample size at which the noise between synonyms equals the separation of non-synonyms",
    "derived; C24 eq. C55",
    2 * patches * (1 - square_norm) / square_separation,
)

CROSSOVER = Formula(
    r"N_\times^{(l)}",
    "crossover sample size",
    "derived; C24 eq. 10",
    sp.Piecewise(
        (0, sp.Eq(l, 1)),
        (m * ((n * m - 1) * ((m * V - 1) / (V - 1)) ** (l - 2) - (V - 1)), True),
    ),
)
"""CROSSOVER_GENERAL at the ensemble's |P_l|, norm and separation: with Δ² = 2 c_1 c^(l−2) and
E‖q‖² = 1/n + (1 − 1/V)Δ²/2 it is m[2V(1 − 1/n)/Δ² − (V − 1)], and V(1 − 1/n)/c_1 = nm − 1. At level
1 posteriors are one-hot, and there is no noise."""

CROSSOVER_LEADING = Formula(
    r"N_\times^{(l)}", "crossover sample size, up to 1/V corrections", "C24 eq. 7", V * m**l
)

CROSSOVER_LEADING_REPAIRED = Formula(
    r"N_\times^{(l)}",
    "crossover sample size, up to 1/V corrections",
    "derived",
    V * m**l * (1 - m ** (1 - l)),
)
"""With n = V, N_× = m(V − 1)[((mV − 1)/(V − 1))^(l−1) − 1], and (mV − 1)/(V − 1) → m. The −1, which
is the ‖q‖² in the noise 1 − ‖q‖², is no 1/V correction: at m = l = 2 it halves N_× for every V."""

CROSSING = Formula(
    "N",
    "sample size at which noise equals separation exactly",
    "derived",
    crossover * correction,
)
"""An equation for N, since e(N) depends on it; see :func:`crossing_samples`."""


def crossing_samples(
    crossover: float, probability: float, equation: Formula = CROSSING
) -> int | None:
    """The least whole N with N ≥ N_× e(N); None where already one sample has no more noise.

    N/e(N) = 1/(p E[1/k | k > 0]) rises from 1/p at N = 1, so N is found by bisection. It exists
    where N_× p > 1, that is where a patch is seen more than once at the crossover.

    >>> crossing_samples(96.0, 1 / 32)
    126
    """

    def noisy(samples: int) -> bool:
        correction = count_correction(samples, probability)
        return samples < equation(crossover=crossover, count_correction=correction)

    low, high = 1, 2
    if not noisy(low):
        return None
    while noisy(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if noisy(middle) else (low, middle)
    return high


SENSITIVITY = Formula(
    r"S^{(l)}(N)",
    "synonym sensitivity",
    "derived; C24 eq. 8 for the quantity",
    1 / (1 + N / crossover),
)
"""Mean ‖h_μ − h_μ'‖² over synonyms is twice the noise; over non-synonyms it is the separation plus
twice the noise. The noise falls as 1/N and equals half the separation at N_×."""

SENSITIVITY_REPAIRED = Formula(
    SENSITIVITY.name,
    "synonym sensitivity of patches that were seen",
    "derived; C24 eq. 8 for the quantity",
    1 / (1 + N / (crossover * correction)),
)

CONTRACTION_UNIFORM = Formula(
    r"c_{\mathrm{C24}}",
    "mean-square contraction of one first-child transition matrix, uniform ensemble",
    "derived",
    (1 / m) * (1 - 1 / V) * V**s / (V**s - 1),
)
"""In C24's ensemble the m patches of a parent are drawn without replacement from all V^s: the first
tokens of two of them agree a little less often than independent ones."""

FORMULAS = (
    P_MAX,
    THRESHOLD,
    PATCHES,
    CONTRACTION_TOP,
    CONTRACTION,
    CONTRACTION_UNIFORM,
    MEAN_SQUARE_SEPARATION,
    MEAN_SQUARE_NORM,
    NOISE_REPAIRED,
    CROSSOVER,
    SENSITIVITY_REPAIRED,
)
