"""Draws the charts and matrices that rows carry in their evidence (`verify.verdicts.charts`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from layerproof.theory.formatting import figures
from layerproof.verify.report.level_figures import plain_decades
from layerproof.verify.report.levels import drawable, figure_label
from layerproof.verify.report.rows import finite
from layerproof.verify.report.schemas.pictures import (
    ChartRecord,
    MatrixRecord,
    PictureRecord,
    SeriesRecord,
)
from layerproof.verify.report.schemas.results import Row
from layerproof.verify.report.settings import parameter
from layerproof.verify.report.style import INK, MEASURED, MUTED, OTHER, PREDICTED, figure_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 4.6
"""Of a figure in inches: what a phone can show."""

COLOURS = (MEASURED, PREDICTED, OTHER, "#cc79a7", "#e69f00", "#56b4e9", INK)
MARKS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("--", "-", ":", "-.", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
"""A series differs from its neighbours in colour and in mark or line, for print in black."""

COLOUR_MAP = "cividis"
MOST_WRITTEN, MOST_WRITTEN_LINES = 400, 60
"""Cells of a matrix in which numbers are written, and rows or columns of such a matrix."""
MOST_NAMED = 10
"""Rows and columns that are named, of a matrix without numbers."""

ARROW = 0.6
"""Length of the arrow of a lower bound, in parts of its value."""

DARK, LIGHT = "#010101", "#fdfdfd"
"""Numbers on the cells of a matrix, whose colours are the same on a light and a dark page.

