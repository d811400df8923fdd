"""One layer trained by T steps of gradient descent at once, from kernel values and counts."""

from __future__ import annotations

import numpy as np

from layerproof.theory.grammar_checks import Floats


def trained_outputs(
    kernel: Floats, shares: Floats, ridge: float, step_size: float, steps: int
) -> Floats:
    """h (r, n) of every pre-feature after `steps` steps from W = 0; the cost does not depend on T.

    `kernel` (r, r) holds the inner products of the embeddings, `shares` (r, n) the part of the
    samples with that embedding and label. With a = Σ_k shares_k and S = diag(√a), descent acts on
    the dual (H + λ) Z = S⁻¹ shares, H = S K S, as Z_T = U diag((1 − (1 − η h)^T)/h) Uᵀ S⁻¹ shares
    where H + λ = U diag(h) Uᵀ; outputs are K S Z, and h = W x / ⟨1, W x⟩ divides by the row sums.
    """
    import torch

    K, y = torch.from_numpy(kernel), torch.from_numpy(shares)
    roots = y.sum(dim=1, keepdim=True).sqrt()
    values, basis = torch.linalg.eigh(roots * K * roots.mT)
    curvature = values.clamp_(min=0.0) + ridge
    gain = (1.0 - (1.0 - step_size * curvature) ** steps) / curvature
    seen = torch.where(roots > 0, y / roots.clamp(min=np.finfo(np.float64).tiny), 0.0)
    outputs = K @ (roots * (basis @ (gain[:, None] * (basis.mT @ seen))))
    h: Floats = (outputs / outputs.sum(dim=1, keepdim=True)).numpy()
    return h
