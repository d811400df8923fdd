"""Searches for instances that break a statement, with Hypothesis as the engine.

:data:`SEARCHES` holds one search for every statement that can be decided on an instance exactly;
:func:`refute` runs one. What a statement says only asymptotically, or of trained learners, is
measured by its check instead.
"""

from __future__ import annotations

from typing import Any

from layerproof.theory.errors import InputError
from layerproof.theory.plugins import Registry, found_below
from layerproof.theory.statements import catalogue
from layerproof.verify.searches.base import Comparison, Search
from layerproof.verify.searches.engine import Found, Refutation, refute
from layerproof.verify.searches.kind import SEARCH_KIND

SEARCHES: Registry[Search[Any]] = Registry(found_below(__name__, __path__, "SEARCHES"), SEARCH_KIND)
"""Every search by the id of its statement: those of this package, then those that others bring."""

__all__ = ["SEARCHES", "Comparison", "Found", "Refutation", "Search", "refute", "search_for"]


def search_for(identifier: str, form: str) -> Search[Any]:
    """The search for a statement in a form.

    Raises InputError for an unknown statement, one without a search, or a form without one.
    """
    if identifier not in SEARCHES:
        statement = catalogue()[identifier]  # refuses what is no statement
        allowed = f"a statement with a search: {', '.join(SEARCHES)}"
        raise InputError("ID", statement.id, allowed)
    search = SEARCHES[identifier]
    if form not in search.forms:
        allowed = f"{' or '.join(search.forms)}, the forms that the search for {identifier} decides"
        raise InputError("--form", form, allowed)
    return search
