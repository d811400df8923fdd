"""Contrast by augmentation: a second view of the string that shares the patch's parent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.signals.base import Signal
from layerproof.theory.signals.crops import array_like, check_pairs_fit
from layerproof.theory.signals.label import LABEL

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble


@dataclass(frozen=True)
class Augmentation(Signal):
    """The patch T' of another view: the tokens of level l − 1 are kept, and rules drawn anew.

    P(T' | T) is that of the rules of the parent, 1/m on the synonyms of T where there are m, at
    every level and depth. Only augmentations that know the grammar give such views: it is the most
    that augmenting can teach. The graph of the pairs tells the classes sooner still
    (`derived.augmentation-graph`).
    """

    name = "augmentation"
    help = "the patch in a second view, drawn anew from the same parent"
    uniforms = 1

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
        """The number of the patch that the parent produces at its second try, (b,)."""
        parent, chosen = tree[level - 1][:, position], uniform[:, :1]
        ends, numbers = grammar.once(("views", level), lambda: _choices(grammar, level))
        choice = (chosen >= array_like(ends, chosen)[parent]).sum(1)
        return array_like(numbers, parent)[parent, choice]

    def with_parent(self, grammar: Grammar, level: int, position: int | None = 0) -> Floats:
        """P[parent of the patch = nu, second view = k], (V_(level-1), |P_l|)."""
        check_pairs_fit(grammar, level, self.name)
        parents = LABEL.with_parent(grammar, level, position).sum(1)
        return np.asarray(parents[:, None] * grammar.patches(level).law)

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """Those of the uniform-first-token ensemble, which are the same for every draw."""
        from layerproof.theory import predictions_crops as exact
        from layerproof.theory.ensembles import DEFAULT, Averages

        if ensemble.name != DEFAULT or not ensemble.is_uniform:
            return None
        sizes = {"V": ensemble.vocabulary, "m": ensemble.rules, "n": ensemble.top}

        def of_level(level: int) -> dict[str, float]:
            crossover = exact.VIEW_CROSSOVER_TOP if level == 1 else exact.VIEW_CROSSOVER
            return {
                "mean_square_separation": exact.VIEW_SEPARATION(**sizes),
                "mean_square_norm": exact.VIEW_NORM(**sizes),
                "crossover_samples": crossover(**sizes),
            }

        return Averages(of_level, "exact", ensemble.name, exact.VIEWS)


def _choices(grammar: Grammar, level: int) -> tuple[np.ndarray, np.ndarray]:
    """For each parent, the ends of all but its last patch's interval in [0, 1], and the patches.

    (V_(level-1), k − 1) and (V_(level-1), k) for at most k patches; ends that are not there are 2.
    """
    law = grammar.patches(level).law
    found = [np.flatnonzero(row) for row in law]
    most = max(map(len, found))
    ends, numbers = np.full((len(law), most - 1), 2.0), np.zeros((len(law), most), dtype=np.int64)
    for parent, patches in enumerate(found):
        ends[parent, : len(patches) - 1] = np.cumsum(law[parent, patches])[:-1]
        numbers[parent, : len(patches)] = patches
    return ends, numbers


SIGNALS = (Augmentation(),)
