"""What a stage makes of the latents that the stage below has learned, before it predicts them.

Latents are estimates of the laws q of the symbols below: vectors whose coordinates sum to 1. Their
distances shrink by the factor m² in mean square from stage to stage, unevenly over directions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from layerproof.theory.latent_schedule import TargetName

ROUNDS = 50
"""Steps of k-means at most."""


def raw(latents: Tensor, shares: Tensor) -> Tensor:
    """The latents as they were learned."""
    return latents


def whitened(latents: Tensor, shares: Tensor) -> Tensor:
    """1/d + Σ^(−1/2)(z − z̄)/√d: centred, all directions alike, coordinates summing to 1.

    Σ is the covariance over the samples; directions in which nothing varies stay out, as does
    (1, …, 1). The covariance becomes that of d equally likely one-hot vectors.

    >>> whitened(torch.tensor([[0.6, 0.4], [0.4, 0.6]]), torch.tensor([0.5, 0.5])).round(decimals=6)
    tensor([[1., 0.],
            [0., 1.]])
    """
    size = latents.shape[1]
    centred = latents - shares @ latents
    values, vectors = torch.linalg.eigh(centred.mT @ (centred * shares[:, None]))
    least = max(float(values.max()), 0.0) * size * math.sqrt(torch.finfo(latents.dtype).eps)
    varies = values > least
    scale = torch.where(varies, values, torch.ones_like(values)).rsqrt() * varies
    found: Tensor = centred @ ((vectors * scale) @ vectors.mT) / math.sqrt(size)
    return found - found.mean(dim=1, keepdim=True) + 1 / size


def clustered(latents: Tensor, shares: Tensor) -> Tensor:
    """One-hot numbers of d clusters of the whitened latents, as many as there are coordinates.

    k-means from centres that lie far apart, each the latent farthest from those before it. The same
    latents give the same clusters.
    """
    points = whitened(latents, shares)
    centres = _far_apart(points, shares)
    numbers = torch.cdist(points, centres).argmin(dim=1)
    for _ in range(ROUNDS):
        before = numbers
        weight = centres.new_zeros(len(centres)).index_add_(0, numbers, shares)
        total = torch.zeros_like(centres).index_add_(0, numbers, points * shares[:, None])
        seen = weight > 0
        centres[seen] = total[seen] / weight[seen, None]
        numbers = torch.cdist(points, centres).argmin(dim=1)
        if torch.equal(numbers, before):
            break
    return torch.nn.functional.one_hot(numbers, latents.shape[1]).to(latents.dtype)


def _far_apart(points: Tensor, shares: Tensor) -> Tensor:
    chosen = [int(shares.argmax())]
    distance = torch.full_like(shares, math.inf)
    while len(chosen) < min(points.shape[1], len(points)):
        distance = distance.minimum((points - points[chosen[-1]]).square().sum(dim=1))
        chosen.append(int(distance.argmax()))
    return points[chosen].clone()


TARGETS: Mapping[TargetName, Callable[[Tensor, Tensor], Tensor]] = {
    "whitened": whitened,
    "raw": raw,
    "clustered": clustered,
}
"""What may be made of latents (t, d), of which the samples have the `shares` (t,)."""
