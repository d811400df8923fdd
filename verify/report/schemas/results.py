"""What results.json holds (layerproof/results/1): the types that it is read into.

The published schema, results.schema.json, is made from these types. A limit that a schema cannot
state stands in a validator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from layerproof.theory.errors import MISSING, InputError
from layerproof.verify.report.schemas.diagnosis import DiagnosisRecord
from layerproof.verify.report.schemas.pictures import PictureRecord
from layerproof.verify.report.schemas.values import DocumentPart, Name, Number, Text, refusal
from layerproof.verify.verdicts.verdict import Verdict

SCHEMA = "layerproof/results/1"

MOST_ROWS = 10_000
MOST_PARAMETERS = 200
"""Names of parameters of one check."""
DEEPEST_LEVEL = 128
"""Of a grammar that the package takes."""
MOST_PICTURES, MOST_POINTS, MOST_CELLS = 100, 20_000, 200_000
"""Different pictures of a document, the points of all charts, and the cells of all matrices."""
MOST_CONTROL_CELLS = 100_000
"""Of the control matrix: controls times the checks that they name."""

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Names = Annotated[list[Name], Field(max_length=1000)]


def _known_level(parameters: dict[str, Any]) -> dict[str, Any]:
    level = parameters.get("level")
    if isinstance(level, int) and not 0 <= level <= DEEPEST_LEVEL:
        raise ValueError(f"parameters with a level from 0 to {DEEPEST_LEVEL}")
    return parameters


def _every_word(counts: dict[str, int]) -> dict[str, int]:
    if missing := [word for word in Verdict if word not in counts]:
        raise ValueError(f"a count for every verdict, also of {', '.join(missing)}")
    return counts


Counts = Annotated[dict[Name, Count], AfterValidator(_every_word)]

Parameters = Annotated[
    dict[Name, Any], Field(max_length=MOST_PARAMETERS), AfterValidator(_known_level)
]


Word = Annotated[Verdict, Field(strict=False)]
"""A verdict, which a file holds as text."""


class PremiseRecord(DocumentPart):
    """A statement that had to hold, with what was found."""

    id: Name
    verdict: Name
    reason: Text = ""


class PowerRecord(DocumentPart):
    """Which deviation would have been seen, with what probability."""

    deviation: Text
    probability: Share


class Evidence(DocumentPart):
    """What stands behind a verdict; these entries are shown in a way of their own.

    They are the entries of :class:`layerproof.verify.verdicts.verdict.Shown`.
    """

    margin: Number | None = None
    margin_is: Literal["absolute", "relative"] | None = None
    coverage: Name = ""
    misses_at_most: float | None = None
    examined: Number | None = None
    applicable: Number | None = None
    deciding_trials: Number | None = None
    intracluster: Number | None = None
    intercluster: Number | None = None
    pictures: list[PictureRecord] = Field(default=[], max_length=MOST_PICTURES)

    @model_validator(mode="after")
    def _together(self) -> Self:
        """What is drawn from two entries has both: one that lacks the other was renamed."""
        if self.margin_is is not None and self.margin is None:
            raise ValueError("a margin where margin_is says what it is relative to")
        if self.coverage == "nominal" and self.misses_at_most is None:
            raise ValueError("misses_at_most where the coverage is nominal")
        if (self.intracluster is None) is not (self.intercluster is None):
            raise ValueError("intracluster and intercluster together")
        return self

    @property
    def in_words(self) -> dict[str, Any]:
        """Every entry of the document but the pictures, by name."""
        found = dict(self)
        return {name: found[name] for name in sorted(self.model_fields_set - {"pictures"})}


class Row(DocumentPart):
    """One verdict: prediction, premises, measurement and interval together."""

    id: Name
    statement: Name
    form: Name
    title: Text
    source: Text
    quantity: Text
    parameters: Parameters
    premises: list[PremiseRecord] = Field(max_length=1000)
    relation: Name
    predicted: Number | None
    measured: Number | None
    interval: list[Number | None] | None = Field(min_length=2, max_length=2)
    confidence: Share | None
    slack: Number | None
    trials: Count
    power: PowerRecord | None
    verdict: Word
    expected: Word | None
    expected_reason: Text
    reason: Text
    broken_at: Names
    evidence: Evidence
    seconds: float | None = None
    """Of all trials, one after the other."""
    device: Name = ""
    reproduce: Text

    @property
    def check(self) -> str:
        """The id of the check that the row is of."""
        return self.id.split("/")[0]

    @property
    def surprise(self) -> bool:
        """Whether the verdict is not the one that the suite expects, where it expects one."""
        return self.expected is not None and self.verdict is not self.expected


class ErratumRecord(DocumentPart):
    """What is printed and fails."""

    id: Name
    title: Text
    source: Text
    printed: Text
    fails: Text
    by: Text
    repair: Text
    consequence: Text
    reproduce: Annotated[list[Text], Field(max_length=100)]


class ControlRecord(DocumentPart):
    """Which checks a broken premise had to turn, and which it turned."""

    control: Name
    checks: Names
    should_turn: Names
    turned: Names
    missed: Names
    strayed: Names

    @property
    def faults(self) -> list[str]:
        """What went wrong: the checks that it missed, and those to which it strayed."""
        found = {"missed by": self.missed, "strayed to": self.strayed}
        return [f"{how} {name}" for how, names in found.items() for name in names]


class Document(DocumentPart):
    """The document of a run."""

    schema_: Literal["layerproof/results/1"] = Field(alias="schema")
    suite: Name
    question: Text
    seed: int | Name | None
    error_rate: Share
    counts: Counts
    first_breaks: dict[Name, Names] = Field(max_length=10)
    results: list[Row] = Field(max_length=MOST_ROWS)
    diagnosis: DiagnosisRecord | None = None
    errata: list[ErratumRecord] = Field(default=[], max_length=1000)
    controls: list[ControlRecord] = Field(default=[], max_length=1000)
    provenance: dict[Name, Any] = Field(default={})

    @model_validator(mode="after")
    def _can_be_shown(self) -> Self:
        carried = (picture for row in self.results for picture in row.evidence.pictures)
        pictures = {picture.model_dump_json(): picture for picture in carried}.values()
        points = sum(picture.size for picture in pictures if picture.kind == "chart")
        cells = sum(picture.size for picture in pictures) - points
        if len(pictures) > MOST_PICTURES or points > MOST_POINTS or cells > MOST_CELLS:
            raise ValueError(
                f"at most {MOST_PICTURES} different pictures with {MOST_POINTS} points and"
                f" {MOST_CELLS} cells together; it has {len(pictures)} with {points} and {cells}"
            )
        names: dict[str, set[str]] = defaultdict(set)
        for row in self.results:
            names[row.id].update(row.parameters)
        if max(map(len, names.values()), default=0) > MOST_PARAMETERS:
            raise ValueError(f"at most {MOST_PARAMETERS} names of parameters of one check")
        checks = {name for one in self.controls for name in (*one.should_turn, *one.turned)}
        if len(checks) * len(self.controls) > MOST_CONTROL_CELLS:
            raise ValueError(f"a control matrix of at most {MOST_CONTROL_CELLS} cells")
        return self


def checked(found: Any, name: str) -> Document:
    """The results document that plain data hold; `name` is that of their file.

    Raises InputError, naming the first bad field.
    """
    if not isinstance(found, Mapping):
        raise InputError(name, found, f"a JSON object of the schema {SCHEMA}")
    if found.get("schema") != SCHEMA:
        raise InputError(f"schema in {name}", found.get("schema", MISSING), SCHEMA)
    try:
        return Document.model_validate(found)
    except ValidationError as error:
        raise refusal(error, found, name, "every results file has") from error
