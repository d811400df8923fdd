"""How much noisier a stage's estimates are because the tokens it sees are noisy themselves.

Derivation: :mod:`layerproof.theory.statements.derived.sensitivity_in_training`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

from layerproof.theory.costs import Extent, check_variants
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.population import PatchLaw, patch_law
from layerproof.theory.randomness import generator
from layerproof.theory.schedule import Schedule, Stage
from layerproof.theory.signals import LABEL, Signal

ENOUGH = 256
"""Patches over which I is averaged, at least. Those of one draw share the estimates of their
tokens, so that the mean scatters by 3 to 5 %."""
MOST = 512
"""Of more patches than these so many are chosen at random: the scatter comes from the tokens."""
VARIANTS_AT_ONCE = 2**18
"""Patches are taken together up to this many variants."""
MANY_VARIANTS = 2**10
"""From here on short axes of a patch's variants are joined: passes over memory are what costs."""
MOST_AXES = 12
"""More axes are joined too; an array has 64 at most."""
LONGEST_JOINED = 32
"""Axes are joined up to this length."""
LARGEST_COUNT = 2**62
"""Larger numbers of samples are no 64-bit integers, and their counts are given by their limits."""


def noise_inflation(
    grammar: Grammar, schedule: Schedule, *, signal: Signal = LABEL, seed: int
) -> dict[int, float]:
    """I^(l): the noise of every stage relative to that with clean tokens, at least 1, by level.

    Of level l, the mean over patches that can come first of :func:`block_inflation`, each patch
    with estimates of its tokens' variants drawn from their law at the sample sizes of the schedule,
    as often as gives ENOUGH patches. 1 at the leaves. What it costs stands in
    :mod:`layerproof.theory.costs`; raises InputError where a patch has too many variants for that.
    """
    check_variants(Extent.of(grammar))
    found = {grammar.levels: 1.0}
    below = patch_law(grammar, grammar.levels, signal=signal)
    for level in range(grammar.levels - 1, schedule.stages[0].level - 1, -1):
        law = patch_law(grammar, level, signal=signal)
        samples = schedule.stage(level + 1).samples
        found[level] = level_inflation(
            law, schedule.stage(level), below, samples, found[level + 1], seed=seed
        )
        below = law
    return found


def level_inflation(
    law: PatchLaw, stage: Stage, below: PatchLaw, samples: int, inflation: float, *, seed: int
) -> float:
    """I of a stage, given the law of its patches and of those `below`, whose stage has `samples`
    samples and the noise `inflation`.
    """
    rng = generator(seed, "inflation", below.level)
    rows = np.flatnonzero(law.can_come_first)
    times = math.ceil(ENOUGH / len(rows))
    draws = [_estimates(below, samples, inflation, rng) for _ in range(times)]
    if len(rows) > MOST:
        rows = np.sort(rng.choice(rows, MOST, replace=False))
    return _mean_inflation(law, rows, draws, stage)


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
    modes = _joined(modes)
    damping = _outer([np.maximum(values, 0.0) for values, _ in modes])
    axes = tuple(range(1, damping.ndim))
    k = math.prod(damping.shape[1:])
    own = ridge * k / np.broadcast_to(probability, len(damping))
    damping = damping / (damping + np.expand_dims(own, axes))
    squares = _along_axes([vectors**2 for _, vectors in modes], damping**2)
    ones = _outer([vectors.sum(axis=1) for _, vectors in modes])
    sums = _along_axes([vectors for _, vectors in modes], damping * ones)
    return np.asarray((k * squares / sums**2).mean(axis=axes))


def _joined(modes: Sequence[tuple[Floats, Floats]]) -> list[tuple[Floats, Floats]]:
    """The same product with fewer axes, where the variants are many."""
    found = list(modes[:1])
    variants = math.prod(values.shape[1] for values, _ in modes)
    many = variants > MANY_VARIANTS or len(modes) > MOST_AXES
    for values, vectors in modes[1:]:
        last, own = found[-1]
        if not many or last.shape[1] * values.shape[1] > LONGEST_JOINED:
            found.append((values, vectors))
            continue
        size = (len(values), last.shape[1] * values.shape[1])
        # Clipped first: the product of two negative roundings is no eigenvalue.
        product = np.maximum(last, 0.0)[:, :, None] * np.maximum(values, 0.0)[:, None, :]
        kron = own[:, :, None, :, None] * vectors[:, None, :, None, :]
        found[-1] = (product.reshape(size), kron.reshape(*size, size[1]))
    return found


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
        q = law.posterior[rows]
        drawn = _empirical(q, law.probability[rows], samples, rng)
        found[int(token)] = q + np.sqrt(inflation) * (drawn - q)
    return found