Not quite black, which an SVG leaves out: the page would then put its own ink there.
"""


class Shared(NamedTuple):
    """A picture, and the rows that carry it."""

    picture: PictureRecord
    rows: list[Row]


def distinct_pictures(rows: Iterable[Row]) -> list[Shared]:
    """Every picture once: forms that are judged on the same trials share theirs."""
    found: dict[str, Shared] = {}
    for row in rows:
        for picture in row.evidence.pictures:
            found.setdefault(picture.model_dump_json(), Shared(picture, [])).rows.append(row)
    return list(found.values())


def drawn_pictures(rows: Iterable[Row], anchors: Mapping[int, str]) -> list[dict[str, Any]]:
    """Every picture of the rows, ready for the page: SVG, caption, table, links to its rows.

    `anchors` gives the anchor of each row by its identity. `level` is the one level that the
    picture is about, or None.
    """
    found = distinct_pictures(rows)
    titles = _titles(found)
    return [
        _view(f"picture-{place}", titles[place], anchors, entry)
        for place, entry in enumerate(found)
    ]


def _titles(pictures: Sequence[Shared]) -> list[str]:
    """The titles; those of several pictures with what the pictures differ in."""
    words = [{"as": rows[0].form} | rows[0].parameters for _, rows in pictures]
    titles = [picture.title for picture, _ in pictures]
    alike: dict[str, list[dict[str, Any]]] = {title: [] for title in titles}
    for title, own in zip(titles, words, strict=True):
        alike[title].append(own)
    pairs = zip(titles, words, strict=True)
    return [_distinguished(title, own, alike[title]) for title, own in pairs]


def _distinguished(title: str, own: Mapping[str, Any], alike: Sequence[Mapping[str, Any]]) -> str:
    differ = [key for key in own if any(other.get(key) != own[key] for other in alike)]
    words = (f"{key} {parameter(own[key])}" for key in differ)
    return ", ".join([title, *words]) if len(alike) > 1 else title


def draw(picture: PictureRecord) -> Figure:
    """The figure of one picture, a chart or a matrix."""
    return draw_matrix(picture) if isinstance(picture, MatrixRecord) else draw_chart(picture)


def _view(
    prefix: str,
    title: str,
    anchors: Mapping[int, str],
    shared: Shared,
) -> dict[str, Any]:
    picture, rows = shared
    svg = figure_svg(partial(draw, picture), prefix, title)
    levels = {row.parameters.get("level") for row in rows}
    links = [{"anchor": anchors[id(r)], "name": f"{r.id}, {r.form}"} for r in rows]
    return {
        "svg": Markup(svg),
        "title": title,
        "caption": picture.caption,
        "rows": links,
        "level": levels.pop() if len(levels) == 1 else None,
        "table": _matrix_table(picture)
        if isinstance(picture, MatrixRecord)
        else _chart_table(picture),
    }


def draw_chart(chart: ChartRecord) -> Figure:
    """Measured series as marks with error bars, predicted ones as lines."""
    from matplotlib.figure import Figure

    shown = [(series, points) for series in chart.series if (points := _points(chart, series))]
    figure = Figure(figsize=(WIDTH, 3.2 + 0.17 * len(shown)), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=figure_label(chart.x.label), ylabel=figure_label(chart.y.label))
    for (series, points), (colour, mark) in zip(shown, _places(s for s, _ in shown), strict=True):
        _draw_series(axes, series, points, colour, mark)
    if not shown:
        axes.text(0.5, 0.5, "no point can be drawn", ha="center", transform=axes.transAxes)
        return figure
    axes.set(xscale=chart.x.scale, yscale=chart.y.scale)
    for axis, look in ((axes.xaxis, chart.x), (axes.yaxis, chart.y)):
        if look.scale == "log":
            plain_decades(axis)
    figure.legend(loc="outside upper left", ncols=1)
    return figure


def _places(series: Iterable[SeriesRecord]) -> Iterator[tuple[int, int]]:
    """Which colour and which mark or line each series has.

    Both change from one series of a role to the next; with groups, the colour from group to group
    and the mark within each. Predictions without groups, unless there is one for each of several
    measured series, are lines to compare with, in ink.
    """
    series = list(series)
    roles = [entry.role for entry in series]
    common = not 1 < roles.count("predicted") == roles.count("measured")
    groups: dict[str, int] = {}
    marks: dict[tuple[str, str], int] = {}
    for entry in series:
        role, group = entry.role, entry.group
        first = int(role == "population")  # its first colour is that of the second measured series
        mark = marks.setdefault((role, group), first)
        marks[role, group] += 1
        colour = groups.setdefault(group, len(groups)) if group else mark
        if role == "predicted" and common and not group:
            colour = COLOURS.index(INK)
        yield colour % len(COLOURS), mark % len(MARKS)


def _draw_series(
    axes: Axes,
    series: SeriesRecord,
    points: Sequence[tuple[float, ...]],
    colour: int,
    mark: int,
) -> None:
    from matplotlib.markers import CARETUPBASE

    x, y, low, high = (list(values) for values in zip(*points, strict=True))
    look: dict[str, Any] = {"color": COLOURS[colour], "label": figure_label(series.name)}
    if series.role == "predicted":
        dot = "" if len(x) == 2 else "."  # two points are the ends of a straight line
        axes.plot(x, y, linestyle=LINES[mark], marker=dot, **look)
        return
    if series.role == "population":
        axes.plot(x, y, MARKS[mark], markerfacecolor="none", markersize=8, **look)
        return
    ends = [_end(most, middle) for middle, most in zip(y, high, strict=True)]
    errors = [
        [max(middle - least, 0.0) for middle, least in zip(y, low, strict=True)],
        [max(end - middle, 0.0) for middle, end in zip(y, ends, strict=True)],
    ]
    bars = errors if any(map(any, errors)) else None
    # Points with intervals are a curve, which a thin line holds together; others are a cloud.
    line = "none" if bars is None else "-"
    axes.errorbar(x, y, bars, fmt=MARKS[mark], elinewidth=1, linestyle=line, linewidth=0.7, **look)
    arrows = [(a, end) for a, end, most in zip(x, ends, high, strict=True) if math.isinf(most)]
    if arrows:
        axes.plot(*zip(*arrows, strict=True), linestyle="", marker=CARETUPBASE, color=look["color"])


def _end(limit: float, middle: float) -> float:
    """Where the bar up to a limit ends; that of an infinite one is ARROW long."""
    return middle + ARROW * abs(middle) if math.isinf(limit) else limit


def _points(chart: ChartRecord, series: SeriesRecord) -> list[tuple[float, float, float, float]]:
    """(x, y, low, high) of the points that the axes can show."""
    columns = series.x, series.y, series.low or series.y, series.high or series.y
    least = [0.0 if axis.scale == "log" else -math.inf for axis in (chart.x, chart.y)]
    found = []
    for *place, low, high in zip(*columns, strict=False):
        x, y = map(drawable, place)
        if x is not None and y is not None and x > least[0] and y > least[1]:
            found.append((x, y, _limit(low, y, least[1]), _limit(high, y, least[1])))
    return found


def _limit(value: Any, middle: float, least: float) -> float:
    """A limit of an interval; the point itself where there is none that the axis can show."""
    if value in ("inf", math.inf):
        return math.inf
    found = drawable(value)
    return found if found is not None and found > least else middle


def draw_matrix(matrix: MatrixRecord, top: float | None = None) -> Figure:
    """A heat map with the number, the interval and the prediction written in every cell.

    Where there are more than MOST_WRITTEN cells their colour alone says it, beside a scale. Colours
    end at `top` where it is given, as those of another matrix beside it do.
    """
    from matplotlib.figure import Figure

    rows, columns = len(matrix.rows), len(matrix.columns)
    if rows * columns > MOST_WRITTEN or max(rows, columns) > MOST_WRITTEN_LINES:
        return _draw_large_matrix(matrix, top)
    figure = Figure(
        figsize=(max(WIDTH, 1.2 + 0.95 * columns), 0.9 + 0.62 * rows), layout="constrained"
    )
    axes = figure.subplots()
    colour_of = _colours(matrix, top)
    for i in range(rows):
        for j in range(columns):
            _draw_cell(axes, matrix, i, j, colour_of(matrix.values[i][j]))
    _name_lines(axes, matrix, every=1)
    return figure


def _draw_cell(
    axes: Axes, matrix: MatrixRecord, i: int, j: int, colour: tuple[float, ...] | None
) -> None:
    """One cell with its colour, where it has one, and its numbers."""
    from matplotlib.patches import Rectangle

    face = (1.0, 1.0, 1.0, 0.0) if colour is None else colour
    axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=face, edgecolor=MUTED))
    ink = INK if colour is None else LIGHT if _luminance(colour) < 0.4 else DARK
    text = _cell(matrix, i, j)
    axes.text(j, i, text, ha="center", va="center", color=ink, fontsize=7)


def _draw_large_matrix(matrix: MatrixRecord, top: float | None) -> Figure:
    """A heat map of colours alone, with their scale."""
    import numpy as np
    from matplotlib.figure import Figure

    shape = len(matrix.rows), len(matrix.columns)
    found = [drawable(value) for row in matrix.values for value in row]
    values = np.array([math.nan if value is None else value for value in found]).reshape(shape)
    high = WIDTH * min(2.0, max(0.35, shape[0] / shape[1]))
    figure = Figure(figsize=(WIDTH, high), layout="constrained")
    axes = figure.subplots()
    low, top = _range(matrix, top)
    shown = np.ma.masked_invalid(values)
    image = axes.imshow(shown, cmap=COLOUR_MAP, vmin=low, vmax=top, interpolation="none")
    axes.set_aspect("auto")
    _name_lines(axes, matrix, every=-(-max(shape) // MOST_NAMED))
    figure.colorbar(image, ax=axes, shrink=0.8)
    return figure


def _name_lines(axes: Axes, matrix: MatrixRecord, every: int) -> None:
    """The labels of a matrix, and the names of some of its rows and columns."""
    rows, columns = (list(map(figure_label, names)) for names in (matrix.rows, matrix.columns))
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.set(xlabel=figure_label(matrix.column_label))
    axes.set(ylabel=figure_label(matrix.row_label))
    axes.set_xticks(range(0, len(columns), every), columns[::every])
    axes.set_yticks(range(0, len(rows), every), rows[::every])
    axes.tick_params(length=0)
    for label in axes.get_xticklabels() if len(columns) > 4 else ():
        label.set(rotation=30, ha="right")


def _range(matrix: MatrixRecord, top: float | None) -> tuple[float, float]:
    """The ends of the scale of colours, from what can be drawn and 0."""
    values = [v for row in matrix.values for v in map(drawable, row) if v is not None]
    return min([0.0, *values]), top or max([0.0, *values]) or 1.0


def _colours(matrix: MatrixRecord, top: float | None) -> Callable[[Any], tuple[float, ...] | None]:
    """The colour of a value; None for one that has none."""
    import matplotlib as mpl

    scale, colours = mpl.colors.Normalize(*_range(matrix, top)), mpl.colormaps[COLOUR_MAP]
    return lambda value: None if drawable(value) is None else colours(scale(value))


def _luminance(colour: Sequence[float]) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def _cell(matrix: MatrixRecord, i: int, j: int) -> str:
    """The lines of one cell: value, interval, prediction, those that there are."""
    value = matrix.values[i][j]
    lines = [_number(value)]
    if matrix.low and matrix.high:
        low, high = matrix.low[i][j], matrix.high[i][j]
        if finite(low) is not None and finite(high) is not None:
            lines.append(f"[{_number(low)}, {_number(high)}]")
    if matrix.predicted and matrix.predicted[i][j] is not None:
        lines.append(f"predicted {_number(matrix.predicted[i][j])}")
    return "\n".join(lines)


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return figures(value, 3) if finite(value) is None else f"{value:.3g}"


def _chart_table(chart: ChartRecord) -> dict[str, Any]:
    """Every point of a chart as text."""
    body = []
    for series in chart.series:
        limits = [found or [None] * len(series.y) for found in (series.low, series.high)]
        for x, y, low, high in zip(series.x, series.y, *limits, strict=False):
            interval = f"[{figures(low)}, {figures(high)}]" if low is not None else ""
            body.append([series.name, figures(x), figures(y), interval])
    return {"head": ["series", chart.x.label, chart.y.label, "interval"], "body": body}


def _matrix_table(matrix: MatrixRecord) -> dict[str, Any]:
    """Every cell of a matrix as text."""
    head = [f"{matrix.row_label} \\ {matrix.column_label}", *matrix.columns]
    body = [
        [name, *(_cell(matrix, i, j).replace("\n", " ") for j in range(len(matrix.columns)))]
        for i, name in enumerate(matrix.rows)
    ]
    return {"head": head, "body": body}
