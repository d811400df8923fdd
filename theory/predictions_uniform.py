"""What theory predicts for C24's ensemble, whose patches are drawn among all V^s.

Here the first tokens of a level are not equally frequent: token ν starts c_ν of the patches, a
hypergeometric number with mean c̄. Two kinds of prediction follow. Of the *joint* law of label and
token the second moments are exact (:data:`JOINT_LAW`), and so are the signal and the noise of C24's
argument, which concern it. The law of the label *given* a token divides by the token's frequency,
and for it the formulas below are of leading order: they keep the fluctuations of c_ν in the last
step (through e_1 and e_2) and drop those of the steps before. Measured over draws with n = V, s = 2
or 3, l ≤ 4, separation, norm and crossover are within 4 % at m = 8, within 30 % at m = 4, and
within a factor 1.6 at m = 2.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.inverse_moments import hypergeometric
from layerproof.theory.predictions import CONTRACTION_UNIFORM
from layerproof.theory.symbols import (
    L,
    N,
    V,
    first_correction,
    l,
    m,
    n,
    second_correction,
    signal,
)

_g = CONTRACTION_UNIFORM.expression

JOINT_LAW = Formula(
    r"\mathbb{E}\sum_\nu p_\nu^2\|q_\nu - \tfrac1n\mathbf{1}\|^2",
    "mean-square deviation of the joint law of label and first token from independence",
    "derived",
    (n - 1) / n**2 * _g ** (l - 1),
)
"""ν runs over the parents of level-l patches. With J_ζν = P[label ζ, first token ν] and
C = I − 11ᵀ/n the rows of CJ are centred, and J of the level below is J T, T the
first-child transition matrix. For a centred x, E‖xᵀT‖² = (V/m²) ‖x‖² (Var N − Cov N), N the number
of a parent's patches that start with a given token and Cov between two parents:
Var = (m/V)(1 − 1/V)(V^s − m)/(V^s − 1) and Cov = −(m²/V)(1 − 1/V)/(V^s − 1) for draws without
replacement. That is g ‖x‖², however many parents there are. At the top
Σ_ν ‖e_ν/n − 1/n²‖² = (n − 1)/n²."""

SEPARATION_PRINTED = Formula(
    r"\mathbb{E}\|q_\mu^{(l)} - q_{\mu'}^{(l)}\|^2",
    "mean-square separation of non-synonyms, uniform ensemble",
    "derived",
    2 * _g ** (l - 1),
)
"""The one-step factor taken for that of the label's law given a token (n = V)."""

_SQUARE = 2 * V**2 * (n - 1) / ((V - 1) * n**2) * _g ** (l - 1)
"""The separation if every token came first equally often."""

SEPARATION = Formula(
    SEPARATION_PRINTED.name,
    "mean-square separation of non-synonyms, uniform ensemble, leading order",
    "derived",
    sp.Piecewise((2, sp.Eq(l, 1)), (_SQUARE * first_correction, True)),
)
"""A posterior that averages over c patches has deviation ∝ 1/c, with mean e_1/c̄."""

NORM = Formula(
    r"\mathbb{E}\|q_\mu^{(l)}\|^2",
    "mean squared norm of a label posterior, uniform ensemble, leading order",
    "derived",
    sp.Piecewise((1, sp.Eq(l, 1)), (1 / n + (1 - 1 / V) * SEPARATION.expression / 2, True)),
)

CROSSOVER = Formula(
    r"N_\times^{(l)}",
    "crossover sample size, uniform ensemble, leading order",
    "derived; C24 eq. 10",
    sp.Piecewise(
        (0, sp.Eq(l, 1)),
        (
            2
            * V
            * m
            * ((1 - 1 / n) * first_correction - (1 - 1 / V) * _SQUARE / 2 * second_correction)
            / (_SQUARE * first_correction),
            True,
        ),
    ),
)
"""Noise (1 − ‖q‖²)/(N p): a token that starts c patches has 1/p = V m c̄/c, and ‖q‖² − 1/n ∝ 1/c,
so that rare tokens have the more samples to wait for and the less noise to lose."""

SIGNAL_PRINTED = Formula(
    r"n^2\,\mathrm{Var}\,P(\zeta\mid T)",
    "signal: relative variance of the label's law over what is seen",
    "C24 eq. C49",
    V / m**L,
)

SIGNAL_TUPLE = Formula(
    "S",
    "signal of a leaf tuple",
    "derived",
    V * (1 - 1 / n) * _g ** (L - 1),
)
"""|P_L| n Σ_μ p_μ² ‖q_μ − 1/n‖², from the joint law: V n times (n − 1)/n² g^(L−1), since a tuple
has 1/m of its parent's frequency and there are m V of them."""

SIGNAL_SYMBOL = Formula(
    "S",
    "signal of a single leaf",
    "derived",
    V * (1 - 1 / n) * _g**L,
)

NOISE_PRINTED = Formula(
    r"n^2\,\mathrm{Var}\,\hat P(\zeta\mid T)",
    "noise: relative variance of the empirical law, from N samples",
    "C24 eq. C54",
    V * n / N,
)

NOISE_TUPLE = Formula(
    r"\mathbb{E}|P_L| n \sum_\mu \|\hat J_\mu - J_\mu\|^2",
    "noise of a leaf tuple, from N samples",
    "derived",
    (V * m * (n - 1) - signal) / N,
)
"""One sample contributes 1[μ](e_ζ − 1/n), whose square has mean p_μ (1 − 1/n); the square of its
mean, summed and scaled, is the signal."""

NOISE_SYMBOL = Formula(
    r"\mathbb{E}\,V n \sum_\nu \|\hat J_\nu - J_\nu\|^2",
    "noise of a single leaf, from N samples",
    "derived",
    (V * (n - 1) - signal) / N,
)

THRESHOLD_TUPLE = Formula(
    "P^*",
    "sample size at which signal and noise of leaf tuples meet",
    "derived; C24 eq. C55",
    n * m * _g ** (1 - L) - 1,
)
"""n m^L [(1 − 1/V) V^s/(V^s − 1)]^(1−L) − 1, which is C24's n m^L for large V."""


def corrections(*, parents: int, V: int, m: int, s: int) -> dict[str, float]:
    """e_1 = c̄ E[1/c | c > 0] and e_2 = c̄² E[1/c² | c > 0] of one level with `parents` parents.

    c counts the patches, among `parents` · m drawn from V^s, that start with a given token.
    """
    draws = parents * m
    mean = draws / V
    found = hypergeometric(V**s, V ** (s - 1), draws)
    return {"first_correction": mean * found.first, "second_correction": mean**2 * found.second}


def level_corrections(level: int, sizes: dict[str, Any]) -> dict[str, float]:
    """The corrections for patches of `level`, from the last first-child step above them.

    1 at level 1, where there is none. `sizes` has the keys V, m, s and n.
    """
    if level == 1:
        return {"first_correction": 1.0, "second_correction": 1.0}
    parents = sizes["n"] if level == 2 else sizes["V"]
    return corrections(parents=parents, V=sizes["V"], m=sizes["m"], s=sizes["s"])


FORMULAS = (JOINT_LAW, SEPARATION, NORM, CROSSOVER, SIGNAL_TUPLE, NOISE_TUPLE, THRESHOLD_TUPLE)
