"""The proof graph as an SVG drawn with matplotlib; its text stays text."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from theory.statements.base import Statement
from verify.graph.edges import COLOURS, ERRATUM_COLOUR, MEANING, EdgeKind
from verify.graph.layout import Layout, Point, layout

COLUMN, ROW = 3.3, 0.8
"""The distance of two columns and of two rows, in inches."""
BOX = (2.5, 0.62)
"""Width and height of a statement, in inches."""
MARGIN, LEGEND = 0.3, 0.5
"""Around the drawing, and above it for the legend, in inches."""
TITLE_CHARACTERS, LINE_HEIGHT = 38, 0.155
CENTRED = {"ha": "center", "va": "center", "zorder": 3}
LINES: dict[EdgeKind, dict[str, Any]] = {
    "assumes": {"linestyle": (0, (4, 2)), "linewidth": 1.0},
    "proof_uses": {"linestyle": "-", "linewidth": 1.1},
}
FILLS = {"definition": "#EEF4FA", "assumption": "#EEF4FA"}
"""Premises are tinted; results stand on white."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "layerproof",
    "font.family": "DejaVu Sans",
}


def to_svg(statements: Sequence[Statement]) -> str:
    """The graph in columns by depth, arrows pointing from a statement to what rests on it.

    Equal catalogues give equal bytes.
    """
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context(STYLE):
        figure = draw(statements)
        figure.savefig(text, format="svg", metadata={"Date": None, "Title": "proof graph"})
    return text.getvalue()


def draw(statements: Sequence[Statement]) -> Any:
    """The matplotlib figure of the graph."""
    from matplotlib.figure import Figure

    placed = layout(statements)
    width = (placed.columns - 1) * COLUMN + BOX[0] + 2 * MARGIN
    height = placed.rows * ROW + LEGEND + MARGIN
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, width), ylim=(0, height))  # so that lengths are in inches, upwards
    axes.axis("off")
    _draw_edges(axes, placed, height)
    for statement in statements:
        _draw_box(axes, statement, _inches(placed.place[statement.id], height))
    _draw_legend(axes, height)
    return figure


def _inches(place: Point, height: float) -> Point:
    column, row = place
    return MARGIN + BOX[0] / 2 + column * COLUMN, height - LEGEND - ROW / 2 - row * ROW


def _draw_edges(axes: Any, placed: Layout, height: float) -> None:
    from matplotlib.patches import FancyArrowPatch

    for edge, points in placed.path.items():
        arrow = FancyArrowPatch(
            path=_curve([_inches(point, height) for point in points]),
            arrowstyle="-|>,head_length=4,head_width=2",
            shrinkA=0,
            shrinkB=0,
            color=COLOURS[edge.kind],
            zorder=1,
            **LINES[edge.kind],
        )
        arrow.set_gid(f"{edge.kind}:{edge.source}:{edge.target}")
        axes.add_patch(arrow)


def _curve(points: Sequence[Point]) -> Any:
    """A smooth curve, level where it leaves the source, passes a bend and enters the target."""
    from matplotlib.path import Path

    half = BOX[0] / 2
    stops = [
        (points[0][0] + half, points[0][1]),
        *(stop for x, y in points[1:-1] for stop in ((x - half, y), (x + half, y))),
        (points[-1][0] - half, points[-1][1]),
    ]
    vertices, codes = [stops[0]], [Path.MOVETO]
    for index, ((x, y), (x2, y2)) in enumerate(pairwise(stops)):
        middle = (x + x2) / 2
        across = index % 2 == 0  # between columns; the others run straight through a column
        vertices += [(middle, y), (middle, y2), (x2, y2)] if across else [(x2, y2)]
        codes += [Path.CURVE4] * 3 if across else [Path.LINETO]
    return Path(vertices, codes)


def _draw_box(axes: Any, statement: Statement, centre: Point) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = centre
    broken = statement.erratum is not None
    box = FancyBboxPatch(
        (x - BOX[0] / 2, y - BOX[1] / 2),
        *BOX,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=FILLS.get(statement.kind, "white"),
        edgecolor=ERRATUM_COLOUR if broken else "#555555",
        linewidth=2.0 if broken else 0.9,
        zorder=2,
    )
    box.set_gid(statement.id)
    axes.add_patch(box)
    title = textwrap.wrap(statement.title, TITLE_CHARACTERS)
    top = y + LINE_HEIGHT * len(title) / 2
    name = f"{statement.id} *" if broken else statement.id
    axes.text(x, top, name, fontsize=9, weight="bold", **CENTRED)
    for number, line in enumerate(title, start=1):
        axes.text(x, top - number * LINE_HEIGHT, line, fontsize=7.5, **CENTRED)


def _draw_legend(axes: Any, height: float) -> None:
    from matplotlib.lines import Line2D

    y = height - LEGEND / 2
    x = MARGIN
    for kind, meaning in MEANING.items():
        axes.add_line(Line2D([x, x + 0.5], [y, y], color=COLOURS[kind], **LINES[kind]))
        axes.text(x + 0.6, y, meaning, va="center", fontsize=8)
        x += 3.1
    note = "* the printed form has an erratum"
    axes.text(x, y, note, va="center", fontsize=8, color=ERRATUM_COLOUR)
