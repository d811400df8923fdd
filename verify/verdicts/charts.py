"""What a result shows besides its number: charts and matrices, as plain data in its evidence.

A report draws them from results.json alone (:mod:`layerproof.verify.report.draw_charts`); a check
only fills them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Scale = Literal["linear", "log"]
Role = Literal["measured", "predicted", "population"]


@dataclass(frozen=True)
class Series:
    """One line of a chart: points (x, y), with the limits of their intervals where they have some.

    A `measured` series is drawn as marks with error bars, a `predicted` one as a line, points of
    the `population` as open marks. An infinite upper limit is drawn as an arrow. Series of one
    `group` share a colour, of different groups they differ in it.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    role: Role = "measured"
    group: str = ""


@dataclass(frozen=True)
class Axis:
    """An axis: its label with the unit, and its scale."""

    label: str
    scale: Scale = "linear"


@dataclass(frozen=True)
class Chart:
    """Series over shared axes; `caption` says in one sentence what the reader should see."""

    title: str
    caption: str
    x: Axis
    y: Axis
    series: Sequence[Series]

    def to_dict(self) -> dict[str, Any]:
        """Plain data: {"kind": "chart", …}."""
        return {"kind": "chart"} | asdict(self)


@dataclass(frozen=True)
class Matrix:
    """A matrix of measurements (rows, columns), with limits and prediction of the same shape.

    An entry is None where there is no value.
    """

    title: str
    caption: str
    row_label: str
    column_label: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    low: Sequence[Sequence[float | None]] | None = None
    high: Sequence[Sequence[float | None]] | None = None
    predicted: Sequence[Sequence[float | None]] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data: {"kind": "matrix", …}."""
        return {"kind": "matrix"} | asdict(self)


Picture = Chart | Matrix
