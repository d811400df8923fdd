"""Nested labels: the ancestor of a patch, a given number of levels up."""

from __future__ import annotations

from dataclasses import dataclass

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals.path import PathSignal
from layerproof.theory.token_laws import Place

FAMILY = "nested"
MOST = 128
"""Levels that a grammar which is analysed may have."""


@dataclass(frozen=True)
class Nested(PathSignal):
    """The symbol G levels above the patch; the label where there are fewer (Daniely 2026).

    A teacher of granularity G: with G = 1 the patch's parent itself, with G = L or more the label.
    It is the label's law with l replaced by G: the crossover is V m^G at every level below G.
    """

    up: int

    def __post_init__(self) -> None:
        if not isinstance(self.up, int) or not 1 <= self.up <= MOST:
            raise InputError("signal", f"{FAMILY}:{self.up}", f"{FAMILY}:G, G from 1 to {MOST}")

    @property
    def name(self) -> str:
        """Such as nested:2."""
        return f"{FAMILY}:{self.up}"

    @property
    def help(self) -> str:
        """What it is."""
        return f"the ancestor {self.up} levels above the patch (nested labels)"

    def place(self, grammar: Grammar, level: int, position: int) -> Place:
        """G levels above the patch, or the label."""
        found = max(0, level - self.up)
        return found, position // grammar.branching ** (level - 1 - found)


def nested_named(name: str) -> Nested:
    """The signal nested:G of that name. Raises InputError where G is none."""
    digits = name.removeprefix(f"{FAMILY}:")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 5):
        raise InputError("signal", name, f"{FAMILY}:G, G from 1 to {MOST}")
    return Nested(int(digits))


SIGNALS = (Nested(1), Nested(2))
