"""What theory predicts for denoising and generating strings: entropies, divergences, transitions.

Sizes are those of a (V, m)-uniform, non-ambiguous grammar with n labels. Derivations stand in the
statements of the same stems.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.symbols import (
    L,
    V,
    belief,
    changed,
    divergence,
    epsilon,
    l,
    m,
    n,
    parents,
    rules,
    s,
    tokens,
)

_inner = sp.Piecewise((L, sp.Eq(s, 1)), ((s**L - 1) / (s - 1), True))

ENTROPY = Formula(
    r"\log P_{\max}",
    "entropy of the strings, in nats",
    "C24 Eq. 2",
    sp.log(n) + _inner * sp.log(m),
)

STRING = Formula(r"\mathbb{P}[x]", "probability of a string", "C24 Eq. 2", m ** (-_inner) / n)

INVALID = Formula(
    r"1 - e^{-\mathrm{KL}}",
    "the largest share of strings that are none of the grammar",
    "derived",
    1 - sp.exp(-divergence),
)

_true = belief**s
_stray = (1 - _true) / (V**s - 1)

ANNEALED_MAP = Formula(
    "p'",
    "probability given to the true symbol one level up",
    "derived",
    (_true + (m - 1) * _stray) / (_true + (m * V - 1) * _stray),
)

ANNEALED_START = Formula(
    "p_0", "probability given to the true leaf", "derived", 1 - epsilon * (1 - 1 / V)
)

SLOPE_UNIFORM = Formula(
    r"\left.\frac{dp'}{dp}\right|_{1/V}",
    "Kesten–Stigum number: growth of a small excess of belief, one level up",
    "derived",
    s / m * (1 - 1 / V) * V**s / (V**s - 1),
)

SLOPE_CERTAIN = Formula(
    r"\left.\frac{dp'}{dp}\right|_{1}",
    "growth of a small doubt, one level up",
    "derived",
    s * m * (V - 1) / (V**s - 1),
)

THRESHOLD_BELIEF = Formula("p^*", "the unstable fixed point at s = 2", "derived", (m - 1) / (V - m))

THRESHOLD_NOISE = Formula(
    r"\epsilon^*",
    "the noise on leaves at which the label is lost, at s = 2",
    "derived",
    (1 - THRESHOLD_BELIEF.expression) / (1 - 1 / V),
)

UNET_LEVEL = Formula(
    "W_l",
    "weights of the network's two blocks of a level",
    "derived",
    rules * ((s + 1) * parents + s * (2 * s + 1) * tokens),
)

UNET = Formula(
    "W",
    "weights of the network of a (V, m)-uniform grammar with n labels",
    "derived",
    n * m * ((s + 1) * n + s * (2 * s + 1) * V)
    + (L - 1) * V * m * ((s + 1) * V + s * (2 * s + 1) * V)
    + n,
)

LEARNED_STRINGS = Formula(
    r"N_l",
    "strings from which the rules of level l are learned, to leading order",
    "derived",
    V * m ** (L - l + 2) / (1 - m / V ** (s - 1)),
)

RUN_ALONE = Formula(
    r"\ell_0",
    "mean length of a run of changed leaves, where each changes by itself",
    "derived",
    s**L / (1 + (s**L - 1) * (1 - changed)),
)
