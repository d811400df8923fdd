"""What theory predicts for signals whose value is a whole patch: contrast and augmentation.

A patch T' that is drawn of its parent p' by equally likely rules has P[T' | p'] = 1/m on the m
patches of p', and patches of two parents are never the same. So for any signal of which p' is the
token, squared lengths of the laws and of their differences are those of p' divided by m: given p',
the choice of T' is nothing but noise. The separation falls by m and the noise, 1 − ‖q‖², hardly
changes, so that **a tuple as the target costs m times what its parent would**. Averages are over
the uniform-first-token ensemble, with as many labels as symbols.
"""

from __future__ import annotations

from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CROSSOVER_GENERAL
from layerproof.theory.predictions_paths import PATH_NORM, PATH_SEPARATION
from layerproof.theory.symbols import V, down, m, n, patches, square_norm, square_separation, up

_BESIDE = {up: 0, down: 0}


def _crossover(count: object, norm: Formula, separation: Formula) -> Formula:
    found = {patches: count, square_norm: norm.expression, square_separation: separation.expression}
    expression = CROSSOVER_GENERAL.expression.xreplace(found)
    return Formula(CROSSOVER_GENERAL.name, CROSSOVER_GENERAL.title, "derived", expression)


CROP_SEPARATION = Formula(
    r"\mathbb{E}\|q_\mu - q_{\mu'}\|^2",
    "mean-square separation of non-synonyms by the patch beside",
    "derived",
    PATH_SEPARATION.expression.xreplace(_BESIDE) / m,
)
"""That of the sibling of the parent, 2 v_C, divided by m."""

CROP_NORM = Formula(
    r"\mathbb{E}\|q_\mu\|^2",
    "mean squared norm of the law of the patch beside",
    "derived",
    PATH_NORM.expression.xreplace(_BESIDE) / m,
)

CROP_CROSSOVER = _crossover(V * m, CROP_NORM, CROP_SEPARATION)
"""V m (m − E‖q‖²)/v_C of the sibling's q: V m³/(1 − f) up to 1/V and 1/m, as for an own latent."""

VIEW_SEPARATION = Formula(
    CROP_SEPARATION.name,
    "mean-square separation by a second view",
    "derived",
    2 / m,
)
"""Uniform laws on two disjoint sets of m patches."""

VIEW_NORM = Formula(CROP_NORM.name, "squared norm of the law of a second view", "derived", 1 / m)

VIEW_CROSSOVER = _crossover(V * m, VIEW_NORM, VIEW_SEPARATION)
"""V m (m − 1) at every level, whatever L: R = 0, and m times the coverage of the patches."""

VIEW_CROSSOVER_TOP = _crossover(n * m, VIEW_NORM, VIEW_SEPARATION)
"""At level 1, where the n labels are the parents."""

CROPS = (CROP_SEPARATION, CROP_NORM, CROP_CROSSOVER)
VIEWS = (VIEW_SEPARATION, VIEW_NORM, VIEW_CROSSOVER)
