"""The templates of the pages: what a document says is shown as text, whatever it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """The page that a template of this folder makes of its context; every text is escaped."""
    environment = Environment(
        loader=PackageLoader("layerproof.verify.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(template).render(context)
    return page.encode("utf-8", "replace").decode("utf-8")  # JSON can hold half a surrogate pair
