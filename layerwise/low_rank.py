"""The exact kernel at low rank, where its Gram matrix would outgrow the machine.

A partial Cholesky factorisation with pivoting chooses rows, the pivots P, and keeps the kernel's
part in their span: H = S K S ≈ F Fᵀ with F = S K_{·P} R⁻ᵀ and K_PP = R Rᵀ. In the features
φ(x) = R⁻¹ ψ(P, x) the ridge problem is primal with as many unknowns as pivots, and its solution is
a kernel expansion on the pivots alone.

The trace τ of H − Ĥ, Ĥ = F Fᵀ, bounds what was lost. On the samples, W x is S⁻¹ H (H + λ)⁻¹ T, with
T = S⁻¹ y and ‖T‖_F ≤ 1, so the root-mean-square error of W x over the samples is at most

    ‖H (H + λ)⁻¹ − Ĥ (Ĥ + λ)⁻¹‖ = λ ‖(Ĥ + λ)⁻¹ (H − Ĥ) (H + λ)⁻¹‖ ≤ τ/λ.

After any number of steps of gradient descent from W = 0 with a step size of at most 2/(1 + 2λ) it
is at most 2τ/λ: (H + λ)⁻¹ becomes the polynomial (1 − Bᵗ)(H + λ)⁻¹ in B = 1 − η(H + λ), of norm at
most 1 − ηλ; the polynomial moves by at most τ/λ² with H, and Bᵗ itself by at most τ/λ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from layerproof.layerwise.devices import require_memory
from layerproof.layerwise.features import rbf_kernel

PIVOTS_AT_ONCE = 64
ERROR = 1e-5
"""The factorisation stops where its error falls below this."""
ROUNDING = 64
"""… or where the trace that is left, in units of the dtype's rounding, is that of the whole, 1."""
MAX_PIVOTS = 1024
"""The largest rank tried."""
HOPELESS_PIVOTS, HOPEFUL = 256, 0.01
"""Where so many pivots leave more of the trace than this, MAX_PIVOTS will not be enough."""


@dataclass(frozen=True)
class LowRankKernel:
    """F (r, c) with H ≈ F Fᵀ, the `pivots` (c,), their `root` R (c, c), and the trace left out."""

    features: Tensor
    pivots: Tensor
    root: Tensor
    residual: float

    def error(self, ridge: float) -> float:
        """The larger bound above, 2τ/λ, on the root-mean-square error of W x over the samples."""
        return 2 * self.residual / ridge

    def coefficients(self, primal: Tensor) -> Tensor:
        """Kernel coefficients on the pivots of the function with weights `primal` (c, k)."""
        solved: Tensor = torch.linalg.solve_triangular(self.root.mT, primal, upper=True)
        return solved


def low_rank_kernel(
    points: Tensor, roots: Tensor, bandwidth: float, ridge: float
) -> LowRankKernel | None:
    """Factorise S K S for points (r, d) and roots √a (r, 1) of weights that sum to one.

    Pivots are added by what each leaves unexplained, the largest first, until the bound above
    falls below ERROR; None where MAX_PIVOTS of them are not enough. Raises InputError where F does
    not fit into memory.
    """
    enough = max(ridge * ERROR / 2, ROUNDING * torch.finfo(points.dtype).eps)
    left = roots.square().flatten()
    columns = points.new_zeros(len(points), 0)
    pivots = torch.zeros(0, dtype=torch.int64, device=points.device)
    while float(left.sum()) > enough:
        most = MAX_PIVOTS if float(left.sum()) < HOPEFUL else min(MAX_PIVOTS, HOPELESS_PIVOTS)
        if len(pivots) >= most:
            return None
        _check_fits(columns)
        candidates = left.topk(min(PIVOTS_AT_ONCE, most - len(pivots), len(left))).indices
        chosen = _next_pivots(points, roots, bandwidth, columns, candidates)
        new = _new_columns(points, roots, bandwidth, columns, chosen)
        columns, pivots = torch.cat((columns, new), dim=1), torch.cat((pivots, chosen))
        left = (left - new.square().sum(dim=1)).clamp_(min=0)
        left[chosen] = 0
    root = (columns[pivots] / roots[pivots]).tril()
    return LowRankKernel(columns, pivots, root, float(left.sum()))


def _next_pivots(
    points: Tensor, roots: Tensor, bandwidth: float, columns: Tensor, rows: Tensor
) -> Tensor:
    """Rows to add next: of the candidates `rows`, as many as do not explain one another."""
    gram = rbf_kernel(points[rows], points[rows], bandwidth).mul_(roots[rows]).mul_(roots[rows].mT)
    return rows[_greedy_pivots(gram.sub_(columns[rows] @ columns[rows].mT))]


def _greedy_pivots(gram: Tensor) -> Tensor:
    """Pivots of a small Gram matrix (c, c), in order, until less than a quarter of the largest."""
    device, gram = gram.device, gram.cpu()  # one small step after another
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
    return torch.tensor(chosen, device=device)


def _new_columns(
    points: Tensor, roots: Tensor, bandwidth: float, columns: Tensor, chosen: Tensor
) -> Tensor:
    """Columns of F for the chosen rows: what H has there beyond F Fᵀ, made orthonormal in H."""
    block = rbf_kernel(points, points[chosen], bandwidth).mul_(roots).mul_(roots[chosen].mT)
    block.addmm_(columns, columns[chosen].mT, alpha=-1)
    factor = torch.linalg.cholesky(block[chosen])
    new: Tensor = torch.linalg.solve_triangular(factor.mT, block, upper=True, left=False)
    new[chosen] = factor
    return new


def _check_fits(columns: Tensor) -> None:
    rows, width = columns.shape
    needed = 3 * rows * (width + PIVOTS_AT_ONCE) * columns.itemsize
    fits = "fewer samples, or random features (--features M)"
    require_memory(needed, columns.device, "distinct rows of the exact kernel", rows, fits)
