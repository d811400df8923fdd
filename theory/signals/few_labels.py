"""A signal inside the string for the levels that it teaches, and labelled strings for level 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.signals.base import Signal, TreeShape
from layerproof.theory.signals.label import LABEL


@dataclass(frozen=True)
class FewLabels(Signal):
    """`inside` at the levels L to 2, the label at level 1.

    Only the last stage sees labels, and what it is given are level-1 tokens: what they cost does
    not depend on L (`derived.few-labels`). It goes by the name of `inside`.
    """

    inside: Signal

    @property
    def name(self) -> str:
        """That of the signal inside."""
        return self.inside.name

    @property
    def help(self) -> str:
        """What it is, in one line."""
        return f"{self.inside.help}; the label at level 1"

    def at(self, level: int) -> Signal:
        """The signal of one level."""
        return LABEL if level == 1 else self.inside

    def size(self, grammar: Grammar, level: int) -> int:
        """That of the level's signal."""
        return self.at(level).size(grammar, level)

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """That of the level's signal, (b,)."""
        return self.at(level).value(grammar, tree, level, position, uniform)

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        """That of the level's signal, (V_(level-1), size)."""
        return self.at(level).with_parent(grammar, level, position)

    def joint(self, grammar: Grammar, level: int, position: int | None = 0) -> Floats:
        """That of the level's signal, (|P_l|, size)."""
        return self.at(level).joint(grammar, level, position)

    def ways(self, shape: TreeShape, level: int) -> int | None:
        """Those of the level's signal."""
        return self.at(level).ways(shape, level)

    def unreachable(self, grammar: TreeShape, level: int) -> str:
        """Why the level's signal teaches nothing there; empty where it may be learned."""
        return self.at(level).unreachable(grammar, level)

    def broken(self, grammar: Grammar, level: int) -> Mapping[str, str]:
        """Which premises the level's signal breaks."""
        return self.at(level).broken(grammar, level)

    def rules_behind(self, grammar: Grammar, level: int) -> int:
        """That of the level's signal."""
        return self.at(level).rules_behind(grammar, level)

    def roundings(self, grammar: Grammar, level: int) -> int:
        """Those of the level's signal."""
        return self.at(level).roundings(grammar, level)


def few_labels(inside: Signal, grammar: TreeShape) -> FewLabels:
    """The signal with labels at level 1.

    Raises InputError for one that needs no labels or takes numbers of its own, and where a level
    above 1 is not taught.
    """
    if inside == LABEL or inside.uniforms or not inside.unreachable_levels(grammar).get(1):
        allowed = "with labels, a signal inside the string that does not teach level 1"
        raise InputError("signal", inside.name, allowed)
    if inside.taught(grammar)[0] != 2:
        allowed = "with labels, one that teaches every level but the first"
        raise InputError("signal", inside.name, allowed)
    return FewLabels(inside)
