"""A stage that learns from all patches of a string, not from the first: exact noise and gain.

A convolution shares the weights of a level over its s^(l−1) patches. Its estimate of q_μ is then
the share of each label among all patches μ of all strings. Derivation:
:mod:`layerproof.theory.statements.derived.weight_sharing`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.population import PatchLaw, mean_noise, mean_square_separation, patch_law
from layerproof.theory.signals import LABEL, Signal


class SharedMoments(NamedTuple):
    """Of one grammar and level, with weights shared over all patches.

    `spread`: N times the mean-square error of an estimate of q̄_μ from N strings, averaged over
    patches; `square_separation`: mean ‖q̄_μ − q̄_μ'‖² over non-synonyms.
    """

    spread: float
    square_separation: float

    @property
    def crossover(self) -> float:
        """N_×: the number of strings at which noise between synonyms equals the separation."""
        if self.square_separation == 0.0:
            return math.inf
        return 2.0 * self.spread / self.square_separation


def patch_counts(grammar: Grammar, level: int, top: int = 0) -> tuple[Floats, Floats]:
    """E[k_μ | label] and E[k_μ² | label], (n, |P_l|) each: k_μ level-l patches of a string are μ.

    From the patches up: given a rule, what stands below its children is independent. With another
    `top`, up to l − 1, k_μ counts patches below one level-`top` symbol, which is given.
    """
    first = grammar.patches(level).law
    second = first
    for above in reversed(range(top, level - 1)):
        rules = grammar.level_rules(above)
        children = first[rules.patch]
        total = children.sum(axis=1)
        square = second[rules.patch].sum(axis=1) + total**2 - (children**2).sum(axis=1)
        shape = (grammar.vocabularies[above], first.shape[1])
        first, second = np.zeros(shape), np.zeros(shape)
        np.add.at(first, rules.parent, rules.probability[:, None] * total)
        np.add.at(second, rules.parent, rules.probability[:, None] * square)
    return first, second


def shared_moments(grammar: Grammar, level: int) -> SharedMoments:
    """Noise and signal of a stage that learns from all patches of its level.

    The noise is that of a ratio of means to leading order in 1/N, exact otherwise: equal patches of
    one string share its label.
    """
    law = patch_law(grammar, level, None)
    _, second = patch_counts(grammar, level)
    seen = law.can_come_first
    mean = grammar.branching ** (level - 1) * law.probability[seen]
    q = law.posterior[seen]
    # ‖e_y − q̄‖² for every label y
    off = 1.0 - 2.0 * q + (q**2).sum(axis=1)[:, None]
    noise = ((grammar.label_prior[:, None] * second)[:, seen].T * off).sum(axis=1) / mean**2
    return SharedMoments(float(noise.mean()), separation_of(law))


def first_moments(grammar: Grammar, level: int, signal: Signal = LABEL) -> SharedMoments:
    """The same of a stage that learns from first patches alone, of any signal."""
    law = patch_law(grammar, level, signal=signal)
    return SharedMoments(mean_noise(law), separation_of(law))


def separation_of(law: PatchLaw) -> float:
    """Mean ‖q_μ − q_μ'‖² over non-synonyms; 0 where it is zero within rounding."""
    square = mean_square_separation(law)
    return square if square > law.rounding**2 else 0.0
