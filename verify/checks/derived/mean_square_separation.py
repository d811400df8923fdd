"""How far the label posteriors of non-synonyms lie apart, averaged over drawn grammars."""

from __future__ import annotations

from collections.abc import Sequence

from layerproof.theory.population import (
    PatchLaw,
    mean_square_separation,
)
from layerproof.verify.checks.derived.ensemble_means import InstanceMean
from layerproof.verify.checks.edges import non_synonyms


class MeanSquareSeparation(InstanceMean):
    """Each draw's exact mean-square separation, averaged over draws."""

    id = "mean-square-separation"
    statement = "derived.mean-square-separation"
    may_be_turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents", "uncorrelated-rules")
    about_ensemble = True
    quantity = "E‖q_μ − q_μ'‖²"
    average = "separation"
    bounds = 0.0, 2.0  # ‖q − q'‖² ≤ ‖q‖² + ‖q'‖², as no entry is negative

    def exact(self, law: PatchLaw) -> float:
        """The mean of ‖q − q'‖² over non-synonyms."""
        return mean_square_separation(law)

    def exists(self, laws: Sequence[PatchLaw]) -> dict[str, str]:
        """That there are two."""
        return non_synonyms(laws)


CHECKS = (MeanSquareSeparation(),)
