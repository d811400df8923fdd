"""Which packages add something of their own (:mod:`layerproof.theory.groups`), and if it fits."""

from __future__ import annotations

from layerproof.theory.groups import GROUPS
from layerproof.theory.plugins import modules, versions
from layerproof.theory.statements import catalogue


def plugin_versions() -> dict[str, str]:
    """The packages that bring something under one of these groups, with their versions."""
    return versions(GROUPS)


def plugin_modules() -> list[str]:
    """Their top modules."""
    return modules(GROUPS)


def fault_of_forms(statement: str, forms: tuple[str, ...], what: str) -> str:
    """What is wrong with the statement and the forms that `what` is about, as what is allowed."""
    if statement not in catalogue():
        return f"the id of a known statement in {what}, not {statement!r}"
    known = tuple(catalogue()[statement].forms)
    if not forms or not set(forms).issubset(known):
        return f"forms of {statement} ({', '.join(known)}) in {what}, not {', '.join(forms)}"
    return ""
