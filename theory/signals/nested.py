"""Nested labels: the ancestor of a patch, a given number of levels up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerproof.theory.errors import InputError
from layerproof.theory.signals.base import TreeShape
from layerproof.theory.signals.path import PathSignal
from layerproof.theory.token_laws import Place

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble

FAMILY = "nested"
MOST = 128
"""Levels that a grammar which is analysed may have."""
ALLOWED = f"{FAMILY}:G, G from 1 to {MOST}"


@dataclass(frozen=True)
class Nested(PathSignal):
    """The symbol G levels above the patch; the label where there are fewer (Daniely 2026).

    A teacher of granularity G: with G = 1 the patch's parent itself, with G = L or more the label.
    It is the label's law with l replaced by G: the crossover is V m^G at every level below G.
    """

    up: int

    def __post_init__(self) -> None:
        if not isinstance(self.up, int) or not 1 <= self.up <= MOST:
            raise InputError("signal", self.name, ALLOWED)

    @property
    def name(self) -> str:
        """Such as nested:2."""
        return f"{FAMILY}:{self.up}"

    @property
    def help(self) -> str:
        """What it is."""
        return f"the ancestor {self.up} levels above the patch (nested labels)"

    def place(self, shape: TreeShape, level: int, position: int) -> Place:
        """G levels above the patch, or the label."""
        found = max(0, level - self.up)
        return found, position // shape.branching ** (level - 1 - found)

    def ways(self, shape: TreeShape, level: int) -> int:
        """One for every position below the ancestor."""
        found: int = shape.branching ** (min(self.up, level) - 1)
        return found

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """Those of the label up to level G, and below it what level G has with V labels."""
        label = ensemble.averages()
        tokens = replace(ensemble, classes=ensemble.vocabulary).averages()
        if label is None or tokens is None:
            return None

        def of_level(level: int) -> Mapping[str, float]:
            return label.of_level(level) if level <= self.up else tokens.of_level(self.up)

        return replace(label, of_level=of_level)


def nested_named(name: str, field: str = "signal") -> Nested:
    """The signal nested:G of that name. Raises InputError, naming `field`, where G is none."""
    digits = name.removeprefix(f"{FAMILY}:")
    if not re.fullmatch("[0-9]{1,4}", digits) or not 1 <= int(digits) <= MOST:
        raise InputError(field, name, ALLOWED)
    return Nested(int(digits))


SIGNALS = (Nested(1), Nested(2))
