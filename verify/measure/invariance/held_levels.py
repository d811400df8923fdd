"""What an ideal network would have: which level's tokens a layer holds, and S of such a layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.verify.measure.invariance.expected import token_sensitivity

Column = tuple[float | None, ...]


def default_levels(levels: int, layers: int) -> tuple[int | None, ...] | None:
    """L - 1, …, 0 for L layers and L, …, 0 for L + 1, in the order in which they run.

    >>> default_levels(2, 3), default_levels(2, 4)
    ((2, 1, 0), None)
    """
    return tuple(range(layers - 1, -1, -1)) if layers in (levels, levels + 1) else None


def named_levels(
    levels: int, represents: Sequence[int | None], asked: Sequence[int]
) -> tuple[int | None, ...]:
    """The levels that were named for the layers, in the order in which these run.

    `asked` says of each layer where it stood in the list. Raises InputError for another number of
    levels than of layers, and for a level that the grammar does not have.
    """
    if len(represents) != len(asked):
        allowed = f"one entry for each of {len(asked)} layers"
        raise InputError("represents", list(represents), allowed)
    found = [
        None if level is None else whole_number("represents", level, minimum=0, maximum=levels)
        for level in represents
    ]
    return tuple(found[k] for k in asked)


def ideal_column(grammar: Grammar, level: int | None, normalisation: str) -> Column:
    """S[l], l = 1, …, L, of a layer that holds the level-`level` tokens; None where not known."""
    if level is None:
        return (None,) * grammar.levels
    if normalisation != "c24":
        return tuple(0.0 if l > level else None for l in range(1, grammar.levels + 1))
    found = token_sensitivity(grammar, level).tolist()
    return tuple(None if math.isnan(value) else value for value in found)
