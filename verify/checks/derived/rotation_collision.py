"""How many pairs of parents share q under the turn of a string, counted and averaged over draws."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.token_laws import token_law
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters
from layerproof.verify.checks.derived.signal_means import SignalMeans


class RotationCollision(SignalMeans):
    """Whole numbers c_1, …, c_s of every parent, and how many pairs have the same."""

    id = "rotation-collision"
    statement = "derived.rotation-collision"
    quantity = "pairs that share q"
    averages = ("pairs",)

    def numbers(self, grammar: Grammar, level: int) -> Mapping[str, float]:
        """The pairs of level-(l−1) symbols below every child of the label equally often."""
        rules = [sum(map(len, symbols)) for symbols in grammar.rules[: level - 1]]
        whole = float(
            np.prod([count / len(r) for count, r in zip(rules, grammar.rules, strict=False)])
        )
        width = grammar.branching ** (level - 2)
        shares = np.stack([
            grammar.label_prior @ token_law(grammar, level - 1, child * width)
            for child in range(grammar.branching)
        ])  # fmt: skip
        counts = np.rint(shares * whole * grammar.classes).astype(np.int64)
        pairs = combinations(counts.T.tolist(), 2)
        return {"pairs": float(sum(one == other for one, other in pairs))}

    def most(self, parameters: EnsembleParameters, average: str) -> float:
        """All pairs."""
        return parameters.V * (parameters.V - 1) / 2


CHECKS = (RotationCollision(),)
