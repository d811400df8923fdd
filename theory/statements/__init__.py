"""The catalogue: every statement under test, one file per result, and the proof graph."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from theory.statements.base import Catalogue, Form, Statement

__all__ = ["Catalogue", "Form", "Statement", "catalogue"]


@cache
def catalogue() -> Catalogue:
    """All statements of the package, in an order in which nothing precedes what it rests on."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name != "base")
    modules = (import_module(f"{__name__}.{name}") for name in names)
    return Catalogue(statement for module in modules for statement in module.STATEMENTS)
