"""The entry points under which other packages add things: one group for each kind.

Once found, what they bring stands among the package's own, and nothing else tells it apart.
"""

from __future__ import annotations

ENSEMBLES = "layerproof.ensembles"
SIGNALS = "layerproof.signals"
SOURCES = "layerproof.sources"
STATEMENTS = "layerproof.statements"
CHECKS = "layerproof.checks"
CONTROLS = "layerproof.controls"
SEARCHES = "layerproof.searches"
SUITES = "layerproof.suites"
ARCHITECTURES = "layerproof.architectures"
BODIES = "layerproof.bodies"
OBJECTIVES = "layerproof.objectives"
BASELINES = "layerproof.baselines"

GROUPS = (
    ENSEMBLES,
    SIGNALS,
    SOURCES,
    STATEMENTS,
    CHECKS,
    CONTROLS,
    SEARCHES,
    SUITES,
    ARCHITECTURES,
    BODIES,
    OBJECTIVES,
    BASELINES,
)
