"""What theory predicts for contrastive learning: the value of its bound, and how it is approached.

Two crops of a string show the patches T and T'. Whatever is learned of the pair passes through
their parents p and p', which patches tell, so I(T; T') = I(p; p') in a non-ambiguous grammar.
Averages are over the uniform-first-token ensemble with n = V, p below first children.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CONTRACTION
from layerproof.theory.predictions_paths import FINITE_POPULATION, SIBLING_STEP
from layerproof.theory.symbols import (
    V,
    excess,
    height,
    m,
    multiple,
    pair_logs,
    s,
    token_logs,
)

BOUND = Formula(
    r"\mathbb{E}\, I(T; T')",
    "value of InfoNCE's bound: the information between neighbouring crops, in nats",
    "derived",
    sp.log(V) + (V * pair_logs - token_logs) / m,
)
"""p is uniform. Let k_pν of the m patches that start with p carry ν at the place of p', and
c_ν = Σ_p k_pν. Then P(p, p' = ν) = k_pν/(V m), and log P/(P P) = log(V k_pν/c_ν). Summed over the
V² pairs and the V tokens, in the mean over draws. The m completions of p are drawn without
replacement, so k is hypergeometric: m of V^(s−1), of which V^(s−2) carry ν; and c is the sum of V
independent ones. At s = 2, k is 0 or 1, ⟨k log k⟩ = 0, and I = H(p') − log m on every instance."""

BOUND_LEADING = Formula(
    BOUND.name,
    "value of InfoNCE's bound at s = 2, leading order",
    "derived",
    sp.log(V / m) - (1 - 1 / V) * FINITE_POPULATION.expression / (2 * m),
    relation=r"\approx",
)
"""log(1/f) − (1 − f)/(2m): c has mean m and variance m (1 − f), and ⟨c log c⟩ = m log m + Var/(2m)
to this order. At s = 3 it is no approximation: log(1/f) exceeds log V, and no information does."""

BOUND_ERROR = Formula(
    r"\delta_I",
    "how far the leading order may be off",
    "derived",
    (1 - (m / V) ** 2) / (6 * m**2),
)
"""The next order of ⟨c log c⟩/m from c's third and fourth cumulants is (1 − f²)/(12 m²), and twice
that is more than all of the rest from m = 2 on, where it is 1.73 times it at most."""

FAR_INFORMATION = Formula(
    r"\mathbb{E}\, I",
    "information between crops whose ancestor stands h levels above their parents, leading order",
    "derived",
    (V - 1) / 2 * SIBLING_STEP.expression * CONTRACTION.expression ** (2 * (height - 1)),
    relation=r"\approx",
)
"""Half of χ² where the dependence is weak: V − 1 directions, v_C across, and c for each of the
2(h − 1) steps down."""

NEVER = Formula(
    r"\mathbb{P}[\text{never}]",
    "share of the pairs of symbols that are never neighbours",
    "derived",
    sp.binomial(V ** (s - 1) - V ** (s - 2), m) / sp.binomial(V ** (s - 1), m),
)
"""None of the m completions of p has p' at its place; 1 − f at s = 2."""

GROWTH = Formula(
    r"\Delta(X t) - \Delta(t)",
    "growth of InfoNCE's critic from t steps to X t, where some pairs never occur",
    "derived",
    sp.log(multiple),
    relation=r"\to",
)
"""Δ is the mean value of the critic on pairs that occur, less that on pairs that never do. On one
of the latter the slope of the loss is P(T) P(T') e^g/Z, with nothing against it: once the others
have settled, dΔ/dt ∝ e^(−Δ) for each, and Δ = log t + const."""

GAP = Formula(
    r"\frac{\mathcal{L}(X t) - \mathcal{L}^*}{\mathcal{L}(t) - \mathcal{L}^*}",
    "what is left of the distance of InfoNCE's loss from its infimum",
    "derived",
    1 / multiple,
    relation=r"\to",
)
"""The distance is Σ P(T) P(T') e^g/Z over the pairs that never occur, ∝ e^(−Δ) = const/t."""

PAIRS = Formula(
    "N_x",
    "pairs of views after which their graph tells the classes",
    "derived",
    V * m * (sp.log(V * m) + excess) / (2 * (1 - 1 / m)),
)
"""A share 1/m of the pairs shows one patch twice and joins nothing. Each of the others meets a
given patch with probability 2/(V m), so V m e^(−2 N (1 − 1/m)/(V m)) = e^(−x) patches are alone."""

SEPARATED = Formula(
    r"\mathbb{P}[\text{components} = \text{classes}]",
    "probability that the graph of the pairs falls into exactly the classes",
    "derived",
    sp.exp(-sp.exp(-excess)),
    relation=r"\to",
)
"""Lone patches are rare and nearly independent, and larger pieces are rarer, but at m = 2, where
two patches are alone at once."""
