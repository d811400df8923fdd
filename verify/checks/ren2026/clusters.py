"""Patch embeddings that meet Assumption 13 at equality, and samples of them at the extremes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from layerproof.theory.grammar_checks import Floats
from layerproof.theory.statements.ren2026.assumption_13 import STATEMENT as ASSUMPTION_13

ROUNDING = 1e-9
"""Constructed norms, distances and inner products are exact up to this: distances inside a cluster
come from differences of unit vectors, and square roots of rounded eigenvalues lose half the digits
where the Gram matrix is singular."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """`vectors` (P, k, D): k embeddings of each of P patches, built for `overlap` and `spread`."""

    vectors: Floats
    overlap: float
    spread: float

    def measured(self) -> tuple[float, float, float]:
        """(largest | ‖x‖ − 1 |, largest |⟨x_μ, x_μ'⟩|, largest distance inside a patch)."""
        patches, copies, _ = self.vectors.shape
        flat = self.vectors.reshape(patches * copies, -1)
        gram = np.abs(flat @ flat.T)
        owner = np.repeat(np.arange(patches), copies)
        other = owner[:, None] != owner[None, :]
        inside = max(
            (float(scipy.spatial.distance.pdist(x).max(initial=0.0)) for x in self.vectors),
            default=0.0,
        )
        norms = np.abs(np.linalg.norm(flat, axis=1) - 1.0)
        return float(norms.max()), float(gram.max(where=other, initial=0.0)), inside

    def premises(self) -> dict[str, str]:
        """Assumption 13 with this overlap and spread: why it fails, empty where it holds."""
        norm, overlap, spread = self.measured()
        why = [f"norms are off by {norm:.3g}"] if norm > ROUNDING else []
        if overlap > self.overlap + ROUNDING:
            why.append(f"an inner product is {overlap:.3g}, allowed {self.overlap:.3g}")
        if spread > self.spread + ROUNDING:
            why.append(f"a patch spreads over {spread:.3g}, allowed {self.spread:.3g}")
        return {ASSUMPTION_13.id: "; ".join(why)}

    def merged(self) -> Clusters:
        """The embeddings of patch 1 become those of patch 0."""
        vectors = self.vectors.copy()
        vectors[1:2] = vectors[:1]
        return Clusters(vectors, self.overlap, self.spread)


def clusters(signs: Floats, overlap: float, spread: float, copies: int) -> Clusters | None:
    """Embeddings with ⟨x_μ, x_μ'⟩ = `overlap` · signs[μ, μ'] and all inner distances `spread`.

    None where no vectors have these inner products. One copy has no spread.
    """
    patches = len(signs)
    squared = spread**2 * (copies - 1) / (2 * copies)
    gram = np.eye(patches) + overlap / (1 - squared) * (signs - np.diag(np.diag(signs)))
    values, basis = np.linalg.eigh(gram)
    if values.min() < -1e-12:
        return None
    centres = (basis * np.sqrt(np.maximum(values, 0.0))) @ basis.T
    vectors = np.zeros((patches, copies, patches * (1 + copies)))
    vectors[:, :, :patches] = np.sqrt(1 - squared) * centres[:, None]
    if copies > 1:
        corner = np.eye(copies) - 1.0 / copies
        corner *= np.sqrt(squared) / np.linalg.norm(corner[0])
        for patch in range(patches):
            start = patches + patch * copies
            vectors[patch, :, start : start + copies] = corner
    return Clusters(vectors, overlap, spread)


def _hub(patches: int, rng: np.random.Generator) -> Floats:
    signs = -np.ones((patches, patches))
    signs[0] = signs[:, 0] = 1.0
    return signs


def _random(patches: int, rng: np.random.Generator) -> Floats:
    upper = np.triu(rng.choice([-1.0, 1.0], (patches, patches)), 1)
    return np.asarray(upper + upper.T)


SIGNS: Mapping[str, Callable[[int, np.random.Generator], Floats]] = {
    "plus": lambda patches, rng: np.ones((patches, patches)),
    "minus": lambda patches, rng: -np.ones((patches, patches)),
    "hub": _hub,
    "random": _random,
}
"""Signs of the inner products. "hub": + with patch 0, − among all others."""

_RARE = 1e-9


def _uniform(patches: int, rng: np.random.Generator) -> Floats:
    return np.full(patches, 1.0 / patches)


def _one(patches: int, rng: np.random.Generator) -> Floats:
    return np.asarray(np.eye(patches)[0])


def _rare(patches: int, rng: np.random.Generator) -> Floats:
    shares = np.r_[_RARE, np.ones(patches - 1)]
    return np.asarray(shares / shares.sum())


def _dominant(patches: int, rng: np.random.Generator) -> Floats:
    shares = np.r_[np.full(patches - 1, _RARE), 1.0]
    return np.asarray(shares / shares.sum())


def _dirichlet(patches: int, rng: np.random.Generator) -> Floats:
    return np.asarray(rng.dirichlet(np.full(patches, rng.choice([0.1, 1.0, 10.0]))))


SHARES: Mapping[str, Callable[[int, np.random.Generator], Floats]] = {
    "uniform": _uniform,
    "one": _one,
    "rare": _rare,
    "dominant": _dominant,
    "random": _dirichlet,
}
"""p̂. "one": every sample shows patch 0; "rare": it shows next to none; "dominant": one other."""

COPIES: Mapping[str, Callable[[int, np.random.Generator], Floats]] = {
    "balanced": lambda copies, rng: np.full(copies, 1.0 / copies),
    "first": lambda copies, rng: np.eye(copies)[0],
    "random": lambda copies, rng: np.asarray(rng.dirichlet(np.ones(copies))),
}
"""How often each embedding of a patch is seen, given the patch. "first": one of them only."""


def cells(
    shares: Floats, copies: Floats, labels: str, samples: int, rng: np.random.Generator
) -> Floats:
    """Joint frequencies (P, k, n) of patch, embedding and label, with sum 1.

    "one label": all samples have label 0; "independent": random laws q̂_μ, the same for every
    embedding of a patch; "copied": the label says which embedding it is; "sampled": counts of
    `samples` independent samples, label and embedding independent given the patch.
    """
    patches, k = len(shares), len(copies)
    joint = shares[:, None, None] * copies[None, :, None]
    if labels == "one label":
        return np.asarray(joint * np.array([1.0, 0.0]))
    if labels == "copied":
        return np.asarray(joint * np.eye(max(k, 2))[:k])
    laws = rng.dirichlet(np.ones(2), size=patches)
    joint = joint * laws[:, None, :]
    if labels == "independent":
        return np.asarray(joint)
    counts = rng.multinomial(samples, joint.ravel() / joint.sum())
    return counts.reshape(joint.shape) / samples


def constructions(
    patches: Sequence[int],
    overlaps: Sequence[float],
    copies: int,
    rng: np.random.Generator,
    merge: bool = False,
) -> Iterator[tuple[dict[str, object], Clusters]]:
    """Every size, sign pattern and overlap (in units of 1/P) that exists, spread 1/(4P)."""
    for size in patches:
        for name, signs in SIGNS.items():
            pattern = signs(size, rng)
            for factor in overlaps:
                built = clusters(pattern, factor / size, 1 / (4 * size), copies)
                if built is not None:
                    found = built.merged() if merge else built
                    yield {"patches": size, "signs": name, "overlap": factor / size}, found
