"""What other packages add: under which entry points, and which of them are installed.

Ensembles stand under ``layerproof.ensembles``, statements under ``layerproof.statements``, checks
under ``layerproof.checks``, searches for counterexamples under ``layerproof.searches``. Once found,
they stand among the package's own in :data:`layerproof.theory.ensembles.ENSEMBLES`,
:func:`layerproof.theory.statements.catalogue`, :data:`layerproof.verify.checks.CHECKS` and
:data:`layerproof.verify.searches.SEARCHES`, and nothing else tells them apart.
"""

from __future__ import annotations

from layerproof.theory.ensembles import GROUP as ENSEMBLES_GROUP
from layerproof.theory.plugins import modules, versions
from layerproof.theory.statements import GROUP, catalogue

CHECKS_GROUP = "layerproof.checks"
SEARCHES_GROUP = "layerproof.searches"


GROUPS = (ENSEMBLES_GROUP, GROUP, CHECKS_GROUP, SEARCHES_GROUP)


def plugin_versions() -> dict[str, str]:
    """The packages that bring ensembles, statements, checks or searches, with their versions."""
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
