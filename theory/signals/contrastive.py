"""Contrast of two crops: the patch beside this one, as a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.signals.base import Signal, TreeShape
from layerproof.theory.signals.crops import check_pairs_fit, patch_number
from layerproof.theory.signals.path import beside
from layerproof.theory.signals.sibling import Sibling
from layerproof.theory.token_laws import pair_law

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble

_SIBLING = Sibling()


@dataclass(frozen=True)
class Contrastive(Signal):
    """The other crop's patch T', below the neighbour of the parent of T; its values are P_l.

    Least squares on one-hot T' has the solution P(T' | T), as the spectral contrastive loss has
    P(T, T')/(P(T) P(T')) (HaoChen et al. 2021): both see T through the posterior of T' alone.
    InfoNCE has its logarithm (van den Oord et al. 2018), which is −∞ on pairs that never occur:
    :mod:`layerproof.theory.contrast`. Given its parent, T' is noise: it costs m times what the
    sibling would, V m^3/(1 − f) at every level (:mod:`layerproof.theory.predictions_crops`).
    """

    name = "contrastive"
    help = "the patch beside this one, as a whole: the other crop of contrastive learning"

    def size(self, grammar: Grammar, level: int) -> int:
        """The number of patches |P_l|."""
        return len(grammar.patches(level).patch)

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """The number of the other patch in the grammar's list, (b,)."""
        start = beside(grammar, position) * grammar.branching
        return patch_number(grammar, level, tree[level][:, start : start + grammar.branching])

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        """P[parent of the patch = nu, other patch = k], (V_(level-1), |P_l|)."""
        check_pairs_fit(grammar, level, self.name)
        both = _SIBLING.place(grammar, level, position)
        parents = pair_law(grammar, (level - 1, position), both)
        return np.asarray(parents @ grammar.patches(level).law)

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """The exact ones of the uniform-first-token ensemble, where the sibling has them."""
        from layerproof.theory import predictions_crops as exact
        from layerproof.theory.ensembles import Averages

        beside_parent = _SIBLING.averages(ensemble)
        if beside_parent is None:
            return None
        sizes = {key: value for key, value in ensemble.by_key().items() if key in "Vms"}

        def of_level(level: int) -> dict[str, float]:
            separation = exact.CROP_SEPARATION(**sizes)
            return {
                "mean_square_separation": separation,
                "mean_square_norm": exact.CROP_NORM(**sizes),
                "crossover_samples": exact.CROP_CROSSOVER(**sizes) if separation else math.inf,
            }

        return Averages(of_level, "exact", ensemble.name, exact.CROPS)

    def unreachable(self, grammar: TreeShape, level: int) -> str:
        """Where there is no patch beside."""
        return _SIBLING.unreachable(grammar, level)

    def roundings(self, grammar: Grammar, level: int) -> int:
        """Those of the sibling, and of the sum over its symbols."""
        return super().roundings(grammar, level) + grammar.vocabularies[level - 1] + 3


SIGNALS = (Contrastive(),)
