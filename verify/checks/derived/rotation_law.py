"""Separation by the turn of a string, averaged over draws."""

from __future__ import annotations

from collections.abc import Mapping

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import mean_square_norm, mean_square_separation, patch_law
from layerproof.theory.signals.rotation import Rotation
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.derived.signal_means import SignalMeans


class RotationLaw(SignalMeans):
    """The signal rotation: exact separations and norms of each draw."""

    id = "rotation-law"
    statement = "derived.rotation-law"
    quantity = "E‖q_μ − q_μ'‖², E‖q_μ‖²"
    averages = ("separation", "norm")

    def numbers(self, grammar: Grammar, level: int) -> Mapping[str, float]:
        """Both, of one level."""
        law = patch_law(grammar, level, signal=Rotation())
        return {"separation": mean_square_separation(law), "norm": mean_square_norm(law)}

    def most(self, parameters: EnsembleParameters, average: str) -> float:
        """Of laws."""
        return 2.0


CHECKS = (RotationLaw(),)
