"""How much noisier a stage's estimates are because the tokens it sees are noisy themselves.

Derivation: :mod:`theory.statements.sensitivity_in_training`.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from theory.grammar import Grammar
from theory.grammar_checks import Floats
from theory.population import PatchLaw, patch_law
from theory.randomness import generator
from theory.schedule import Schedule, Stage


def noise_inflation(grammar: Grammar, schedule: Schedule, level: int, *, seed: int = 0) -> float:
    """I^(l): the noise of the stage of `level` relative to that with clean tokens, at least 1.

    The mean over patches that can come first of :func:`block_inflation`, each patch with estimates
    of its tokens' variants drawn from their law at the sample sizes of the schedule (one draw,
    named by `seed`). 1 at the leaves.
    """
    inflation = 1.0
    for lower in range(grammar.levels - 1, level - 1, -1):
        below = patch_law(grammar, lower + 1)
        estimates = _estimates(below, schedule.stage(lower + 1).samples, inflation, seed)
        inflation = _mean_inflation(patch_law(grammar, lower), estimates, schedule.stage(lower))
    return inflation


def block_inflation(kernel: Floats, probability: float, ridge: float) -> float:
    """I of one patch: `kernel` (k, k) between its k variants, all of probability p/k.

    Its kernel ridge smooths the variants' empirical laws, each noisier than the patch's by a factor
    k, with B = K (K + λ k/p)^(−1): the noise that is left is k Σ_j B_ij²/(Σ_j B_ij)², averaged over
    i. It is 1 where all variants look alike and k where no two do.
    """
    k = len(kernel)
    smooth = np.linalg.solve(kernel + ridge * k / probability * np.eye(k), kernel).T
    return float((k * (smooth**2).sum(axis=1) / smooth.sum(axis=1) ** 2).mean())


def _estimates(law: PatchLaw, samples: int, inflation: float, seed: int) -> dict[int, Floats]:
    """Noisy q̂ of each variant of each level-(l−1) token, (variants, n), by token."""
    rng = generator(seed, "inflation", law.level)
    found: dict[int, Floats] = {}
    for token in np.unique(law.parent[law.can_come_first]):
        rows = np.flatnonzero((law.parent == token) & law.can_come_first)
        counts = np.maximum(1, rng.binomial(samples, law.probability[rows]))
        q = law.posterior[rows]
        drawn = rng.multinomial(counts, q) / counts[:, None]
        found[int(token)] = q + np.sqrt(inflation) * (drawn - q)
    return found


def _mean_inflation(law: PatchLaw, estimates: dict[int, Floats], stage: Stage) -> float:
    found = []
    for index in np.flatnonzero(law.can_come_first):
        tokens = [estimates.get(token) for token in law.tokens(int(index))]
        known = [points for points in tokens if points is not None]
        # A token that never comes first has one representation, that of what was never seen.
        kernels = [np.exp(-cdist(x, x, "sqeuclidean") / (2 * stage.bandwidth**2)) for x in known]
        kernel = np.ones((1, 1))
        for factor in kernels:
            kernel = np.kron(kernel, factor)
        found.append(block_inflation(kernel, float(law.probability[index]), stage.ridge))
    return float(np.mean(found))
