"""What theory predicts for signals that are a token elsewhere in the tree.

The parent p of a level-l patch and the token Z meet in the last symbol above both, of level a. From
p the way leads u = l − 2 − a steps up to a child of that symbol, across to another child, and from
there d = k − 1 − a steps down to the level-k token Z, by first children. Averages are over the
uniform-first-token ensemble with n = V (any n where a > 0), p below the first child.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CONTRACTION, CROSSOVER_GENERAL
from layerproof.theory.symbols import V, down, m, patches, s, square_norm, square_separation, up

FINITE_POPULATION = Formula(
    "g",
    "share of a mean's variance that is left where patches are drawn without replacement",
    "derived",
    sp.Piecewise((0, sp.Eq(V ** (s - 1), 1)), ((V ** (s - 1) - m) / (V ** (s - 1) - 1), True)),
)
"""The m patches that start with one token are m of the V^(s−1) completions. At f = m/V^(s−1) = 1
they are all of them, and nothing is left."""

SIBLING_STEP = Formula(
    r"v_C",
    "mean-square separation of a sibling's law, half of it",
    "derived",
    (1 - 1 / V) * FINITE_POPULATION.expression / m,
)
"""C_μν, the share of the m patches starting with μ whose j-th token is ν. Its row is the mean of m
of the V^(s−1) completions, drawn without replacement, so its variance is that of one token,
1 − 1/V, times g/m; the completions of two first tokens are drawn independently, so the mean squared
distance of two rows is twice that. That patches are then dealt to parents does not enter."""

PATH_SEPARATION = Formula(
    r"\mathbb{E}\|q_\mu - q_{\mu'}\|^2",
    "mean-square separation of non-synonyms by a token elsewhere",
    "derived",
    2 * CONTRACTION.expression ** (up + down) * SIBLING_STEP.expression,
)
"""q = P_(l−2)ᵀ … P_(a+1)ᵀ C D_(a+1) … D_(k−1): leftmost tokens are uniform, so a step up is the
transpose of a first-child transition, which is doubly stochastic. Every step up or down contracts
differences by c in mean square (Lemma 21), independently of the others: but where the way goes both
up and down, one level's transitions are taken both ways, and the mean is somewhat larger."""

PATH_NORM = Formula(
    r"\mathbb{E}\|q_\mu\|^2",
    "mean squared norm of the law of a token elsewhere",
    "derived",
    1 / V
    + CONTRACTION.expression**down
    * SIBLING_STEP.expression
    * (1 / V + (1 - 1 / V) * CONTRACTION.expression**up),
)
"""The rows of C deviate from the uniform law independently, each by v_C in mean square. Up, the
deviations are averaged: their mean over μ, v_C/V, is kept and the rest contracts by c a step. Down,
all contract by c."""

PATH_CROSSOVER = Formula(
    CROSSOVER_GENERAL.name,
    CROSSOVER_GENERAL.title,
    "derived",
    CROSSOVER_GENERAL.expression.xreplace(
        {
            patches: V * m,
            square_norm: PATH_NORM.expression,
            square_separation: PATH_SEPARATION.expression,
        }
    ),
)
"""V m^(1+R)/(1 − f) up to 1/V and 1/m, R = u + d + 1 the number of steps."""

FORMULAS = (FINITE_POPULATION, SIBLING_STEP, PATH_SEPARATION, PATH_NORM, PATH_CROSSOVER)
