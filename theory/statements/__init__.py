"""The catalogue: every statement under test, one folder per source, one file per result.

Other packages add theirs by entry points of the group ``layerproof.statements``.
"""

from __future__ import annotations

from functools import cache

from layerproof.theory.errors import InputError
from layerproof.theory.plugins import Kind, Registry, found_below
from layerproof.theory.statements.base import Catalogue, Form, Statement

__all__ = ["GROUP", "Catalogue", "Form", "Statement", "catalogue", "shipped"]

GROUP = "layerproof.statements"
"""The entry points by which a package brings statements: a module with STATEMENTS, or objects."""


@cache
def shipped() -> tuple[Statement, ...]:
    """The statements that come with this package."""
    return tuple(found_below(__name__, __path__, "STATEMENTS"))


@cache
def catalogue() -> Catalogue:
    """All statements, in an order in which nothing precedes what it rests on.

    Raises InputError, naming the package, where one that another package brings does not fit.
    """
    kind: Kind[Statement] = Kind(GROUP, "STATEMENTS", Statement, key=lambda statement: statement.id)
    known = Registry(shipped(), kind)
    try:
        return Catalogue(known.values())
    except InputError as error:
        if not known.origins:
            raise
        brought = "; ".join(sorted(set(known.origins.values())))
        raise InputError(f"{error.field}, among {brought}", error.value, error.allowed) from error