def _empirical(q: Floats, probability: Floats, samples: int, rng: np.random.Generator) -> Floats:
    """Empirical laws of patches that `samples` samples show, one at least; (variants, n)."""
    if samples <= LARGEST_COUNT:
        counts = np.maximum(1, rng.binomial(samples, probability))
        return np.asarray(rng.multinomial(counts, q) / counts[:, None])
    # Counts of rare patches are Poisson up to p < 2^-9, those of others have no scatter to speak
    # of; and an empirical law of many samples is Gaussian.
    mean = float(samples) * probability
    few = mean < 2.0**53
    counts = np.maximum(1.0, np.where(few, rng.poisson(np.where(few, mean, 1.0)), mean))
    whole = np.where(few, counts, 1.0).astype(np.int64)
    drawn = rng.multinomial(whole, q) / whole[:, None]
    root = np.sqrt(q)
    normal = rng.standard_normal(q.shape)
    noise = root * (normal - root * (root * normal).sum(axis=1, keepdims=True))
    return np.asarray(np.where(few[:, None], drawn, q + noise / np.sqrt(counts)[:, None]))


class _Modes(NamedTuple):
    """The kernels between each token's own variants, after every draw of their estimates.

    variants (V_l,): how many a token has. place (draws, V_l): where the token stands in `values`,
    (t, k), and `vectors`, (t, k, k), of all tokens with k variants.
    """

    variants: Integers
    place: Integers
    values: dict[int, Floats]
    vectors: dict[int, Floats]


def _token_modes(
    tokens: Integers, vocabulary: int, draws: Sequence[dict[int, Floats]], bandwidth: float
) -> _Modes:
    # A token that never comes first has one representation, that of what was never seen.
    variants = np.ones(vocabulary, dtype=np.int64)
    place = np.zeros((len(draws), vocabulary), dtype=np.int64)
    kernels: dict[int, list[Floats]] = {1: [np.ones((1, 1))]}
    for draw, estimates in enumerate(draws):
        for token in tokens.tolist():
            if token not in estimates:
                continue
            x = estimates[token]
            variants[token] = len(x)
            alike = kernels.setdefault(len(x), [])
            place[draw, token] = len(alike)
            alike.append(
                np.exp(-scipy.spatial.distance.cdist(x, x, "sqeuclidean") / (2 * bandwidth**2))
            )
    found = {size: np.linalg.eigh(np.stack(alike)) for size, alike in kernels.items()}
    values = {size: np.asarray(modes.eigenvalues) for size, modes in found.items()}
    vectors = {size: np.asarray(modes.eigenvectors) for size, modes in found.items()}
    return _Modes(variants, place, values, vectors)


def _mean_inflation(
    law: PatchLaw, rows: Integers, draws: Sequence[dict[int, Floats]], stage: Stage
) -> float:
    """The mean of I over the patches `rows`, each with the estimates of every draw."""
    patch = law.patch[rows]
    vocabulary = law.grammar.vocabularies[law.level]
    modes = _token_modes(np.unique(patch), vocabulary, draws, stage.bandwidth)
    kinds, kind = np.unique(modes.variants[patch], axis=0, return_inverse=True)
    total = 0.0
    for number, variants in enumerate(kinds.tolist()):
        alike = np.flatnonzero(kind.reshape(-1) == number)
        place = modes.place[:, patch[alike]].reshape(-1, len(variants))
        probability = np.tile(law.probability[rows[alike]], len(draws))
        step = max(1, VARIANTS_AT_ONCE // math.prod(variants))
        for start in range(0, len(place), step):
            part = slice(start, start + step)
            stacked = [
                (modes.values[k][place[part, child]], modes.vectors[k][place[part, child]])
                for child, k in enumerate(variants)
            ]
            total += float(block_inflation(stacked, probability[part], stage.ridge).sum())
    return total / (len(rows) * len(draws))
