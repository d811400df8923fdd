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
from layerproof.verify.report.graph.edges import COLOURS, ERRATUM_COLOUR, MEANING, EdgeKind
from layerproof.verify.report.graph.layout import Layout, Point, layout
from layerproof.verify.verdicts.verdict import Verdict
from layerproof.verify.verdicts.words import WORDS

COLUMN, GAP = 3.3, 0.18
"""The distance of two columns, and the space between two statements of one, in inches."""
BOX = (2.5, 0.62)
"""Width and height of a statement without verdicts, in inches."""
MARGIN, LEGEND = 0.3, 0.5
"""Around the drawing, and above it for the legend, in inches."""
TITLE_CHARACTERS, NAME_CHARACTERS, LINE_HEIGHT = 38, 32, 0.155
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
class Marks:
    """What a run found: the `worst` verdict by statement and form, and where arguments break first.

    `worst` is keyed by statement, then by form.
    """

    worst: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    first_breaks: frozenset[str] = frozenset()

    def lines(self, statement: str) -> list[str]:
        """The verdicts of one statement, on one line where they fit."""
        words = [f"{form}: {verdict}" for form, verdict in self.worst.get(statement, {}).items()]
        together = ", ".join(words)
        return [together] if words and len(together) <= TITLE_CHARACTERS else words

    def fill(self, statement: str) -> str | None:
        """The tint of its worst verdict; None where a statement has none."""
        found = self.worst.get(statement, {}).values()
        return next((look.tint for word, look in WORDS.items() if word in found), None)

    @property
    def height(self) -> float:
        """The height of a statement's box, in inches."""
        return BOX[1] + LINE_HEIGHT * max((len(self.lines(name)) for name in self.worst), default=0)


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
    row = marks.height + GAP
    width = (placed.columns - 1) * COLUMN + BOX[0] + 2 * MARGIN
    height = placed.rows * row + LEGEND + MARGIN
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, width), ylim=(0, height))  # so that lengths are in inches, upwards
    axes.axis("off")

    def inches(place: Point) -> Point:
        x = MARGIN + BOX[0] / 2 + place[0] * COLUMN
        return x, height - LEGEND - row / 2 - place[1] * row

    _draw_edges(axes, placed, inches)
    for statement in statements:
        _draw_box(axes, statement, inches(placed.place[statement.id]), marks)
    _draw_legend(axes, height)
    return figure


def _draw_edges(axes: Any, placed: Layout, inches: Callable[[Point], Point]) -> None:
    from matplotlib.patches import FancyArrowPatch

    for edge, points in placed.path.items():
        arrow = FancyArrowPatch(
            path=_curve([inches(point) for point in points]),
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


def _draw_box(axes: Any, statement: Statement, centre: Point, marks: Marks) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = centre
    broken = statement.erratum is not None
    first = statement.id in marks.first_breaks
    box = FancyBboxPatch(
        (x - BOX[0] / 2, y - marks.height / 2),
        BOX[0],
        marks.height,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=marks.fill(statement.id) or FILLS.get(statement.kind, "white"),
        edgecolor=ERRATUM_COLOUR if broken else "#555555",
        linewidth=4.0 if first else 2.0 if broken else 0.9,
        zorder=2,
    )
    box.set_gid(statement.id)
    axes.add_patch(box)
    name = f"{statement.id} *" if broken else statement.id
    name = f"{name}  breaks first" if first else name
    _write(axes, centre, name, textwrap.wrap(statement.title, TITLE_CHARACTERS), marks)


def _write(axes: Any, centre: Point, name: str, title: Sequence[str], marks: Marks) -> None:
    """The name, the title, and the verdicts, in a box."""
    x, y = centre
    verdicts = marks.lines(name.split()[0])
    top = y + LINE_HEIGHT * (len(title) + len(verdicts)) / 2
    size = 9 * min(1.0, NAME_CHARACTERS / len(name))
    axes.text(x, top, name, fontsize=size, weight="bold", **CENTRED)
    for number, line in enumerate((*title, *verdicts), start=1):
        weight = "bold" if number > len(title) else "normal"
        at = top - number * LINE_HEIGHT
        axes.text(x, at, line, fontsize=7.5, weight=weight, **CENTRED)


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
