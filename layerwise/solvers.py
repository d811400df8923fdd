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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import torch
from torch import Tensor

from layerproof.layerwise.devices import rows_per_chunk
from layerproof.layerwise.features import RandomFourierFeatures
from layerproof.layerwise.kernel_gram import Gram, dense_gram, kernel_gram
from layerproof.layerwise.low_rank import LowRankKernel, low_rank_kernel
from layerproof.layerwise.network import FeatureLayer, KernelLayer
from layerproof.layerwise.parts import WHOLE, Part
from layerproof.layerwise.rows import WeightedRows
from layerproof.theory.errors import InputError
from layerproof.theory.schedule import Stage

DENSE_ROWS = 4096
"""Up to this many distinct rows the exact kernel's Gram matrix is held."""
DIRECT_ROWS = 512
"""Up to this order a matrix is factorised at once; above, a few conjugate gradients are tried."""
FEW_STEPS = 32
"""As many conjugate gradients as take no longer than a Cholesky factorisation of such an order."""
ERROR = 1e-8
"""Without the matrix, conjugate gradients stop where the error that is left falls below this."""


@dataclass(frozen=True)
class Fit:
    """What a solver says about its solution.

    `loss` is the regularised training loss at W, `rows` the number of distinct rows, `method` one
    of "dual", "primal", "low-rank" and "iterative". `error` bounds the root-mean-square error of
    W x over the samples against the same solver without approximation; the first two make none.
    """

    loss: float
    rows: int
    method: str
    error: float = 0.0


def closed_form(gram: Tensor, target: Tensor, ridge: float) -> Tensor:
    """Solve (A + λ) Z = T by Cholesky: A (d, d), T (d, k)."""
    shifted = gram.clone()
    shifted.diagonal().add_(ridge)
    return torch.cholesky_solve(target, torch.linalg.cholesky(shifted))


def conjugate_gradients(
    gram: Gram, target: Tensor, ridge: float, *, error: float = ERROR, most: float = math.inf
) -> tuple[Tensor, bool]:
    """Solve (A + λ) Z = T by conjugate gradients from Z = 0, all columns side by side.

    It stops where ‖R‖_F falls below `error` or below rounding, R = T − (A + λ) Z. In the dual that
    bounds the root-mean-square error of W x over the samples, which is ‖A (A + λ)⁻¹ R‖_F ≤ ‖R‖_F.
    With Z comes whether it got there within `most` steps.
    """
    solution, residual = torch.zeros_like(target), target
    direction, square = target, _column_squares(target)
    rounding = 16 * torch.finfo(target.dtype).eps * float(square.sum().sqrt())
    enough, steps = max(error, rounding), 0
    while float(square.sum().sqrt()) > enough:
        if steps >= most:
            return solution, False
        steps += 1
        image = (gram @ direction).add_(direction, alpha=ridge)
        step = _ratio(square, (direction * image).sum(dim=0))
        solution, residual = solution + step * direction, residual - step * image
        previous, square = square, _column_squares(residual)
        direction = residual + _ratio(square, previous) * direction
    return solution, True


def gradient_descent(
    gram: Gram, target: Tensor, ridge: float, step_size: float, steps: int
) -> Tensor:
    """`steps` steps of gradient descent on the ridge problem from Z = 0: A (d, d), T (d, k).

    Z ← Z − η((A + λ) Z − T), the iteration of R26 Lemma 15. Raises InputError where it diverges.
    """
    solution = torch.zeros_like(target)
    for _ in range(steps):
        gradient = (gram @ solution).add_(solution, alpha=ridge).sub_(target)
        solution = solution.sub_(gradient, alpha=step_size)
    if not bool(solution.isfinite().all()):
        raise InputError("step_size", step_size, "below 2 over the largest eigenvalue plus ridge")
    return solution


def solve(gram: Gram, target: Tensor, stage: Stage) -> Tensor:
    """Z of (A + λ) Z = T by the solver that the stage asks for.

    The closed form is a Cholesky solve where A is at hand, conjugate gradients where it is not, and
    also where A is large and a few of them reach rounding: λ = 1/|P_l| (Lemma 14) is of the order
    of A's eigenvalues. Raises InputError for an unknown solver, or gradient descent without steps
    or a step size.
    """
    if stage.solver == "closed-form":
        return _closed_form(gram, target, stage.ridge)
    if stage.solver != "gradient-descent":
        raise InputError("solver", stage.solver, "closed-form or gradient-descent")
    if stage.step_size is None or stage.steps is None:
        found = f"step_size {stage.step_size}, steps {stage.steps}"
        raise InputError("gradient-descent", found, "a step_size and a number of steps")
    return gradient_descent(gram, target, stage.ridge, stage.step_size, stage.steps)


def _closed_form(gram: Gram, target: Tensor, ridge: float) -> Tensor:
    if not isinstance(gram, Tensor):
        return conjugate_gradients(gram, target, ridge)[0]
    if len(gram) > DIRECT_ROWS:
        found, enough = conjugate_gradients(gram, target, ridge, error=0.0, most=FEW_STEPS)
        if enough:
            return found
    return closed_form(gram, target, ridge)


def fit_kernel(rows: WeightedRows, stage: Stage) -> tuple[KernelLayer, Fit]:
    """Train one layer with the exact kernel; see :class:`Fit` for what comes with it.

    Up to DENSE_ROWS distinct rows in the dual; above, at low rank where the rows allow it, else
    iteratively. Raises InputError where there are too many rows for any of these.
    """
    if len(rows) <= DENSE_ROWS:
        return _fit_dual(rows, stage)
    factor = low_rank_kernel(rows.points, rows.roots, stage.bandwidth, stage.ridge)
    return _fit_iterative(rows, stage) if factor is None else _fit_low_rank(rows, factor, stage)


