"""The catalogue: every statement under test, one folder per source, one file per result.

Other packages add theirs by entry points of the group ``layerproof.statements``, and the sources
that these come from by ``layerproof.sources``.
"""

from __future__ import annotations

from functools import cache

from layerproof.theory import groups
from layerproof.theory.errors import InputError
from layerproof.theory.plugins import Kind, Registry, found_below
from layerproof.theory.statements.base import Catalogue, Form, Statement
from layerproof.theory.statements.sources import SOURCE_KIND, Source, key_of

__all__ = ["Catalogue", "Form", "Source", "Statement", "catalogue", "shipped", "sources"]


@cache
def shipped() -> tuple[Statement, ...]:
    """The statements that come with this package."""
    return tuple(found_below(__name__, __path__, "STATEMENTS"))


@cache
def sources() -> Registry[Source]:
    """Every source by its key: those of this package, then those that others bring."""
    return Registry(found_below(__name__, __path__, "SOURCES"), SOURCE_KIND)


def _fault(statement: Statement) -> str:
    if key_of(statement.id) in sources():
        return ""
    keys = ", ".join(sources())
    return f"an id that begins with the key of a source ({keys}), not {statement.id!r}"


@cache
def catalogue() -> Catalogue:
    """All statements, in an order in which nothing precedes what it rests on.

    Raises InputError, naming the package, where one that another package brings does not fit.
    """
    known = Registry(shipped(), STATEMENT_KIND)
    try:
        return Catalogue(known.values(), sources())
    except InputError as error:
        if not known.origins:
            raise
        brought = "; ".join(sorted(set(known.origins.values())))
        raise InputError(f"{error.field}, among {brought}", error.value, error.allowed) from error


STATEMENT_KIND: Kind[Statement] = Kind(
    groups.STATEMENTS, "STATEMENTS", Statement, key=lambda statement: statement.id, fault=_fault
)
"""Statements, by their id."""
