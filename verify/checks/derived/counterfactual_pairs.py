"""How often another symbol in the parent's place changes the label, averaged over draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.signals.counterfactual import edits
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.derived.signal_means import SignalMeans


class CounterfactualPairs(SignalMeans):
    """Exact shares of each draw, over all strings and all symbols in the parent's place."""

    id = "counterfactual-pairs"
    statement = "derived.counterfactual-pairs"
    quantity = "share of edits"
    averages = ("changed", "same")

    def numbers(self, grammar: Grammar, level: int) -> Mapping[str, float]:
        """The shares whose label changes, and stays."""
        found, size = edits(grammar, level), grammar.vocabularies[level - 1]
        other = ~np.eye(size, dtype=np.bool_)
        changed, same = (float(table[other].sum()) / (size - 1) for table in found[:2])
        return {"changed": changed, "same": same}

    def most(self, parameters: EnsembleParameters, average: str) -> float:
        """They are shares."""
        return 1.0


CHECKS = (CounterfactualPairs(),)
