"""A chain of stages each of which predicts what the one below has learned, as it is: exact laws.

The target of stage l is z^(l)(ν), ν the first level-l token of the patch beside the parent's own
one (the signal `own-latent`). At the leaves z is one-hot. A stage learns the posterior mean
q^(l) = E[z^(l) | patch], which depends on the patch's parent alone and is the target of the stage
above: z^(l−1)(p) = q_p^(l). So q^(l) is a product of laws of own latents, A^(l) A^(l+1) … A^(L),
rows p, and needs no enumeration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, read_only
from layerproof.theory.signals import signal_named

OWN_LATENT = signal_named("own-latent")


@dataclass(frozen=True, eq=False)
class LatentStage:
    """The exact law of one stage of the chain.

    joint (|P_l|, V_l): P[first level-l patch = μ, the token beside = ν], patches sorted.
    target (V_l, d): z(ν), less its mean over ν; d is the number of leaf tokens.
    learned (V_(l-1), d): q by the patch's parent; nan for a parent that never comes first.

    Targets are centred, since deep ones differ by less than a double holds of their common part;
    variances, separations and the range do not depend on that.
    """

    level: int
    joint: Floats
    target: Floats
    learned: Floats

    @cached_property
    def probability(self) -> Floats:
        """P[first patch = μ], (|P_l|,)."""
        return read_only(self.joint.sum(axis=1))

    @cached_property
    def posterior(self) -> Floats:
        """q of every patch, (|P_l|, d); nan where it never comes first."""
        return read_only(_rows(self.joint) @ self.target)

    @cached_property
    def variances(self) -> Floats:
        """tr Cov(z | μ) of every patch, (|P_l|,)."""
        from scipy.spatial.distance import cdist  # here: predictions do without scipy

        squares = cdist(self.posterior, self.target, "sqeuclidean")
        return read_only((_rows(self.joint) * squares).sum(axis=1))

    @property
    def mean_variance(self) -> float:
        """The mean of tr Cov(z | μ) over patches that can come first."""
        return float(np.nanmean(self.variances))

    @cached_property
    def target_range(self) -> float:
        """D: the largest distance of two values that the target takes."""
        taken = (self.joint.sum(axis=0) > 0) & np.isfinite(self.target[:, 0])
        return float(_distances(self.target[taken]).max(initial=0.0))

    @property
    def mean_square_separation(self) -> float:
        """The mean of ‖q_p − q_p'‖² over pairs of parents that can come first; nan without any."""
        squares = _distances(self.learned[np.isfinite(self.learned[:, 0])]) ** 2
        return float(squares.mean()) if len(squares) else float("nan")

    @property
    def least_separation(self) -> float:
        """The least ‖q_p − q_p'‖ of two parents that can come first; inf without any."""
        return float(_distances(self.learned[np.isfinite(self.learned[:, 0])]).min(initial=np.inf))


def latent_chain(grammar: Grammar) -> tuple[LatentStage, ...]:
    """The stages of levels L, L − 1, … down to 2, the last that a token of the string teaches.

    Raises InputError for a grammar that `own-latent` teaches no level of.

    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform-first-token", vocabulary=8, rules=3, branching=2, levels=3, seed=1)
    >>> leaf, upper = latent_chain(grammar)
    >>> leaf.level, round(leaf.target_range**2, 12)
    (3, 2.0)
    >>> upper.mean_variance < leaf.mean_square_separation  # noise shrinks as separations do
    True
    """
    target = np.eye(grammar.vocabularies[-1])
    stages = []
    for level in reversed(OWN_LATENT.taught(grammar)):
        target = target - target[np.isfinite(target[:, 0])].mean(axis=0)
        law = OWN_LATENT.with_parent(grammar, level)
        # A token that is nobody's first has no embedding, and none is asked for where it is rare.
        learned = _rows(law) @ np.nan_to_num(target)
        joint = OWN_LATENT.joint(grammar, level)
        stages.append(LatentStage(level, read_only(joint), read_only(target), read_only(learned)))
        target = learned
    return tuple(stages)


def _rows(joint: Floats) -> Floats:
    """The conditional laws; nan in rows of probability 0."""
    total = joint.sum(axis=1, keepdims=True)
    found: Floats = np.divide(joint, total, out=np.full_like(joint, np.nan), where=total > 0)
    return found


def _distances(points: Floats) -> Floats:
    """The distances of all unordered pairs of rows."""
    from scipy.spatial.distance import pdist  # here: predictions do without scipy

    return np.asarray(pdist(points)) if len(points) > 1 else np.zeros(0)


def silent_from(stages: Sequence[LatentStage]) -> str:
    """Why the chain carries nothing further up: laws that are one within rounding, as at f = 1.

    Empty where every stage has values to tell apart, and learns some.
    """
    for stage in stages:
        if not stage.target_range > 0.0:
            return f"Level {stage.level}: the target has one value"
        apart = stage.mean_square_separation
        if not apart > (ALIKE * stage.target_range) ** 2:
            return f"Level {stage.level}: all patches that come first share one law of the target"
    return ""


ALIKE = 1e-12
"""Distances of laws that much below those of the target's values are rounding."""
