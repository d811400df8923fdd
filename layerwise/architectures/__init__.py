"""The networks that people use instead of the theorem's, or beside it: one class a file.

Every module below that has a tuple ARCHITECTURES is found; other packages add theirs by entry
points of the group ``layerproof.architectures``.
"""

from __future__ import annotations

from layerproof.layerwise.architectures.base import ARCHITECTURE_KIND, Architecture, InputSizes
from layerproof.theory.plugins import Registry, found_below

__all__ = ["ARCHITECTURES", "Architecture", "InputSizes"]

ARCHITECTURES: Registry[Architecture] = Registry(
    found_below(__name__, __path__, "ARCHITECTURES"), ARCHITECTURE_KIND
)
"""Every architecture at its default settings, by name."""
