"""The reference run of the suite `quick`, which says whether an installation reproduces it.

`python -m tools.reference` runs the suite and writes it anew.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

from layerproof.verify.report.compare import reproduces
from layerproof.verify.report.schemas.results import Document, checked

if TYPE_CHECKING:
    from layerproof.verify.run.runner import Plan

SUITE = "quick"
FILE = "quick.json"


def reference() -> Document:
    """The results document of the reference run, without timings and provenance."""
    text = (resources.files("layerproof.verify.report.reference") / FILE).read_text("utf-8")
    return checked(json.loads(text), FILE)


def reproduction(chosen: Plan, found: Document) -> str:
    """One sentence on the results document `found`; empty where the plan is not the reference's.

    That is the whole suite `quick` with its full budget and the reference's seed.
    """
    known = reference()
    if chosen.source != SUITE or chosen.seed != known.seed:
        return ""
    if len(found.results) != chosen.rows:
        return ""
    return reproduces(known, found)
