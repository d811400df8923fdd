"""The exact kernel in the span of a few rows, for stages whose rows are many and all different.

Tokens that a learner has embedded are vectors that scatter about one point a symbol, so nearly
every sample of an upper stage is a row of its own. The ridge problem is then solved among the
functions Σ_i c_i ψ_σ(x_i, x) of some rows x_i, the landmarks (Nyström's method, with all samples in
the fit). Landmarks are chosen one after another among evenly spaced rows, each where those before
it explain the kernel least. Time and memory are linear in the rows.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from layerproof.layerwise.devices import rows_per_chunk
from layerproof.layerwise.features import rbf_kernel
from layerproof.layerwise.network import KernelLayer
from layerproof.layerwise.rows import WeightedRows
from layerproof.layerwise.solvers import Fit, solve
from layerproof.theory.schedule import Stage

LANDMARKS = 256
"""As many landmarks as are taken at most, unless there are more patches than a quarter of it."""
PER_PATCH = 4
CANDIDATES = 4096
"""Rows among which landmarks are looked for."""
UNEXPLAINED = 1e-3
"""No landmark is added where all candidates' kernel is explained up to this part."""


def fit_landmarks(rows: WeightedRows, stage: Stage, most: int) -> tuple[KernelLayer, Fit]:
    """Train one layer on `rows`, with at most `most` landmarks as its anchors.

    The targets in `rows` may be any vectors whose coordinates sum to 1. `Fit.error` is the bound
    2τ/λ of :mod:`layerproof.layerwise.low_rank` on what was left out, τ the share of the kernel's
    trace outside the span: often no small number, for the span smooths as a wider ridge would.
    """
    anchors, root = _landmarks(rows.points, stage.bandwidth, most)
    gram = anchors.new_zeros(len(anchors), len(anchors))
    target = anchors.new_zeros(len(anchors), rows.shares.shape[1])
    size = rows_per_chunk(len(anchors), anchors)
    for index, shares in zip(rows.index.split(size), rows.shares.split(size), strict=True):
        kernel = rbf_kernel(rows.tokens[index].flatten(1), anchors, stage.bandwidth)
        features = torch.linalg.solve_triangular(root.mT, kernel, upper=True, left=False)
        gram.addmm_(features.mT, features * shares.sum(dim=1, keepdim=True))
        target.addmm_(features.mT, shares)
    primal = solve(gram, target, stage)
    coefficients = torch.linalg.solve_triangular(root.mT, primal, upper=True)
    loss = _loss(gram, target, primal, stage.ridge)
    lost = max(0.0, 1.0 - float(gram.trace()))
    layer = KernelLayer(anchors, coefficients, stage.bandwidth)
    return layer, Fit(loss, len(rows), "landmarks", 2 * lost / stage.ridge)


def _landmarks(points: Tensor, bandwidth: float, most: int) -> tuple[Tensor, Tensor]:
    """Landmarks (c, d) and the Cholesky root (c, c) of their kernel, by pivoting."""
    places = torch.linspace(0, len(points) - 1, min(CANDIDATES, len(points)), device=points.device)
    some = points[places.long()]
    left = torch.ones_like(some[:, 0])
    columns = some.new_zeros(len(some), min(most, len(some)))
    chosen: list[int] = []
    for rank in range(columns.shape[1]):
        pivot = int(left.argmax())
        value = float(left[pivot])
        if value < UNEXPLAINED:
            break
        column = rbf_kernel(some, some[pivot : pivot + 1], bandwidth)[:, 0]
        column = column - columns[:, :rank] @ columns[pivot, :rank]
        columns[:, rank] = column / math.sqrt(value)
        left = (left - columns[:, rank].square()).clamp_(min=0)
        left[pivot] = 0
        chosen.append(pivot)
    return some[chosen], columns[chosen, : len(chosen)].tril()


def _loss(gram: Tensor, target: Tensor, weight: Tensor, ridge: float) -> float:
    """½(1 − 2⟨W, Ê[e xᵀ]⟩ + tr(W G Wᵀ)) + (λ/2)‖W‖², up to the constant ½(1 − Ê‖e‖²)."""
    fit = 1 - 2 * float((weight * target).sum()) + float((weight * (gram @ weight)).sum())
    return (fit + ridge * float(weight.square().sum())) / 2