def _fit_dual(rows: WeightedRows, stage: Stage) -> tuple[KernelLayer, Fit]:
    gram = dense_gram(rows, stage.bandwidth)
    dual, loss, _ = _solve_dual(gram, rows.shares / rows.roots, stage)
    layer = KernelLayer(rows.points, rows.roots * dual, stage.bandwidth)
    return layer, Fit(loss, len(rows), "dual")


def _fit_iterative(rows: WeightedRows, stage: Stage) -> tuple[KernelLayer, Fit]:
    gram = kernel_gram(rows, stage.bandwidth)
    dual, loss, residual = _solve_dual(gram, rows.shares / rows.roots, stage)
    error = residual if stage.solver == "closed-form" else 0.0
    layer = KernelLayer(rows.points, rows.roots * dual, stage.bandwidth)
    return layer, Fit(loss, len(rows), "iterative", error)


def _fit_low_rank(
    rows: WeightedRows, factor: LowRankKernel, stage: Stage
) -> tuple[KernelLayer, Fit]:
    target = factor.features.mT @ (rows.shares / rows.roots)
    primal, loss = _solve_primal(factor.features.mT @ factor.features, target, stage)
    anchors = rows.points[factor.pivots]
    layer = KernelLayer(anchors, factor.coefficients(primal), stage.bandwidth)
    return layer, Fit(loss, len(rows), "low-rank", factor.error(stage.ridge))


def fit_features(
    features: RandomFourierFeatures,
    batches: Iterable[WeightedRows],
    stage: Stage,
    part: Part = WHOLE,
) -> tuple[FeatureLayer, Fit]:
    """Train one layer with random features, from the distinct rows or from batches of them.

    One batch with fewer rows than features is solved in the dual; else the Gram matrix is summed
    over the batches, in double precision, with feature matrices no larger than the stated
    workspace. The batches are those of one `part`; the matrix is summed over all parts.
    """
    stream = iter(batches)
    held = list(islice(stream, 2))
    if part.count == 1 and len(held) == 1 and len(held[0]) <= 2 * len(features.omega):
        return _fit_features_dual(features, held[0], stage)
    gram, target, rows = _streamed_gram(features, chain(held, stream), part)
    primal, loss = _solve_primal(gram, target, stage)
    return FeatureLayer(features, primal.mT.to(features.omega.dtype)), Fit(loss, rows, "primal")


def _fit_features_dual(
    features: RandomFourierFeatures, rows: WeightedRows, stage: Stage
) -> tuple[FeatureLayer, Fit]:
    rooted = rows.roots * features(rows.points)
    dual, loss, _ = _solve_dual(rooted @ rooted.mT, rows.shares / rows.roots, stage)
    return FeatureLayer(features, dual.mT @ rooted), Fit(loss, len(rows), "dual")


def _streamed_gram(
    features: RandomFourierFeatures, batches: Iterable[WeightedRows], part: Part
) -> tuple[Tensor, Tensor, int]:
    """Ê[x xᵀ] (2M, 2M) and Ê[x e_ζᵀ] (2M, k) in double precision, and the number of rows seen."""
    omega, width = features.omega, 2 * len(features.omega)
    gram = torch.zeros(width, width, dtype=torch.float64, device=omega.device)
    target: Tensor | None = None
    rows = torch.zeros(1, dtype=torch.int64, device=omega.device)
    for batch in batches:
        if target is None:
            target = gram.new_zeros(width, batch.shares.shape[1])
        rows += len(batch)
        for points, shares in _chunks(batch, rows_per_chunk(width, omega)):
            x = features(points)
            _add_product(gram, x * shares.sum(dim=1, keepdim=True), x)
            _add_product(target, x, shares)
    assert target is not None, "a stage has at least one batch"
    return part.total(gram), part.total(target), int(part.total(rows))


def _chunks(batch: WeightedRows, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    return zip(batch.points.split(size), batch.shares.split(size), strict=True)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += leftᵀ right; the product in the precision of its factors, the sum in the total's."""
    if total.dtype == left.dtype:
        total.addmm_(left.mT, right)
    else:
        total.add_(left.mT @ right)


def _solve_primal(gram: Tensor, target: Tensor, stage: Stage) -> tuple[Tensor, float]:
    """Wᵀ (d, k) and the loss there: ½(1 − 2⟨W, Ê[e xᵀ]⟩ + tr(W G Wᵀ)) + (λ/2)‖W‖²."""
    weight = solve(gram, target, stage)
    fit = 1 - 2 * _inner(weight, target) + _inner(weight, gram @ weight)
    return weight, (fit + stage.ridge * _inner(weight, weight)) / 2


def _solve_dual(gram: Gram, target: Tensor, stage: Stage) -> tuple[Tensor, float, float]:
    """Z (r, k) with W = Zᵀ S X, the loss at W, and the residual ‖T − (H + λ) Z‖_F.

    The loss is that of the primal, in terms of H and Z.
    """
    dual = solve(gram, target, stage)
    image = gram @ dual
    fit = 1 - 2 * _inner(image, target) + _inner(image, image)
    loss = (fit + stage.ridge * _inner(dual, image)) / 2
    return dual, loss, float((target - image).sub_(dual, alpha=stage.ridge).norm())


def _inner(a: Tensor, b: Tensor) -> float:
    return float((a * b).sum())


def _column_squares(matrix: Tensor) -> Tensor:
    return matrix.square().sum(dim=0)


def _ratio(numerator: Tensor, denominator: Tensor) -> Tensor:
    """The quotient, 0 where nothing is left to divide."""
    safe = torch.where(denominator > 0, denominator, torch.ones_like(denominator))
    return torch.where(denominator > 0, numerator / safe, torch.zeros_like(safe))
