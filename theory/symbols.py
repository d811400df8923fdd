"""The letters of the paper, as sympy symbols: one symbol per notion, shared by every formula.

A symbol's name is its keyword in :class:`theory.formula.Formula`; how it prints in LaTeX stands in
:data:`LATEX`.
"""

from __future__ import annotations

import sympy as sp


def _size(name: str) -> sp.Symbol:
    return sp.Symbol(name, integer=True, positive=True)


V = _size("V")
"""Vocabulary size, the same at every level."""
m = _size("m")
"""Rules per symbol."""
s = _size("s")
"""Branching factor: the length of a patch."""
L = _size("L")
"""Number of levels of rules; the leaves are level L."""
n = _size("n")
"""Number of classes, the size of the label's vocabulary V_0."""
l = _size("l")
"""A level, 1 to L."""
M = _size("M")
"""Number of random frequencies; the features number 2M."""
T = sp.Symbol("T", positive=True)
"""Gradient-descent steps."""
N = sp.Symbol("N", positive=True)
"""Sample size of a stage."""
patches = _size("patches")
"""|P_l|: the number of level-l patches, V m in the (V, m)-uniform case."""
d_y = _size("d_y")
"""Number of outputs, the number of classes."""
d_h = _size("d_h")
"""Dimension of a pre-feature, s d_e."""
d_e = _size("d_e")
"""Dimension of a token embedding."""
kappa = sp.Symbol("kappa", positive=True)
"""Non-degeneracy constant of Assumption 6(a)."""
rho = sp.Symbol("rho", positive=True)
"""Separation of the level above the one in question, or of this level."""
K_rho = sp.Symbol("K_rho", positive=True)
"""Signal constant of Assumption 6(b): ρ^(l) ≥ K_ρ m^(−l/2)."""
delta = sp.Symbol("delta", positive=True)
"""Failure probability."""
epsilon = sp.Symbol("epsilon", positive=True)
"""ε_*: the accuracy that a stage is asked for."""
epsilon_O = sp.Symbol("epsilon_O", positive=True)
"""ε_O: the largest inner product of the embeddings of two distinct patches."""
epsilon_S = sp.Symbol("epsilon_S", positive=True)
"""ε_S: the largest distance between two embeddings of one patch."""
ridge = sp.Symbol("ridge", positive=True)
"""λ_W, the ridge."""
sigma = sp.Symbol("sigma", positive=True)
"""σ, the kernel's bandwidth."""
token_separation = sp.Symbol("token_separation", positive=True)
"""ρ̃: the least distance between embeddings of distinct tokens."""
token_spread = sp.Symbol("token_spread", nonnegative=True)
"""ε̃_S: the largest distance between two embeddings of one token."""
probability = sp.Symbol("probability", positive=True)
"""p_μ: the probability that the first level-l patch is μ."""
frequency = sp.Symbol("frequency", nonnegative=True)
"""p̂_μ: the share of samples whose first level-l patch is μ."""
square_norm = sp.Symbol("square_norm", positive=True)
"""‖q‖², the squared norm of a label posterior, or its mean."""
square_separation = sp.Symbol("square_separation", positive=True)
"""Mean of ‖q_μ − q_μ'‖² over non-synonyms."""
crossover = sp.Symbol("crossover", positive=True)
"""Crossover sample size N_×."""

LATEX = {
    patches: r"|P_l|",
    epsilon: r"\varepsilon_*",
    epsilon_O: r"\varepsilon_O",
    epsilon_S: r"\varepsilon_S",
    ridge: r"\lambda_W",
    token_separation: r"\tilde\rho",
    token_spread: r"\tilde\varepsilon_S",
    probability: r"p_\mu",
    frequency: r"\hat p_\mu",
    square_norm: r"\|q\|^2",
    square_separation: r"\Delta^2",
    crossover: r"N_\times",
    K_rho: r"K_\rho",
}
"""How the symbols print that do not print as they are named."""
