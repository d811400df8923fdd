"""Ways to draw a random Grammar: one class per family of grammars, one file each.

Every module below that has a tuple ENSEMBLES is found; other packages add theirs by entry points of
the group ``layerproof.ensembles``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field
from typing import Any

from layerproof.theory import groups
from layerproof.theory.ensembles.base import LARGEST_GRAMMAR, Averages, Ensemble
from layerproof.theory.errors import unknown_name
from layerproof.theory.grammar import Grammar
from layerproof.theory.plugins import Kind, Registry, found_below
from layerproof.theory.sizes import size

__all__ = [
    "DEFAULT",
    "ENSEMBLES",
    "LARGEST_GRAMMAR",
    "Averages",
    "Ensemble",
    "draw",
    "ensemble_of",
    "size",
]

DEFAULT = "uniform-first-token"
"""The ensemble where none is named."""


def _fault(found: Any) -> str:
    if not issubclass(found, Ensemble):
        return f"a subclass of Ensemble, not {found.__name__}"
    if lost := [name for name, value in vars(found).items() if isinstance(value, Field)]:
        return f"a dataclass, frozen and kw_only, as it has the field {', '.join(lost)}"
    if missing := sorted(getattr(found, "__abstractmethods__", ())):
        return f"a class that has {', '.join(missing)}"
    return ""


KIND: Kind[type[Ensemble]] = Kind(
    groups.ENSEMBLES, "ENSEMBLES", type, key=lambda found: found.name, fault=_fault
)
"""Ensembles, by their name."""

ENSEMBLES: Registry[type[Ensemble]] = Registry(
    sorted(found_below(__name__, __path__, "ENSEMBLES"), key=lambda found: found.name != DEFAULT),
    KIND,
)
"""Every ensemble by name: the default, the others of this package, then those that others bring."""


def ensemble_of(name: str, sizes: Mapping[str, Any]) -> Ensemble:
    """The ensemble called `name` at these sizes, which are given by name or by letter.

    Raises InputError for an unknown ensemble, and for a size that is missing or that it has not.
    """
    if name not in ENSEMBLES:
        raise unknown_name("ensemble", name, ENSEMBLES)
    return ENSEMBLES[name].of(sizes)


def draw(ensemble: str, *, seed: int, **sizes: Any) -> Grammar:
    """Draw a non-ambiguous grammar of the ensemble called `ensemble`.

    seed: what the rules of every level are derived from.
    sizes: the fields of :class:`layerproof.theory.sizes.Sizes`, and those that only this ensemble
        has: vocabulary, rules, branching and levels, V = V_1 = ... = V_L, m, s and L; classes,
        n = V_0 (V unless given); zipf and label_zipf, exponents a of Zipf's law k^(-a)
        (:mod:`layerproof.theory.zipf`) on the rules of every symbol and on the labels. The rules do
        not depend on the exponents.

    The patches of a level are dealt to the parents at random, m each, independently between levels.
    Raises InputError for sizes that the ensemble has not, or that are too large to draw.
    """
    return ensemble_of(ensemble, sizes).draw(seed)
