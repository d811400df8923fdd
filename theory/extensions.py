"""What other packages add: under which entry points, and which of them are installed.

One group for each kind of thing (:data:`GROUPS`): ensembles, signals, sources, statements, checks,
negative controls, searches for counterexamples, suites, networks, what they are trained for and the
learners made of them. Once found, they stand among the package's own, and nothing else tells them
apart.
"""

from __future__ import annotations

from layerproof.theory.ensembles import GROUP as ENSEMBLES_GROUP
from layerproof.theory.plugins import modules, versions
from layerproof.theory.signals import GROUP as SIGNALS_GROUP
from layerproof.theory.statements import GROUP, catalogue
from layerproof.theory.statements.sources import SOURCES_GROUP

CHECKS_GROUP = "layerproof.checks"
CONTROLS_GROUP = "layerproof.controls"
SEARCHES_GROUP = "layerproof.searches"
SUITES_GROUP = "layerproof.suites"
ARCHITECTURES_GROUP = "layerproof.architectures"
OBJECTIVES_GROUP = "layerproof.objectives"
BASELINES_GROUP = "layerproof.baselines"

GROUPS = (
    ENSEMBLES_GROUP,
    SIGNALS_GROUP,
    SOURCES_GROUP,
    GROUP,
    CHECKS_GROUP,
    CONTROLS_GROUP,
    SEARCHES_GROUP,
    SUITES_GROUP,
    ARCHITECTURES_GROUP,
    OBJECTIVES_GROUP,
    BASELINES_GROUP,
)


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
