"""results.json read back: every field that the report uses is checked before it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from theory.errors import MISSING, InputError
from theory.files import read_text
from verify.document import SCHEMA
from verify.verdict import Verdict

FILE = "results.json"

Number = float | int | Literal["inf", "-inf"] | str | None


class _Part(BaseModel):
    """What is not listed is kept and not used, as files of later versions need."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Premise(_Part):
    id: str
    verdict: str
    reason: str = ""


class _Power(_Part):
    deviation: str
    probability: float = Field(ge=0, le=1)


class _Row(_Part):
    id: str
    statement: str
    form: str
    title: str = ""
    source: str = ""
    quantity: str = ""
    parameters: dict[str, Any]
    premises: list[_Premise] = []
    relation: str = ""
    predicted: Number
    measured: Number
    interval: list[Number] | None = Field(min_length=2, max_length=2)
    slack: Number = None
    trials: int
    power: _Power | None
    verdict: Literal[tuple(map(str, Verdict))]  # type: ignore[valid-type]
    expected: Literal[tuple(map(str, Verdict))]  # type: ignore[valid-type]
    expected_reason: str = ""
    reason: str
    broken_at: list[str] = []
    evidence: dict[str, Any] = {}
    reproduce: str


class _Erratum(_Part):
    id: str
    title: str
    printed: str
    fails: str
    by: str
    repair: str
    theorem_7: str
    reproduce: list[str]


class _Control(_Part):
    control: str
    should_turn: list[str]
    turned: list[str]
    missed: list[str] = []
    strayed: list[str] = []


class _Document(_Part):
    suite: str
    question: str = ""
    error_rate: float
    counts: dict[str, int]
    first_breaks: dict[str, list[str]] = {}
    results: list[_Row]
    errata: list[_Erratum] = []
    controls: list[_Control] = []
    provenance: dict[str, Any] = {}


def read_results(folder: str | Path) -> dict[str, Any]:
    """The results document in `folder`.

    Raises :class:`InputError`, naming the file and the field, where it is missing or not of the
    schema layerproof/results/1.
    """
    path = Path(folder) / FILE
    text = read_text(path, "DIR")
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError("DIR", str(path), f"a file in JSON ({error})") from error
    return checked(found, str(path))


def checked(found: Any, name: str = FILE) -> dict[str, Any]:
    """`found`, where it is a results document. Raises InputError, naming the first bad field."""
    if not isinstance(found, Mapping):
        raise InputError(name, found, f"a JSON object of the schema {SCHEMA}")
    if found.get("schema") != SCHEMA:
        raise InputError(f"schema in {name}", found.get("schema", MISSING), SCHEMA)
    try:
        _Document.model_validate(found)
    except ValidationError as error:
        raise _refusal(error, name) from error
    return dict(found)


def _refusal(error: ValidationError, name: str) -> InputError:
    first = error.errors(include_url=False)[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    missing = first["type"] == "missing"
    value = MISSING if missing else first["input"]
    allowed = "a field that every results file has" if missing else first["msg"]
    return InputError(f"{where.lstrip('.')} in {name}", value, allowed)


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON")
