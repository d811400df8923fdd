"""The invariance matrix of networks that are known exactly, from the laws of the grammar's tokens.

Given the level-(l-1) tokens, a string x and P_l x are independent and alike. So the mean squared
distance of f(x) and f(P_l x) is twice the mean variance of f given those tokens, and that of two
independent strings twice its variance. Where f has one part for every position of a level, the
variances add up over positions, and each follows from products of transition matrices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.inverse_moments import binomial
from layerproof.theory.population import patch_law
from layerproof.theory.signals import LABEL, Signal
from layerproof.theory.statements.derived.sensitivity_matrix import NOISE
from layerproof.theory.token_laws import transition

Floats = NDArray[np.float64]
_NO_NOISE = np.zeros(1)


def token_sensitivity(grammar: Grammar, level: int) -> Floats:
    """S[l], l = 1, …, L, of a layer that gives every level-`level` token a vector of its own, (L,).

    Vectors of equal length, each orthogonal to the others, at every position; nan where the tokens
    cannot differ. It is 0 for l > `level`. Level 0 is the label, level L the one-hot input.
    """
    return _ratios(mean_squares(grammar, level, np.eye(grammar.vocabularies[level])))


def stage_sensitivity(
    grammar: Grammar, level: int, samples: int, noise: Formula = NOISE, signal: Signal = LABEL
) -> Floats:
    """S[l], l = 1, …, L, expected of the layer of `level` trained on `samples` samples, (L,).

    Its output for a patch that was seen k times is the empirical law of the signal of these k, with
    variance (1 - ‖q_μ‖²)/k about q_μ; for one that was not, the uniform law. The layers below tell
    all patches apart, and add nothing.
    """
    law = patch_law(grammar, level, signal=signal)
    first, p = law.can_come_first, law.probability
    uniform = np.full(law.joint.shape[1], 1.0 / law.joint.shape[1])
    q = np.where(first[:, None], law.posterior, uniform)
    seen = -np.expm1(samples * np.log1p(-np.minimum(p, 1.0 - 1e-16)))
    inverse = [binomial(samples, min(1.0, share)).first for share in p[first].tolist()]
    variance = np.zeros(len(p))
    variance[first] = on_arrays(
        noise,
        square_norm=(q[first] ** 2).sum(axis=1),
        count_correction=samples * p[first] * np.array(inverse),
        N=samples,
        probability=p[first],
    )
    between = seen * (1.0 - seen) * ((q - uniform) ** 2).sum(axis=1)
    embedding = seen[:, None] * q + (1.0 - seen)[:, None] * uniform
    emission = grammar.patches(level).law
    total = seen * variance + between
    return _ratios(mean_squares(grammar, level - 1, embedding, total, emission))


def mean_squares(
    grammar: Grammar,
    level: int,
    embedding: Floats,
    variance: Floats = _NO_NOISE,
    emission: Floats | None = None,
) -> Floats:
    """Mean squared distances (L + 1,): of independent strings, then after exchanges at 1, …, L.

    At each of its s^level positions the layer gives `embedding` (c, d) of a cell that the
    level-`level` token there emits, with probabilities `emission` (V_level, c); without it, of the
    token itself. `variance` (c,) is that of an embedding's noise, one for each cell wherever it
    stands. 0 for exchanges below the cells.
    """
    emitted = np.eye(grammar.vocabularies[level]) if emission is None else emission
    noise = np.broadcast_to(variance, emitted.shape[1:])

    def spread(cells: Floats) -> Floats:
        centre = cells @ embedding
        mean = cells @ (embedding**2).sum(axis=1) - (centre**2).sum(axis=1)
        # Two draws of one cell share its noise.
        return np.asarray(2.0 * (mean + cells @ noise - cells**2 @ noise))

    found = np.zeros(grammar.levels + 1)
    prior = np.asarray(grammar.label_prior, dtype=np.float64)[None]
    found[0] = sum(float(spread(prior @ path @ emitted)[0]) for path in _paths(grammar, 0, level))
    count = prior
    for above in range(min(level + 1, grammar.levels)):
        below = [spread(path @ emitted) for path in _paths(grammar, above, level)]
        found[above + 1] = (count @ np.sum(below, axis=0))[0]
        count = count @ np.sum(_transitions(grammar, above), axis=0)
    return found


def _ratios(squares: Floats) -> Floats:
    if squares[0] <= 0.0:
        return np.full(len(squares) - 1, np.nan)
    # The variances of a constant cancel up to rounding.
    return np.asarray(np.maximum(squares[1:] / squares[0], 0.0))


def _paths(grammar: Grammar, above: int, below: int) -> list[Floats]:
    """For each level-`below` token below a level-`above` one, its law given that, (V, V')."""
    paths = [np.eye(grammar.vocabularies[above])]
    for level in range(above, below):
        steps = _transitions(grammar, level)
        paths = [path @ step for path in paths for step in steps]
    return paths


def _transitions(grammar: Grammar, level: int) -> Sequence[Floats]:
    """For each child's position, its law given its parent, (V_level, V_(level+1))."""
    return [transition(grammar, level, [child]) for child in range(grammar.branching)]
