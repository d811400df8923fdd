"""The networks that people use instead of the theorem's, or beside it: one class a file.

Every module below that has a tuple ARCHITECTURES is found; other packages add theirs by entry
points of the group ``layerproof.architectures``. Bodies of denoisers stand in tuples BODIES, and
are brought by the group ``layerproof.bodies``.
"""

from __future__ import annotations

from layerproof.layerwise.architectures.base import ARCHITECTURE_KIND, Architecture, InputSizes
from layerproof.layerwise.architectures.bodies import BODY_KIND, DenoiserBody
from layerproof.theory.plugins import Registry, found_below

__all__ = ["ARCHITECTURES", "BODIES", "Architecture", "DenoiserBody", "InputSizes"]

ARCHITECTURES: Registry[Architecture] = Registry(
    found_below(__name__, __path__, "ARCHITECTURES"), ARCHITECTURE_KIND
)
"""Every architecture at its default settings, by name."""

BODIES: Registry[DenoiserBody] = Registry(found_below(__name__, __path__, "BODIES"), BODY_KIND)
"""Every body of a denoiser at its default settings, by name."""
