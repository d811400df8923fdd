"""The checks: one folder per source, one file per result. A check measures, it does not judge.

Every module below that has a tuple CHECKS is found; other packages add theirs by entry points of
the group ``layerproof.checks``.
"""

from __future__ import annotations

from typing import Any

from layerproof.theory.plugins import Registry, found_below
from layerproof.verify.checks.base import Check
from layerproof.verify.checks.kind import CHECK_KIND

CHECKS: Registry[Check[Any]] = Registry(found_below(__name__, __path__, "CHECKS"), CHECK_KIND)
"""Every check by id: those of this package, then those that others bring."""

__all__ = ["CHECKS", "Check"]
