"""One layer's ridge problem on weighted distinct rows.

A stage minimises ½ Ê‖e_ζ − W x‖² + (λ/2)‖W‖² (R26 eq. 3). It sees its samples only through the
distinct pre-features x_i and the shares y_ik of samples with pre-feature x_i and signal value k.
With a_i = Σ_k y_ik and S = diag(√a), two forms of one problem:

* primal: (G + λ) Wᵀ = Xᵀ y with G = Xᵀ S² X, in the number of features;
* dual: (H + λ) Z = S⁻¹ y with H = S X Xᵀ S and W = Zᵀ S X, in the number of distinct rows.

Both read (A + λ) Z = T with A positive semidefinite and trace A = 1, so that the condition number
is at most 1 + 1/λ. Gradient descent on W from 0 is the same iteration in either form, because
every iterate lies in the row space of S X.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice

import torch
from torch import Tensor

from layerwise.devices import require_memory, rows_per_chunk
from layerwise.features import RandomFourierFeatures, rbf_kernel
from layerwise.low_rank import low_rank_kernel
from layerwise.network import FeatureLayer, KernelLayer
from theory.errors import InputError
from theory.schedule import Stage

DENSE_ROWS = 4096
"""More distinct rows than this, and the exact kernel is factorised at low rank."""


@dataclass(frozen=True)
class Fit:
    """What a solver says about its solution.

    `loss` is the regularised training loss at W, `rows` the number of distinct rows, `method` one
    of "dual", "primal" and "low-rank", `error` a bound on ‖W − W_exact‖_F (0 but for "low-rank").
    """

    loss: float
    rows: int
    method: str
    error: float = 0.0


@dataclass(frozen=True)
class WeightedRows:
    """Distinct pre-features `points` (r, s d) and the `shares` (r, k) y_ik of all samples.

    A share is a fraction of all samples of the stage, so those of all rows sum to one.
    """

    points: Tensor
    shares: Tensor

    @property
    def weights(self) -> Tensor:
        """a_i, the fraction of samples in each row: (r, 1)."""
        return self.shares.sum(dim=1, keepdim=True)


def closed_form(gram: Tensor, target: Tensor, ridge: float) -> Tensor:
    """Solve (A + λ) Z = T by Cholesky: A (d, d) symmetric, T (d, k). `gram` is overwritten."""
    gram.diagonal().add_(ridge)
    factor = torch.linalg.cholesky(gram)
    gram.diagonal().sub_(ridge)
    return torch.cholesky_solve(target, factor)


def gradient_descent(
    gram: Tensor, target: Tensor, ridge: float, step_size: float, steps: int
) -> Tensor:
    """`steps` steps of gradient descent on the ridge problem from Z = 0: A (d, d), T (d, k).

    Z ← Z − η((A + λ) Z − T), the iteration of R26 Lemma 15. Raises InputError where it diverges.
    """
    solution = torch.zeros_like(target)
    for _ in range(steps):
        solution = torch.addmm(
            solution * (1 - step_size * ridge) + step_size * target, gram, solution,
            alpha=-step_size,
        )  # fmt: skip
    if not bool(solution.isfinite().all()):
        largest = 2 / (ridge + float(torch.linalg.matrix_norm(gram, 2)))
        raise InputError("step_size", step_size, f"below {largest:.6g}, where descent converges")
    return solution


def solve(gram: Tensor, target: Tensor, stage: Stage) -> Tensor:
    """Z of (A + λ) Z = T by the solver that the stage asks for.

    Raises InputError for an unknown solver, or gradient descent without steps or a step size.
    """
    if stage.solver == "closed-form":
        return closed_form(gram, target, stage.ridge)
    if stage.solver != "gradient-descent":
        raise InputError("solver", stage.solver, "closed-form or gradient-descent")
    if stage.step_size is None or stage.steps is None:
        found = f"step_size {stage.step_size}, steps {stage.steps}"
        raise InputError("gradient-descent", found, "a step_size and a number of steps")
    return gradient_descent(gram, target, stage.ridge, stage.step_size, stage.steps)


def fit_kernel(rows: WeightedRows, stage: Stage) -> tuple[KernelLayer, Fit]:
    """Train one layer with the exact kernel; see :class:`Fit` for what comes with it.

    Up to DENSE_ROWS distinct rows by the dual, above by a low-rank factor with its error bounded.
    Raises InputError where neither fits into memory.
    """
    if len(rows.points) > DENSE_ROWS:
        return _fit_low_rank(rows, stage)
    roots = rows.weights.sqrt()
    gram = rbf_kernel(rows.points, rows.points, stage.bandwidth).mul_(roots).mul_(roots.mT)
    dual, loss = _solve_dual(gram, rows.shares / roots, stage)
    layer = KernelLayer(rows.points, roots * dual, stage.bandwidth)
    return layer, Fit(loss, len(rows.points), "dual")


def _fit_low_rank(rows: WeightedRows, stage: Stage) -> tuple[KernelLayer, Fit]:
    roots = rows.weights.sqrt()
    factor = low_rank_kernel(rows.points, roots, stage.bandwidth, stage.ridge)
    target = factor.features.mT @ (rows.shares / roots)
    primal, loss = _solve_primal(factor.features.mT @ factor.features, target, stage)
    layer = KernelLayer(
        rows.points[factor.pivots], factor.coefficients(primal), stage.bandwidth
    )
    error = math.sqrt(factor.residual) / stage.ridge + factor.residual / stage.ridge**2
    return layer, Fit(loss, len(rows.points), "low-rank", error)


def fit_features(
    features: RandomFourierFeatures, batches: Iterable[WeightedRows], stage: Stage
) -> tuple[FeatureLayer, Fit]:
    """Train one layer with random features, from the distinct rows or from batches of them.

    One batch with fewer rows than features is solved in the dual; else the Gram matrix is summed
    over the batches, with feature matrices no larger than the stated workspace.
    Raises InputError where the Gram matrix does not fit into memory.
    """
    stream = iter(batches)
    held = list(islice(stream, 2))
    if len(held) == 1 and len(held[0].points) <= 2 * len(features.omega):
        return _fit_features_dual(features, held[0], stage)
    gram, target, rows = _streamed_gram(features, chain(held, stream))
    primal, loss = _solve_primal(gram, target, stage)
    return FeatureLayer(features, primal.mT.contiguous()), Fit(loss, rows, "primal")


def _fit_features_dual(
    features: RandomFourierFeatures, rows: WeightedRows, stage: Stage
) -> tuple[FeatureLayer, Fit]:
    roots = rows.weights.sqrt()
    rooted = roots * features(rows.points)
    dual, loss = _solve_dual(rooted @ rooted.mT, rows.shares / roots, stage)
    return FeatureLayer(features, dual.mT @ rooted), Fit(loss, len(rows.points), "dual")


def _streamed_gram(
    features: RandomFourierFeatures, batches: Iterable[WeightedRows]
) -> tuple[Tensor, Tensor, int]:
    """Ê[x xᵀ] (2M, 2M), Ê[x e_ζᵀ] (2M, k) and the number of rows seen."""
    omega, width = features.omega, 2 * len(features.omega)
    needed = 3 * width**2 * omega.itemsize
    require_memory(needed, omega.device, "features", len(omega), "fewer random features")
    gram = torch.zeros(width, width, dtype=omega.dtype, device=omega.device)
    target: Tensor | None = None
    rows = 0
    for batch in batches:
        if target is None:
            target = gram.new_zeros(width, batch.shares.shape[1])
        rows += len(batch.points)
        size = rows_per_chunk(width, omega.dtype)
        for points, shares in zip(batch.points.split(size), batch.shares.split(size), strict=True):
            x = features(points)
            gram.addmm_((x * shares.sum(dim=1, keepdim=True)).mT, x)
            target.addmm_(x.mT, shares)
    assert target is not None, "a stage has at least one sample"
    return gram, target, rows


def _solve_primal(gram: Tensor, target: Tensor, stage: Stage) -> tuple[Tensor, float]:
    """Wᵀ (d, k) and the loss there: ½(1 − 2⟨W, Ê[e xᵀ]⟩ + tr(W G Wᵀ)) + (λ/2)‖W‖²."""
    weight = solve(gram, target, stage)
    fit = 1 - 2 * _inner(weight, target) + _inner(weight, gram @ weight)
    return weight, (fit + stage.ridge * _inner(weight, weight)) / 2


def _solve_dual(gram: Tensor, target: Tensor, stage: Stage) -> tuple[Tensor, float]:
    """Z (r, k) with W = Zᵀ S X, and the loss at W; the same expression in terms of H and Z."""
    dual = solve(gram, target, stage)
    image = gram @ dual
    fit = 1 - 2 * _inner(image, target) + _inner(image, image)
    return dual, (fit + stage.ridge * _inner(dual, image)) / 2


def _inner(a: Tensor, b: Tensor) -> float:
    return float((a * b).sum())
