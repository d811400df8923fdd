"""What theory predicts for autoencoders whose latents are tokens of the derivation.

Derivations stand in the statements of the same stems.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CONTRACTION
from layerproof.theory.predictions_paths import FINITE_POPULATION
from layerproof.theory.symbols import L, V, l, m, n, s

_nodes = sp.Piecewise((l, sp.Eq(s, 1)), ((s**l - 1) / (s - 1), True))

RATE = Formula(
    r"R_l",
    "what naming the tokens of level l costs, in nats",
    "derived",
    sp.log(n) + _nodes * sp.log(m),
)

LAYER_RATE = Formula(
    r"\mathrm{KL}_{l+1}",
    "what a hierarchical autoencoder pays for the latents of level l + 1, in nats",
    "derived",
    s**l * sp.log(m),
)

SAVED = Formula(
    r"\textstyle\sum_i I(x_i; z_l)",
    "what knowing their level-l ancestors saves on all leaves, in nats, to leading order",
    "derived",
    s**L * (V - 1) / 2 * CONTRACTION.expression ** (L - l),
)

_other = CONTRACTION.expression * (1 - FINITE_POPULATION.expression / (m * V))

GROWTH = Formula(
    r"\langle \lambda \rangle",
    "mean growth of a small use of a latent that the label decides",
    "derived",
    (CONTRACTION.expression + (s - 1) * _other) ** L,
)
"""One step down to a first child contracts by c, and to another by c' = c (1 − g/(m V))."""

LEAST_RATE = Formula(
    r"R_{\mathrm{used}}",
    "the rate in nats above which a latent counts as used: a twentieth of naming the label",
    "derived",
    sp.log(n) / 20,
)
