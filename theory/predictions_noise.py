"""What theory predicts for noise, rotations and counterfactual pairs.

f = m/V^(s−1) is the share of tuples that are grammatical. Sizes are those of a (V, m)-uniform,
non-ambiguous grammar with n = V; averages are over the uniform-first-token ensemble. Derivations
stand in the statements of the same stems.
"""

from __future__ import annotations

import sympy as sp

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CONTRACTION, CROSSOVER_GENERAL
from layerproof.theory.predictions_paths import (
    FINITE_POPULATION,
    PATH_SEPARATION,
    SIBLING_STEP,
)
from layerproof.theory.symbols import (
    L,
    V,
    depth,
    down,
    l,
    m,
    patches,
    s,
    square_norm,
    square_separation,
    up,
)

_c, _v = CONTRACTION.expression, SIBLING_STEP.expression

GRAMMATICAL = Formula("f", "share of tuples that are grammatical", "derived", m / V ** (s - 1))


def _nodes(levels: sp.Expr) -> sp.Expr:
    """1 + s + … + s^(levels − 1): the symbols above the leaves of a tree."""
    return sp.Piecewise((levels, sp.Eq(s, 1)), ((s**levels - 1) / (s - 1), True))


REAL_SHARE = Formula(
    r"q_\mu(\mathrm{data})",
    "probability that a grammatical patch is real and not noise",
    "derived",
    1 / (1 + GRAMMATICAL.expression ** _nodes(depth)),
)

SHORTCUT = Formula(
    r"\mathbb{P}[\mathrm{noise\ passes}]",
    "probability that noise is grammatical from the leaves up to level l",
    "derived",
    GRAMMATICAL.expression ** (s**l * _nodes(L - l)),
)

DIVERGENCE = Formula(
    r"\mathrm{KL}(\mathrm{data}\|\mathrm{noise})",
    "divergence of strings from noise",
    "derived",
    _nodes(L) * sp.log(1 / GRAMMATICAL.expression),
)

PAIRS_SEPARATION = Formula(
    r"\mathbb{E}\|q_\mu - q_{\mu'}\|^2",
    "mean-square separation by a token, real or not, and which of the two",
    "derived",
    PATH_SEPARATION.expression.subs({up: 0, down: 1}) / 4,
)

PAIRS_NORM = Formula(
    r"\mathbb{E}\|q_\mu\|^2",
    "mean squared norm of the law of a token, real or not",
    "derived",
    (2 / V + _c * _v * (1 + 1 / V)) / 4,
)


def _crossover(separation: Formula, norm: Formula) -> Formula:
    values = {
        patches: V * m,
        square_norm: norm.expression,
        square_separation: separation.expression,
    }
    name, title = CROSSOVER_GENERAL.name, CROSSOVER_GENERAL.title
    return Formula(name, title, "derived", CROSSOVER_GENERAL.expression.xreplace(values))


PAIRS_CROSSOVER = _crossover(PAIRS_SEPARATION, PAIRS_NORM)

PAIRS_FORMULAS = (
    FINITE_POPULATION,
    SIBLING_STEP,
    PAIRS_SEPARATION,
    PAIRS_NORM,
    PAIRS_CROSSOVER,
)

ROTATION_SEPARATION = Formula(
    r"\mathbb{E}\|q_\mu - q_{\mu'}\|^2",
    "mean-square separation by the turn of a string, to leading order in 1/m",
    "derived",
    2 * (s - 1) ** 2 / s**3 * _v * _c ** (l - 2) * V / (V - 1),
)

ROTATION_NORM = Formula(
    r"\mathbb{E}\|q_\mu\|^2",
    "mean squared norm of the law of the turn, to leading order in 1/m",
    "derived",
    1 / s + (1 - 1 / V) * ROTATION_SEPARATION.expression / 2,
)

ROTATION_CROSSOVER = _crossover(ROTATION_SEPARATION, ROTATION_NORM)

ROTATION_FORMULAS = (
    FINITE_POPULATION,
    SIBLING_STEP,
    ROTATION_SEPARATION,
    ROTATION_NORM,
    ROTATION_CROSSOVER,
)

ROTATION_COLLISIONS = Formula(
    r"\mathbb{E}[\mathrm{pairs}]",
    "mean number of pairs of parents that share q under the turn, to leading order",
    "derived",
    V * (V - 1) / 2
    * (4 * sp.pi * m ** (2 * (l - 1)) * sp.Abs(_v) * _c ** (l - 2) * V / (V - 1)) ** (-(s - 1) / 2),
)  # fmt: skip
"""v_C ≥ 0 wherever there is a grammar; |v_C| keeps the power real elsewhere, too."""

_r = (m - 1) / (m * V - 1)
_kept = GRAMMATICAL.expression * (1 - _r)

PAIR_CHANGED = Formula(
    r"\mathbb{P}[\mathrm{valid, label\ changes}]",
    "probability that another symbol in the parent's place changes the label",
    "derived",
    _kept ** (l - 1),
)

PAIR_SAME = Formula(
    r"\mathbb{P}[\mathrm{valid, label\ stays}]",
    "probability that another symbol in the parent's place leaves the label",
    "derived",
    GRAMMATICAL.expression * _r * (1 - _kept ** (l - 1)) / (1 - _kept),
)

PAIRS_PER_STRING = Formula(
    r"\mathbb{E}[\mathrm{pairs}]",
    "mean number of minimal edits of one level-l patch that change a string's label",
    "derived",
    m * (V - 1) * PAIR_CHANGED.expression,
)
