"""Grammars as JSON text, in the schema layerproof/grammar/1."""

import json
from collections.abc import Mapping
from typing import Any

from layerproof.theory.errors import MISSING, InputError, unknown_name
from layerproof.theory.strict_json import each_once

SCHEMA = "layerproof/grammar/1"
KEYS = ("schema", "vocabularies", "rules", "probabilities", "label_prior")


def parse(text: str) -> dict[str, Any]:
    """Return the arguments of `Grammar` from JSON text; their values are not checked here.

    Raises InputError for text that is not JSON, another schema, and missing or unknown keys.
    """
    document = _document(text)
    if not isinstance(document, Mapping):
        raise InputError("the grammar", document, f"a JSON object with the keys {', '.join(KEYS)}")
    schema = document.get("schema", MISSING)
    if schema != SCHEMA:
        raise InputError("schema", schema, f'"{SCHEMA}"')
    for key in document:
        if key not in KEYS:
            raise unknown_name("a key of the grammar", key, KEYS)
    return {
        "vocabularies": document.get("vocabularies", MISSING),
        "rules": document.get("rules", MISSING),
        "probabilities": document.get("probabilities"),
        "label_prior": document.get("label_prior"),
    }


def render(fields: Mapping[str, Any]) -> str:
    """Return the canonical text of a grammar: one key a line, one level of rules a line."""
    lines = [f'"schema": {json.dumps(SCHEMA)}']
    for key, value in fields.items():
        if key in ("rules", "probabilities"):
            levels = ",\n".join("  " + json.dumps(level, allow_nan=False) for level in value)
            lines.append(f'"{key}": [\n{levels}\n ]')
        else:
            lines.append(f'"{key}": {json.dumps(value, allow_nan=False)}')
    return "{" + ",\n ".join(lines) + "}\n"


def _document(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=each_once("a key of the grammar"))
    except json.JSONDecodeError as error:
        found = text[max(0, error.pos - 20) : error.pos + 20]
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError("the grammar", found, f"valid JSON ({error.msg} at {where})") from error
    except RecursionError as error:
        raise InputError("the grammar", text[:40], "JSON nested no deeper than rules") from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        allowed = "JSON with numbers of a readable length"
        raise InputError("the grammar", text[:40], allowed) from error
