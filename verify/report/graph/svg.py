"""The proof graph as an SVG drawn with matplotlib; its text stays text.

With verdicts, every statement carries them in words and is tinted by the worst.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from layerproof.theory.statements.base import Statement
from layerproof.verify.report.graph.edges import (
    BREAK_COLOUR,
    COLOURS,
    ERRATUM_COLOUR,
    MEANING,
    EdgeKind,
)
from layerproof.verify.report.graph.layout import Layout, Point, layout
from layerproof.verify.verdicts.verdict import Verdict
from layerproof.verify.verdicts.words import WORDS

MARGIN, LEGEND = 0.3, 0.5
"""Around the drawing, and above it for the legend, in inches."""
LONG_NAME = 18
"""Characters of half a name in type of full size."""
LINE_HEIGHT, CORNER = 0.155, 0.13
"""Of a line of text, and of the mark of an erratum, in inches."""
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
    "text.parse_math": False,  # verdicts and forms are those of a results file
}


@dataclass(frozen=True)
class Shape:
    """How large everything is, in inches, and how many characters a box takes."""

    column: float
    """The distance of two columns."""
    gap: float
    """The space between two statements of one column."""
    box: tuple[float, float]
    """Width and height of a statement without verdicts."""
    name: int
    line: int
    titles: bool = True


FULL = Shape(column=3.3, gap=0.18, box=(2.5, 0.62), name=38, line=38)
COMPACT = Shape(column=1.62, gap=0.14, box=(1.42, 0.4), name=22, line=22, titles=False)
"""Without titles, as narrow as a page."""


@dataclass(frozen=True)
class Marks:
    """What a run found: the `worst` verdict by statement and form, and where arguments break first.

    `worst` is keyed by statement, then by form. `shape` is that of the drawing.
    """

    worst: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    first_breaks: frozenset[str] = frozenset()
    shape: Shape = FULL

    def lines(self, statement: str) -> list[str]:
        """What is said of one statement: its verdicts, on one line where they fit, and a break."""
        words = [f"{form}: {verdict}" for form, verdict in self.worst.get(statement, {}).items()]
        together = ", ".join(words)
        words = [together] if words and len(together) <= self.shape.line else words
        return [*words, *(["breaks first"] if statement in self.first_breaks else [])]

    def fill(self, statement: str) -> str | None:
        """The tint of its worst verdict; None where a statement has none."""
        found = self.worst.get(statement, {}).values()
        return next((look.tint for word, look in WORDS.items() if word in found), None)

    @property
    def height(self) -> float:
        """The height of a statement's box, in inches."""
        most = max((len(self.lines(name)) for name in self.worst), default=0)
        return self.shape.box[1] + LINE_HEIGHT * most


def to_svg(statements: Sequence[Statement], marks: Marks | None = None) -> str:
    """The graph in columns by depth, arrows pointing from a statement to what rests on it.

    Equal catalogues and marks give equal bytes.
    """
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context(STYLE):
        figure = draw(statements, marks or Marks())
        figure.savefig(text, format="svg", metadata={"Date": None, "Title": "proof graph"})
    return text.getvalue()


def draw(statements: Sequence[Statement], marks: Marks) -> Any:
    """The matplotlib figure of the graph."""
    from matplotlib.figure import Figure

    placed = layout(statements)
    shape = marks.shape
    row = marks.height + shape.gap
    width = (placed.columns - 1) * shape.column + shape.box[0] + 2 * MARGIN
    height = placed.rows * row + LEGEND + MARGIN
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, width), ylim=(0, height))  # so that lengths are in inches, upwards
    axes.axis("off")

    def inches(place: Point) -> Point:
        x = MARGIN + shape.box[0] / 2 + place[0] * shape.column
        return x, height - LEGEND - row / 2 - place[1] * row

    _draw_edges(axes, placed, inches, shape.box[0] / 2)
    for statement in statements:
        _draw_box(axes, statement, inches(placed.place[statement.id]), marks)
    _draw_legend(axes, height)
    return figure


