"""A token of the patch itself: the counter-example, since it tells synonyms apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.signals.base import Signal
from layerproof.theory.signals.label import LABEL


@dataclass(frozen=True)
class SamePatch(Signal):
    """The last token of the patch: not synonym-blind, so a stage does not merge synonyms."""

    name = "same-patch"
    help = "the last token of the patch itself: it tells synonyms apart"

    def size(self, grammar: Grammar, level: int) -> int:
        """The number of symbols at the patch's level."""
        return grammar.vocabularies[level]

    def joint(self, grammar: Grammar, level: int, position: int | None = 0) -> Floats:
        """P[patch = mu, last token of mu = k], (|P_l|, V_level): known from the patch."""
        probability = LABEL.joint(grammar, level, position).sum(1)
        last = grammar.patches(level).patch[:, -1]
        return np.asarray(probability[:, None] * np.eye(self.size(grammar, level))[last])

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """The last token of the patch, (b,)."""
        return tree[level][:, (position + 1) * grammar.branching - 1]

    def broken(self, grammar: Grammar, level: int) -> Mapping[str, str]:
        """Synonyms end in tokens of their own."""
        return {"synonym-blind": "synonyms end in different tokens"}


SIGNALS = (SamePatch(),)
