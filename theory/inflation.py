"""How much noisier a stage's estimates are because the tokens it sees are noisy themselves.

Derivation: :mod:`theory.statements.sensitivity_in_training`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import cdist

from theory.grammar import Grammar
from theory.grammar_checks import Floats
from theory.population import PatchLaw, patch_law
from theory.randomness import generator
from theory.schedule import Schedule, Stage

ENOUGH = 256
"""Patches over which I is averaged, at least. Those of one draw share the estimates of their
tokens, so that the mean scatters by 3 to 5 %."""
VARIANTS_AT_ONCE = 2**18
"""Patches are taken together up to this many variants."""


def noise_inflation(grammar: Grammar, schedule: Schedule, *, seed: int = 0) -> dict[int, float]:
    """I^(l): the noise of every stage relative to that with clean tokens, at least 1, by level.

    Of level l, the mean over patches that can come first of :func:`block_inflation`, each patch
    with estimates of its tokens' variants drawn from their law at the sample sizes of the schedule,
    as often as gives ENOUGH patches. 1 at the leaves.
    """
    found = {grammar.levels: 1.0}
    for level in range(grammar.levels - 1, schedule.stages[0].level - 1, -1):
        law, below = patch_law(grammar, level), patch_law(grammar, level + 1)
        samples = schedule.stage(level + 1).samples
        rng = generator(seed, "inflation", level + 1)
        draws = [
            _mean_inflation(
                law, _estimates(below, samples, found[level + 1], rng), schedule.stage(level)
            )
            for _ in range(math.ceil(ENOUGH / int(law.can_come_first.sum())))
        ]
        found[level] = float(np.mean(draws))
    return found


def block_inflation(
    modes: Sequence[tuple[Floats, Floats]], probability: Floats | float, ridge: float
) -> Floats:
    """I of g patches, (g,): each of probability p, (g,), with k variants of probability p/k.

    The kernel between a patch's variants is the Kronecker product of those between its s tokens'
    own, given by their `modes`: eigenvalues (g, k_i) and eigenvectors (g, k_i, k_i), k = k_1 ⋯ k_s.
    Its kernel ridge smooths the variants' empirical laws, each noisier than the patch's by a factor
    k, with B = K (K + λ k/p)^(−1): the noise that is left is k Σ_j B_ij²/(Σ_j B_ij)², averaged over
    i. It is 1 where all variants look alike and k where no two do. Costs k Σ_i k_i operations.
    """
    damping = _outer([np.maximum(values, 0.0) for values, _ in modes])
    axes = tuple(range(1, damping.ndim))
    k = math.prod(damping.shape[1:])
    own = ridge * k / np.broadcast_to(probability, len(damping))
    damping = damping / (damping + np.expand_dims(own, axes))
    squares = _along_axes([vectors**2 for _, vectors in modes], damping**2)
    ones = _outer([vectors.sum(axis=1) for _, vectors in modes])
    sums = _along_axes([vectors for _, vectors in modes], damping * ones)
    return np.asarray((k * squares / sums**2).mean(axis=axes))


def _outer(vectors: Sequence[Floats]) -> Floats:
    """(g, k_1), …, (g, k_s) to the products of their entries, (g, k_1, …, k_s)."""
    found = vectors[0]
    for vector in vectors[1:]:
        found = found[..., None] * np.expand_dims(vector, tuple(range(1, found.ndim)))
    return found


def _along_axes(matrices: Sequence[Floats], tensor: Floats) -> Floats:
    """The tensor (g, k_1, …, k_s), multiplied on axis i by the i-th matrix, (g, k_i, k_i)."""
    for axis, matrix in enumerate(matrices, start=1):
        last = np.moveaxis(tensor, axis, -1)
        flat = last.reshape(len(last), -1, last.shape[-1]) @ matrix.swapaxes(1, 2)
        tensor = np.moveaxis(flat.reshape(last.shape), -1, axis)
    return tensor


def _estimates(
    law: PatchLaw, samples: int, inflation: float, rng: np.random.Generator
) -> dict[int, Floats]:
    """Noisy q̂ of each variant of each level-(l−1) token, (variants, n), by token."""
    found: dict[int, Floats] = {}
    for token in np.unique(law.parent[law.can_come_first]):
        rows = np.flatnonzero((law.parent == token) & law.can_come_first)
        counts = np.maximum(1, rng.binomial(samples, law.probability[rows]))
        q = law.posterior[rows]
        drawn = rng.multinomial(counts, q) / counts[:, None]
        found[int(token)] = q + np.sqrt(inflation) * (drawn - q)
    return found


def _mean_inflation(law: PatchLaw, estimates: dict[int, Floats], stage: Stage) -> float:
    spread = 2 * stage.bandwidth**2
    modes = {
        token: np.linalg.eigh(np.exp(-cdist(x, x, "sqeuclidean") / spread))
        for token, x in estimates.items()
    }
    # A token that never comes first has one representation, that of what was never seen.
    alone = np.linalg.eigh(np.ones((1, 1)))
    alike: dict[tuple[int, ...], list[int]] = {}
    for index in np.flatnonzero(law.can_come_first).tolist():
        variants = tuple(len(modes.get(token, alone)[0]) for token in law.tokens(index))
        alike.setdefault(variants, []).append(index)
    total = 0.0
    for variants, patches in alike.items():
        size = max(1, VARIANTS_AT_ONCE // math.prod(variants))
        for start in range(0, len(patches), size):
            some = patches[start : start + size]
            tokens = zip(*(law.tokens(index) for index in some), strict=True)
            own = [[modes.get(token, alone) for token in at] for at in tokens]
            stacked = [(np.stack([v for v, _ in at]), np.stack([u for _, u in at])) for at in own]
            found = block_inflation(stacked, law.probability[some], stage.ridge)
            total += float(found.sum())
    return total / int(law.can_come_first.sum())
