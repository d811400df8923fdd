"""The pictures in the evidence of results.json, as `verify.verdicts.charts` writes them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from layerproof.verify.report.schemas.values import DocumentPart, Name, Number, Text

MOST_SERIES, MOST_POINTS = 50, 5000
"""Of a chart: its series, and the points of each."""

MOST_LINES = 500
"""Rows of a matrix, and columns."""

Column = Annotated[list[Number | None], Field(max_length=MOST_POINTS)]
MatrixRow = Annotated[list[Number | None], Field(max_length=MOST_LINES)]
Table = Annotated[list[MatrixRow], Field(max_length=MOST_LINES)]
Names = Annotated[list[Name], Field(max_length=MOST_LINES)]


class AxisRecord(DocumentPart):
    """An axis of a chart."""

    label: Text
    scale: Literal["linear", "log"]


class SeriesRecord(DocumentPart):
    """One line of a chart; its columns are of one length."""

    name: Text
    x: Column
    y: Column
    low: Column | None = None
    high: Column | None = None
    role: Literal["measured", "predicted", "population"] = "measured"
    group: Text = ""

    @model_validator(mode="after")
    def _columns(self) -> Self:
        columns = (self.x, self.y, self.low, self.high)
        if len({len(column) for column in columns if column}) > 1:
            raise ValueError("x, y, low and high of one length")
        return self


class ChartRecord(DocumentPart):
    """Series over shared axes."""

    kind: Literal["chart"]
    title: Text
    caption: Text
    x: AxisRecord
    y: AxisRecord
    series: list[SeriesRecord] = Field(max_length=MOST_SERIES)

    @property
    def size(self) -> int:
        """The number of points."""
        return sum(len(series.x) for series in self.series)


class MatrixRecord(DocumentPart):
    """A matrix of measurements; its tables have one entry for each row and column."""

    kind: Literal["matrix"]
    title: Text
    caption: Text
    row_label: Text
    column_label: Text
    rows: Names
    columns: Names
    values: Table
    low: Table | None = None
    high: Table | None = None
    predicted: Table | None = None

    @model_validator(mode="after")
    def _shapes(self) -> Self:
        shape = [len(self.columns)] * len(self.rows)
        tables = (self.values, self.low, self.high, self.predicted)
        if any(list(map(len, table)) != shape for table in tables if table is not None):
            raise ValueError("tables with an entry for each of the rows and columns")
        return self

    @property
    def size(self) -> int:
        """The number of cells."""
        return len(self.rows) * len(self.columns)


PictureRecord = Annotated[ChartRecord | MatrixRecord, Field(discriminator="kind")]
