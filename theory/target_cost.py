"""What a learner's own latents cost as targets, where the stage below has plenty of samples.

Stage l predicts what stage l + 1 has learned of the first token of the patch beside. With plenty of
samples below, that is one vector z_ν a symbol ν: the one-hot leaf for stage L, and from there on
what a treatment makes of the law learned one stage below. The crossover follows from two moments of
z given a patch. Derivation: :mod:`layerproof.theory.statements.derived.target_cost`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.latent_schedule import TargetName, check_own_latents
from layerproof.theory.population import PatchLaw, crossover_samples, patch_law
from layerproof.theory.signals import signal_named
from layerproof.theory.weight_sharing import SharedMoments, separation_of


class TargetCost(NamedTuple):
    """Of one level: N_× with the target, N_× with the ideal latent, and the mean-square separation.

    Both infinite where nothing is separated; `cost` is their ratio, 1 for clusters.
    """

    level: int
    crossover: float
    ideal: float
    square_separation: float

    @property
    def cost(self) -> float:
        """How many times the strings the target takes; nan where neither crosses."""
        return self.crossover / self.ideal if self.ideal < np.inf else float("nan")


def target_costs(grammar: Grammar, target: TargetName) -> list[TargetCost]:
    """What the target costs at the levels 2 to L of one grammar, with plenty of samples below.

    Raises InputError where a learner has no own latents to learn.
    """
    check_own_latents(grammar)
    return list(_from_the_leaves(grammar, target))[::-1]


def _from_the_leaves(grammar: Grammar, target: TargetName) -> Iterator[TargetCost]:
    signal, vectors = signal_named("own-latent"), np.eye(grammar.vocabularies[-1])
    for level in range(grammar.levels, 1, -1):
        law = patch_law(grammar, level, signal=signal)
        moments = target_moments(law, vectors)
        ideal = crossover_samples(law)
        yield TargetCost(level, moments.crossover, ideal, moments.square_separation)
        if level > 2:
            vectors = _learned(law, vectors, target)


def target_moments(law: PatchLaw, vectors: Floats) -> SharedMoments:
    """Noise and separation of a stage whose target is vectors[k], (size, d), for a signal k.

    The coordinates of every vector sum to 1.
    """
    seen = law.can_come_first
    q, p = law.posterior[seen], law.probability[seen]
    noise = q @ (vectors**2).sum(axis=1) - ((q @ vectors) ** 2).sum(axis=1)
    spread = float((np.maximum(noise, 0.0) / p).mean())
    return SharedMoments(spread, separation_of(replace(law, joint=law.joint @ vectors)))


def _learned(law: PatchLaw, vectors: Floats, target: TargetName) -> Floats:
    """What is made of the embeddings of the symbols above, as the targets of the next stage."""
    symbols = law.parent_mask.shape[1]
    if target == "clustered":
        return np.eye(symbols)
    embedded = law.joint @ vectors
    share = law.parent_mask / law.parent_mask.sum(axis=1, keepdims=True)
    mass = share.T @ law.probability
    found = np.full((symbols, vectors.shape[1]), 1 / vectors.shape[1])
    found[mass > 0] = (share.T @ embedded)[mass > 0] / mass[mass > 0, None]
    if target == "raw":
        return found
    above = patch_law(law.grammar, law.level - 1, signal=law.signal)
    return _whitened(found, above.joint.sum(axis=0))


def _whitened(points: Floats, shares: Floats) -> Floats:
    """1/d + Σ^(−1/2)(z − z̄)/√d, as :func:`layerproof.layerwise.targets.whitened` has it."""
    size = points.shape[1]
    centred = points - shares @ points
    values, vectors = np.linalg.eigh(centred.T @ (centred * shares[:, None]))
    varies = values > max(values.max(), 0.0) * size * np.sqrt(np.finfo(float).eps)
    scale = np.where(varies, 1 / np.sqrt(np.where(varies, values, 1.0)), 0.0)
    found = centred @ ((vectors * scale) @ vectors.T) / np.sqrt(size)
    return np.asarray(found - found.mean(axis=1, keepdims=True) + 1 / size)
