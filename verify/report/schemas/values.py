"""What the fields of documents hold: numbers as the interface writes them, texts with limits."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, WithJsonSchema

from layerproof.theory.errors import MISSING, InputError
from layerproof.theory.json_text import LONGEST_KEY, LONGEST_TEXT, shortened_place

DIGITS = re.compile(r"-?[0-9]{1,1000}")
"""A whole number beyond 2^53, which the interface writes as text."""

NUMBER_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "number"},
        {"enum": ["inf", "-inf"]},
        {"type": "string", "pattern": f"^{DIGITS.pattern}$"},
    ]
}


def _number(value: Any) -> Any:
    """`value`, where it is a number as the interface writes one; raises ValueError else."""
    if isinstance(value, str):
        known = value in ("inf", "-inf") or DIGITS.fullmatch(value) is not None
    else:
        known = isinstance(value, int | float) and not isinstance(value, bool)
        known = known and (isinstance(value, int) or math.isfinite(value))
    if not known:
        raise ValueError('a finite number, "inf", "-inf" or a long whole number as text')
    return value


Number = Annotated[int | float | str, PlainValidator(_number), WithJsonSchema(NUMBER_SCHEMA)]
"""A number as the interface writes it: text where it is infinite, or whole and beyond 2^53."""

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Name = Annotated[str, Field(max_length=LONGEST_KEY)]


class DocumentPart(BaseModel):
    """A part of a document. What is not listed is kept and not used, as later versions need."""

    model_config = ConfigDict(extra="allow", strict=True)


def refusal(error: ValidationError, document: Any, name: str, fields: str) -> InputError:
    """The first of the faults that `error` lists in `document`: its place, value and allowance.

    `name` is that of the file; `fields` says of a missing field which files have it.
    """
    first = error.errors(include_url=False)[0]
    missing = first["type"] == "missing"
    place = shortened_place(_place(first["loc"], document)) or "the document"
    allowed = f"a field that {fields}" if missing else first["msg"].removeprefix("Value error, ")
    value = MISSING if missing else first["input"]
    return InputError(f"{place} in {name}", value, allowed)


def _place(parts: tuple[int | str, ...], document: Any) -> str:
    """The place in the document's own names; pydantic adds the kinds that it tried."""
    place, value = "", document
    for number, part in enumerate(parts, start=1):
        inside = isinstance(value, list) and isinstance(part, int)
        if inside:
            place, value = f"{place}[{part}]", value[int(part)]
        elif isinstance(value, dict) and (part in value or number == len(parts)):
            place, value = f"{place}.{part}", value.get(part)
    return place.removeprefix(".")
