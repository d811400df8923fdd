"""What invariance.json holds (layerproof/invariance/1): the types that it is read into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from layerproof.verify.report.schemas.values import DocumentPart, Name, Number, Text, refusal
from layerproof.verify.verdicts.verdict import Verdict

SCHEMA = "layerproof/invariance/1"
MOST_LAYERS, MOST_LEVELS = 100_000, 128

Numbers = Annotated[list[Number | None], Field(max_length=MOST_LAYERS)]
Table = Annotated[list[Numbers], Field(max_length=MOST_LEVELS)]
Word = Annotated[Verdict, Field(strict=False)]
Words = Annotated[list[Word | None], Field(max_length=MOST_LAYERS)]
WordTable = Annotated[list[Words], Field(max_length=MOST_LEVELS)]


class OutputRecord(DocumentPart):
    """S of the network's own output: one number a level."""

    values: Numbers
    low: Numbers
    high: Numbers
    predicted: Numbers | None = None
    baseline: Numbers | None = None


class LeftOutLayerRecord(DocumentPart):
    """A layer that was not measured, and why."""

    layer: Text
    reason: Text


class RerunRecord(DocumentPart):
    """A layer that gives the same strings another output when they are run again."""

    layer: Text
    change: Number


class InvarianceDocument(DocumentPart):
    """One row a level and one column a layer; what is null was not measured or not predicted."""

    schema_: Literal["layerproof/invariance/1"] = Field(alias="schema")
    levels: list[int] = Field(max_length=MOST_LEVELS)
    layers: list[Text] = Field(max_length=MOST_LAYERS)
    values: Table
    low: Table
    high: Table
    predicted: Table | None = None
    baseline: Table | None = None
    represents: list[int | None] | None = None
    verdicts: WordTable | None = None
    output: OutputRecord | None = None
    output_verdicts: Words | None = None
    normalisation: Text
    meaning: Text
    confidence: float
    samples: int
    margin: dict[Name, Number]
    accuracy: Number | None = None
    accuracy_interval: list[Number] | None = None
    accuracy_reason: Text | None = None
    chance: Number | None = None
    near_chance: bool | None = None
    left_out: list[LeftOutLayerRecord] = Field(default=[], max_length=MOST_LAYERS)
    random: list[RerunRecord] = Field(default=[], max_length=MOST_LAYERS)
    learner: dict[Name, Any] | None = None
    measured: dict[Name, Text | None]
    reproduce: Text
    provenance: dict[Name, Any] = Field(default={})

    @model_validator(mode="after")
    def _shapes(self) -> Self:
        shape = [len(self.layers)] * len(self.levels)
        tables: Sequence[Any] = (
            self.values, self.low, self.high, self.predicted, self.baseline, self.verdicts,
        )  # fmt: skip
        if any(list(map(len, table)) != shape for table in tables if table is not None):
            raise ValueError("tables with a row for each level and a column for each layer")
        return self


def checked_invariance(found: Any, name: str) -> InvarianceDocument:
    """The document that `found` is; `name` is that of its file.

    Raises InputError, naming the first bad field, where it is none.
    """
    try:
        return InvarianceDocument.model_validate(found)
    except ValidationError as error:
        raise refusal(error, found, name, f"a document of the schema {SCHEMA} has") from error
