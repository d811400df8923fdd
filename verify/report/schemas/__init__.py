"""The published schemas of documents, each made from the types that the document is read into.

`python -m tools.schemas` writes them anew.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

FILES = (
    "results.schema.json",
    "instance.schema.json",
    "invariance.schema.json",
    "generation.schema.json",
)
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def published(file: str) -> dict[str, Any]:
    """The schema in one of FILES."""
    return dict(
        json.loads((resources.files("layerproof.verify.report.schemas") / file).read_text("utf-8"))
    )


def made(file: str) -> dict[str, Any]:
    """The schema of one of FILES as the types have it now."""
    from layerproof.verify.report.schemas.generation import GenerationDocument
    from layerproof.verify.report.schemas.instances import instance_schema
    from layerproof.verify.report.schemas.invariance import InvarianceDocument
    from layerproof.verify.report.schemas.results import Document

    if file == "instance.schema.json":
        return {"$schema": DIALECT} | instance_schema()
    documents: dict[str, Any] = {"invariance": InvarianceDocument, "generation": GenerationDocument}
    document = documents.get(file.partition(".")[0], Document)
    return dict({"$schema": DIALECT} | document.model_json_schema())
