"""The schema of the instances that `refute` keeps and `refute --replay` reads."""

from __future__ import annotations

from typing import Any


def instance_schema() -> dict[str, Any]:
    """One alternative for each statement whose search keeps its instances as models.

    Instances of the other searches are grammar files; those of other packages are not among them.
    """
    from layerproof.verify.searches import SEARCHES
    from layerproof.verify.searches.base import ModelSearch

    own = (s for s in SEARCHES.values() if type(s).__module__.startswith("layerproof.verify."))
    searches = [search for search in own if isinstance(search, ModelSearch)]
    definitions: dict[str, Any] = {}
    for search in searches:
        kind = search.instance
        found = kind.model_json_schema(ref_template="#/$defs/{model}")
        definitions |= found.pop("$defs", {})
        known = definitions.setdefault(_name(kind), found)
        if known != found:
            raise ValueError(f"two kinds of instances are called {_name(kind)}")
    return {
        "title": "Instance",
        "description": "An instance of a statement, which layerproof refute --replay looks at.",
        "oneOf": [_alternative(search.statement, _name(search.instance)) for search in searches],
        "$defs": definitions,
    }


def _name(kind: type) -> str:
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"


def _alternative(statement: str, kind: str) -> dict[str, Any]:
    from layerproof.verify.searches.base import SCHEMA

    fields = {"schema": {"const": SCHEMA}, "statement": {"const": statement}}
    return {
        "type": "object",
        "properties": {**fields, "instance": {"$ref": f"#/$defs/{kind}"}},
        "required": [*fields, "instance"],
    }
