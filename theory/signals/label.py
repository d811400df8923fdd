"""The label of the string, the root of its derivation: R26's own signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.signals.base import Signal, TreeShape, emitted
from layerproof.theory.token_laws import path_roundings, token_law

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble
    from layerproof.theory.exact_law import ExactLaw


@dataclass(frozen=True)
class Label(Signal):
    """The label, level 0 (R26 Sec. 2.1). It teaches every level."""

    name = "label"
    help = "the label of the string"
    only_label = True

    def size(self, grammar: Grammar, level: int) -> int:
        """The number of classes n = V_0, at every level."""
        return grammar.classes

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """The label of each string, (b,), whichever the patch."""
        return tree[0][:, 0]

    def with_parent(self, grammar: Grammar, level: int, position: int | None = 0) -> Floats:
        """P[parent of the patch = nu, label = zeta], (V_(level-1), n)."""
        tokens = token_law(grammar, level - 1, position)
        law: Floats = (grammar.label_prior[:, None] * tokens).T
        return law

    def joint(self, grammar: Grammar, level: int, position: int | None = 0) -> Floats:
        """P[patch = mu, label = zeta], (|P_l|, n), by mean transitions for any position at all."""
        return emitted(grammar, level, self.with_parent(grammar, level, position))

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """Those that the ensemble knows."""
        return ensemble.averages()

    def ways(self, shape: TreeShape, level: int) -> int:
        """One for every position: another child at some level."""
        found: int = shape.branching ** (level - 1)
        return found

    def rules_behind(self, grammar: Grammar, level: int) -> int:
        """One rule a level, down to the patch."""
        return level

    def roundings(self, grammar: Grammar, level: int) -> int:
        """Those of the transitions down to the parent."""
        return path_roundings(grammar, level)

    def exact_posterior(
        self, law: ExactLaw, level: int, upward: Sequence[Fraction]
    ) -> list[Fraction]:
        """q of what a level-(l-1) symbol shows, (n,)."""
        return law.posterior(level, upward)


LABEL = Label()
"""The signal unless another is named."""

SIGNALS = (LABEL,)