def _draw_edges(axes: Any, placed: Layout, inches: Callable[[Point], Point], half: float) -> None:
    from matplotlib.patches import FancyArrowPatch

    for edge, points in placed.path.items():
        arrow = FancyArrowPatch(
            path=_curve([inches(point) for point in points], half),
            arrowstyle="-|>,head_length=4,head_width=2",
            shrinkA=0,
            shrinkB=0,
            color=COLOURS[edge.kind],
            zorder=1,
            **LINES[edge.kind],
        )
        arrow.set_gid(f"{edge.kind}:{edge.source}:{edge.target}")
        axes.add_patch(arrow)


def _curve(points: Sequence[Point], half: float) -> Any:
    """A smooth curve, level where it leaves the source, passes a bend and enters the target.

    `half` is half the width of a box.
    """
    from matplotlib.path import Path

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


def _draw_box(axes: Any, statement: Statement, centre: Point, marks: Marks) -> None:
    """A box: a thick border of its own colour where an argument breaks, a corner for an erratum."""
    from matplotlib.patches import FancyBboxPatch, Polygon

    (x, y), (wide, high) = centre, (marks.shape.box[0], marks.height)
    first = statement.id in marks.first_breaks
    box = FancyBboxPatch(
        (x - wide / 2, y - high / 2),
        wide,
        high,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=marks.fill(statement.id) or FILLS.get(statement.kind, "white"),
        edgecolor=BREAK_COLOUR if first else "#555555",
        linewidth=3.5 if first else 0.9,
        zorder=2,
    )
    box.set_gid(statement.id)
    axes.add_patch(box)
    if statement.erratum is not None:
        axes.add_patch(Polygon(_corner(x + wide / 2, y + high / 2), color=ERRATUM_COLOUR, zorder=3))
    name = statement.id if statement.erratum is None else f"{statement.id} *"
    title = textwrap.wrap(statement.title, marks.shape.line) if marks.shape.titles else []
    _write(axes, centre, [*_names(name, marks.shape.name)], [*title], marks.lines(statement.id))


def _corner(right: float, top: float) -> list[Point]:
    """The triangle in the upper right corner of a box."""
    return [(right - CORNER, top), (right, top), (right, top - CORNER)]


def _names(name: str, most: int) -> list[str]:
    """The id on one line or, where it is too long, on two that part at its first point."""
    source, point, own = name.partition(".")
    return [name] if len(name) <= most or not point else [f"{source}.", own]


def _write(
    axes: Any, centre: Point, names: Sequence[str], title: Sequence[str], verdicts: Sequence[str]
) -> None:
    """The name, the title, and the verdicts, in a box."""
    x, y = centre
    top = y + LINE_HEIGHT * (len(names) + len(title) + len(verdicts) - 1) / 2
    most = max(map(len, names))
    size = 8.5 if most <= LONG_NAME or len(names) == 1 else 8.5 * LONG_NAME / most
    texts = [(name, size, "bold") for name in names] + [(line, 7.5, "normal") for line in title]
    for number, (line, size, weight) in enumerate(texts + [(v, 7.5, "bold") for v in verdicts]):
        colour = {"color": BREAK_COLOUR} if line == "breaks first" else {}
        at = top - number * LINE_HEIGHT
        axes.text(x, at, line, fontsize=size, weight=weight, **CENTRED, **colour)


def _draw_legend(axes: Any, height: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Polygon, Rectangle

    x, y = MARGIN, height - LEGEND / 2
    for kind, meaning in MEANING.items():
        line = Line2D([x, x + 0.5], [y, y], color=COLOURS[kind], **LINES[kind])
        line.set_gid(f"{kind}:legend")
        axes.add_line(line)
        text = axes.text(x + 0.6, y, meaning, va="center", fontsize=8)
        text.set_gid(f"{kind}:meaning")
        x += 1.2 + 0.062 * len(meaning)
    axes.add_patch(Polygon(_corner(x + 0.2, y + 0.07), color=ERRATUM_COLOUR))
    axes.text(x + 0.3, y, "* the printed form has an erratum", va="center", fontsize=8)
    x += 2.8
    axes.add_patch(
        Rectangle((x, y - 0.08), 0.3, 0.16, facecolor="none", edgecolor=BREAK_COLOUR, linewidth=3.5)
    )
    axes.text(x + 0.42, y, "breaks first", va="center", fontsize=8)
