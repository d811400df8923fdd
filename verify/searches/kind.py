"""What a search must be that another package brings."""

from __future__ import annotations

from typing import Any

from layerproof.theory import groups
from layerproof.theory.extensions import fault_of_forms
from layerproof.theory.plugins import Kind
from layerproof.verify.searches.base import Search

SEARCH_KIND: Kind[Search[Any]] = Kind(
    groups.SEARCHES,
    "SEARCHES",
    Search,
    key=lambda search: search.statement,
    fault=lambda search: fault_of_forms(search.statement, search.forms, "its search"),
)
"""Searches, by the id of their statement."""
