"""How far a label posterior is from the uniform law, averaged over drawn grammars."""

from __future__ import annotations

from layerproof.theory.population import (
    PatchLaw,
    mean_square_norm,
)
from layerproof.verify.checks.derived.ensemble_means import InstanceMean


class MeanSquareNorm(InstanceMean):
    """Each draw's exact mean of ‖q‖², averaged over draws."""

    id = "mean-square-norm"
    statement = "derived.mean-square-norm"
    about_ensemble = True
    quantity = "E‖q_μ‖²"
    average = "norm"
    bounds = 0.0, 1.0  # ‖q‖² ≤ (Σ q)²

    def exact(self, law: PatchLaw) -> float:
        """The mean of ‖q‖² over patches."""
        return mean_square_norm(law)


CHECKS = (MeanSquareNorm(),)
