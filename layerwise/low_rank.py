"""The exact kernel at low rank, where its Gram matrix would outgrow the machine.

A partial Cholesky factorisation with pivoting chooses rows, the pivots P, and keeps the kernel's
part in their span: H = S K S ≈ F Fᵀ with F = S K_{·P} R⁻ᵀ and K_PP = R Rᵀ. In the features
φ(x) = R⁻¹ ψ(P, x) the ridge problem is primal with as many unknowns as pivots, and its solution is
a kernel expansion on the pivots alone.

The trace τ of H − F Fᵀ bounds what was lost. X̂ being X projected on the pivots' span, ‖S X − S X̂‖_F² = τ.
With g(H) = (H + λ)⁻¹, and ‖S⁻¹y‖_F ≤ 1,

    ‖W − Ŵ‖_F ≤ ‖g(H)‖ ‖S X − S X̂‖_F + ‖g(H) − g(F Fᵀ)‖ ‖S X̂‖ ≤ √τ/λ + τ/λ².

The same holds for gradient descent from W = 0 with a step size of at most 2/(1 + 2λ), whose filter
g is a polynomial with the same two bounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from layerwise.devices import require_memory
from layerwise.features import rbf_kernel

PIVOTS_AT_ONCE = 64
ERROR = 1e-5
"""The factorisation stops where its bound on ‖W − W_exact‖_F falls below this."""
ROUNDING = 64
"""… or where the trace that is left, in units of the dtype's rounding, is that of the whole, 1."""
MAX_PIVOTS = 8192
"""The largest rank tried; the error that is left there is reported."""


@dataclass(frozen=True)
class LowRankKernel:
    """F (r, c) with H ≈ F Fᵀ, the `pivots` (c,), their `root` R (c, c), and the trace left out."""

    features: Tensor
    pivots: Tensor
    root: Tensor
    residual: float

    def coefficients(self, primal: Tensor) -> Tensor:
        """Kernel coefficients on the pivots of the function with weights `primal` (c, k)."""
        return torch.linalg.solve_triangular(self.root.mT, primal, upper=True)


def low_rank_kernel(points: Tensor, roots: Tensor, bandwidth: float, ridge: float) -> LowRankKernel:
    """Factorise S K S for points (r, d) and roots √a (r, 1) of weights that sum to one.

    Pivots are added by what each leaves unexplained, the largest first, until the bound above
    falls below ERROR or there are MAX_PIVOTS of them. Raises InputError where F does not fit into
    memory.
    """
    enough = max((ridge * ERROR) ** 2, ROUNDING * torch.finfo(points.dtype).eps)
    left = roots.square().flatten()
    columns = points.new_zeros(len(points), 0)
    pivots = torch.zeros(0, dtype=torch.int64, device=points.device)
    while float(left.sum()) > enough and len(pivots) < MAX_PIVOTS:
        _check_fits(columns)
        chosen = _next_pivots(points, roots, bandwidth, columns, left)
        new = _new_columns(points, roots, bandwidth, columns, chosen)
        columns, pivots = torch.cat((columns, new), dim=1), torch.cat((pivots, chosen))
        left = (left - new.square().sum(dim=1)).clamp_(min=0)
        left[chosen] = 0
    root = (columns[pivots] / roots[pivots]).tril()
    return LowRankKernel(columns, pivots, root, float(left.sum()))


def _next_pivots(
    points: Tensor, roots: Tensor, bandwidth: float, columns: Tensor, left: Tensor
) -> Tensor:
    """Rows to add next: of those with most left, as many as do not explain one another."""
    rows = left.topk(min(PIVOTS_AT_ONCE, len(left))).indices
    gram = rbf_kernel(points[rows], points[rows], bandwidth).mul_(roots[rows]).mul_(roots[rows].mT)
    return rows[_greedy_pivots(gram.sub_(columns[rows] @ columns[rows].mT))]


def _greedy_pivots(gram: Tensor) -> Tensor:
    """Pivots of a small Gram matrix (c, c), in order, until less than a quarter of the largest."""
    largest = float(gram.diagonal().max())
    chosen: list[int] = []
    while len(chosen) < len(gram):
        pivot = int(gram.diagonal().argmax())
        value = float(gram[pivot, pivot])
        if chosen and value < largest / 4:
            break
        chosen.append(pivot)
        column = gram[:, pivot] / math.sqrt(value)
        gram = gram - torch.outer(column, column)
        gram[pivot, pivot] = 0
    return torch.tensor(chosen, device=gram.device)


def _new_columns(
    points: Tensor, roots: Tensor, bandwidth: float, columns: Tensor, chosen: Tensor
) -> Tensor:
    """Columns of F for the chosen rows: what H has there beyond F Fᵀ, made orthonormal in H."""
    block = rbf_kernel(points, points[chosen], bandwidth).mul_(roots).mul_(roots[chosen].mT)
    block.addmm_(columns, columns[chosen].mT, alpha=-1)
    factor = torch.linalg.cholesky(block[chosen])
    new = torch.linalg.solve_triangular(factor.mT, block, upper=True, left=False)
    new[chosen] = factor
    return new


def _check_fits(columns: Tensor) -> None:
    rows, width = columns.shape
    needed = 3 * rows * (width + PIVOTS_AT_ONCE) * columns.itemsize
    fits = "fewer samples, or random features (--features M)"
    require_memory(needed, columns.device, "distinct rows of the exact kernel", rows, fits)
