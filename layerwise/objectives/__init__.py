"""What a network is trained to do on strings: one class a file.

Every module below that has a tuple OBJECTIVES is found; other packages add theirs by entry points
of the group ``layerproof.objectives``.
"""

from __future__ import annotations

from layerproof.layerwise.objectives.base import OBJECTIVE_KIND, Objective
from layerproof.theory.plugins import Registry, found_below

__all__ = ["OBJECTIVES", "Objective"]

OBJECTIVES: Registry[Objective] = Registry(
    found_below(__name__, __path__, "OBJECTIVES"), OBJECTIVE_KIND
)
"""Every objective at its default settings, by name."""
