"""What a results document says of each level: curves, expectations with margins, clusters."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from layerproof.theory.printable import printable
from layerproof.verify.report.rows import finite, varying
from layerproof.verify.report.schemas.results import Row
from layerproof.verify.report.settings import parameter

SWEEPS = {
    "N_over_crossover": "N / N_×",
    "samples_per_patch": "samples per patch",
}
"""Parameters that a check runs over a range of, and the name of the axis."""
SIZES = ("V", "m", "s", "L", "classes")
LONGEST_LABEL = 76
"""Characters of a label in a figure."""
MOST_SHOWN = 40
"""Expectations drawn at most in one figure, distances of clusters, and points of a curve."""
MOST_FIGURES = 100
"""Figures of all levels together; each takes some tenths of a second."""
MOST_CURVES = 12
"""Curves of one level that are drawn."""
SMALLEST_DRAWN, LARGEST_DRAWN = 1e-100, 1e100
"""Sizes of numbers that are drawn: beyond, the arithmetic of axes overflows."""


@dataclass(frozen=True)
class CurvePoint:
    """One measurement beside its prediction; `margin` is relative, None where there is none."""

    x: float
    predicted: float
    measured: float
    low: float
    high: float
    margin: float | None


@dataclass(frozen=True)
class Curve:
    """The points of one check, form and instance over a range, in order."""

    quantity: str
    instance: str
    form: str
    axis: str
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class Expectation:
    """One equality with a margin, off any range."""

    quantity: str
    form: str
    instance: str
    point: CurvePoint


@dataclass(frozen=True)
class ClusterDistances:
    """Distances of trained representations: within clusters, and between them."""

    instance: str
    within: float
    between: float


@dataclass(frozen=True)
class LevelReport:
    """Everything that the results say of one level."""

    level: int
    rows: tuple[Row, ...]
    curves: tuple[Curve, ...]
    expectations: tuple[Expectation, ...]
    clusters: tuple[ClusterDistances, ...]
    drawn: bool = True
    """Whether its figures are among the MOST_FIGURES of a report."""

    @property
    def figures(self) -> int:
        """How many figures show it."""
        return len(self.curves) + bool(self.expectations) + bool(self.clusters)


def levels(rows: Sequence[Row]) -> list[LevelReport]:
    """One entry for each level that a row names, from the top."""
    by_level: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found = row.parameters.get("level")
        if isinstance(found, int) and not isinstance(found, bool):
            by_level[found].append(row)
    return _within(MOST_FIGURES, [_level(number, by_level[number]) for number in sorted(by_level)])


def _within(most: int, found: Sequence[LevelReport]) -> list[LevelReport]:
    """The levels, those beyond so many figures without theirs."""
    ends = accumulate(level.figures for level in found)
    return [
        level
        if end <= most
        else replace(level, curves=(), expectations=(), clusters=(), drawn=False)
        for level, end in zip(found, ends, strict=True)
    ]


def drawable(value: Any) -> float | None:
    """A number of a size that axes can show, or None; what cannot be drawn stays in the tables."""
    found = finite(value)
    if found is None or found == 0.0:
        return found
    return found if SMALLEST_DRAWN <= abs(found) <= LARGEST_DRAWN else None


def instance(parameters: Mapping[str, Any]) -> str:
    """The sizes of an instance, such as ``V = 16, m = 4, s = 2, L = 3``."""
    sizes = (f"{name} = {parameter(parameters[name])}" for name in SIZES if name in parameters)
    return figure_label(", ".join(sizes))


def figure_label(text: str) -> str:
    """Text that a figure can hold: on one line, not too long, and nothing in it unseen."""
    whole = printable(" ".join(text.split()))
    return whole if len(whole) <= LONGEST_LABEL else f"{whole[: LONGEST_LABEL - 1]}…"


def _level(level: int, rows: Sequence[Row]) -> LevelReport:
    swept: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    single = []
    for row in rows:
        axis = _axis(row)
        if axis is None:
            single.append(row)
        else:
            swept[_family(row, axis)].append(row)
    curves = [_curve(members) for members in swept.values()]
    return LevelReport(
        level,
        tuple(rows),
        tuple(curve for curve in curves if curve.points)[:MOST_CURVES],
        tuple(_expectations(single)[:MOST_SHOWN]),
        tuple(_clusters(rows)[:MOST_SHOWN]),
    )


def _axis(row: Row) -> str | None:
    return next((name for name in SWEEPS if name in row.parameters), None)


def _family(row: Row, axis: str) -> tuple[str, ...]:
    """What the rows of one curve share; margins and lists of the range may differ."""
    sizes = {name: row.parameters.get(name) for name in (*SIZES, "ensemble")}
    return row.check, row.form, axis, json.dumps(sizes, sort_keys=True, default=str)


def _curve(rows: Sequence[Row]) -> Curve:
    first = rows[0]
    axis = _axis(first) or ""
    found = [_point(row, drawable(row.parameters[axis])) for row in rows]
    points = sorted((p for p in found if p is not None and p.x > 0), key=lambda point: point.x)
    points = points[:: -(-len(points) // MOST_SHOWN)] if points else []
    return Curve(
        figure_label(first.quantity),
        instance(first.parameters),
        figure_label(first.form),
        SWEEPS[axis],
        tuple(points),
    )


def _expectations(rows: Sequence[Row]) -> list[Expectation]:
    """Rows that compare an expectation with its prediction, which is more than its margin.

    What rows of one check differ in stands first in the name of their instance.
    """
    found = []
    for row in rows:
        point = _point(row, 0.0)
        if row.relation != "=" or point is None or point.margin is None:
            continue
        if point.predicted > 0 and point.margin < 1:
            found.append((row, point))
    settings: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row, _ in found:
        settings[row.check].append(row.parameters)
    differing = {check: varying(members) for check, members in settings.items()}
    return [
        Expectation(
            figure_label(row.quantity),
            figure_label(row.form),
            _named(row.parameters, differing[row.check]),
            point,
        )
        for row, point in found
    ]


def _named(parameters: Mapping[str, Any], keys: Sequence[str]) -> str:
    settings = (
        f"{key}={parameter(parameters[key])}"
        for key in keys
        if key not in SIZES and isinstance(parameters.get(key), int | float | str)
    )
    return figure_label(", ".join([*settings, instance(parameters)]))


def _point(row: Row, x: float | None) -> CurvePoint | None:
    numbers = [drawable(value) for value in (row.predicted, row.measured)]
    numbers += [drawable(value) for value in row.interval or (None, None)]
    if x is None or any(value is None for value in numbers):
        return None
    predicted, measured, low, high = (value for value in numbers if value is not None)
    return CurvePoint(x, predicted, measured, low, high, _relative_margin(row, predicted))


def _relative_margin(row: Row, predicted: float) -> float | None:
    margin = drawable(row.evidence.margin)
    if margin is None or margin < 0:
        return None
    if row.evidence.margin_is != "absolute":
        return margin
    return margin / abs(predicted) if predicted else None


def _clusters(rows: Sequence[Row]) -> list[ClusterDistances]:
    found = []
    for row in rows:
        within, between = map(drawable, (row.evidence.intracluster, row.evidence.intercluster))
        if within is not None and between is not None:
            found.append(ClusterDistances(instance(row.parameters), within, between))
    return found
