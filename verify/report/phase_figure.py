"""The figure of a phase diagram: one panel for each of what is asked, over the first two names."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from layerproof.verify.report.style import INK, MUTED, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = {
    "kappa_finite": "P[κ < ∞]",
    "K_rho_positive": "P[K_ρ > 0]",
    "proposition_19": "P[Prop. 19's bound holds]",
    "K_rho": "K_ρ, median",
}
"""What each column of panels shows."""

FORMATS = ("svg", "png", "pdf")
MOST_ROWS = 12
"""Combinations of the other names that are drawn; the table and the JSON hold all."""

COLOURS, HATCH = "cividis", "////"
"""A map that colour-blind readers see as others do, and what marks sizes without grammars."""


def phase_figures(document: dict[str, Any]) -> dict[str, bytes]:
    """The diagram as phases.svg, .png and .pdf: what each of these files holds."""
    found: dict[str, bytes] = {}
    with figure_style():
        figure = draw_phases(document)
        for ending in FORMATS:
            content = BytesIO()
            figure.savefig(content, format=ending, dpi=160, facecolor="white")
            found[f"phases.{ending}"] = content.getvalue()
    return found


def draw_phases(document: dict[str, Any]) -> Figure:
    """One row of panels for each combination of the names after the first two."""
    from matplotlib.figure import Figure

    sweep = document["sweep"]
    names = [name for name in sweep if len(sweep[name]) > 1] or list(sweep)[:1]
    x, y, others = names[0], (names[1] if len(names) > 1 else None), names[2:]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for point in document["points"]:
        groups.setdefault(tuple(point[name] for name in others), []).append(point)
    shown = dict(list(groups.items())[:MOST_ROWS])
    rows = max(1, len(shown))
    tall = 0.28 * (len(sweep[y]) if y else 1) + 1.1
    figure = Figure(figsize=(11.0, max(2.4, tall) * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, len(PANELS), squeeze=False)
    most = _largest(document)
    for row, (values, points) in enumerate(shown.items()):
        label = ", ".join(f"{name} = {value}" for name, value in zip(others, values, strict=True))
        for column, part in enumerate(PANELS):
            axes = grid[row, column]
            image = _panel(axes, points, part, (x, sweep[x]), (y, sweep[y] if y else [0]), most)
            if row == 0:
                axes.set_title(PANELS[part], color=INK)
            if column == 0:
                name = y or ""
                axes.set_ylabel(f"{label}\n{name}" if label else name)
            if part in ("proposition_19", "K_rho"):
                figure.colorbar(image, ax=axes, shrink=0.9)
    fixed = ", ".join(f"{name} = {document['points'][0][name]}" for name in _fixed(document, names))
    left = len(groups) - len(shown)
    note = f" ({left} more combinations in the table)" if left else ""
    figure.suptitle(
        f"{document['draws']} draws a point; {fixed}; hatched: no such grammar; "
        f"intervals in phases.json{note}",
        fontsize=8.5,
        color=MUTED,
    )
    return figure


def _fixed(document: dict[str, Any], names: Sequence[str]) -> list[str]:
    """The sizes that the sweep does not vary; a point's other entries are no single values."""
    point = document["points"][0]
    left = (*names, "impossible")
    return [k for k, v in point.items() if k not in left and not isinstance(v, dict | list)]


def _largest(document: dict[str, Any]) -> float:
    found = [_value(point, "K_rho") for point in document["points"]]
    return float(max((value for value in found if np.isfinite(value)), default=1.0)) or 1.0


def _value(point: dict[str, Any], part: str) -> float:
    if "impossible" in point:
        return float("nan")
    if part == "K_rho":
        return float(next(entry["value"] for entry in point[part] if entry["p"] == 0.5))
    return float(point[part]["fraction"])


def _panel(
    axes: Axes,
    points: Sequence[dict[str, Any]],
    part: str,
    x: tuple[str, Sequence[Any]],
    y: tuple[str | None, Sequence[Any]],
    most: float,
) -> Any:
    """Colours with the number in every cell, where the cells are large enough to hold it."""
    table = np.full((len(y[1]), len(x[1])), np.nan)
    for point in points:
        place = y[1].index(point[y[0]]) if y[0] else 0
        table[place, x[1].index(point[x[0]])] = _value(point, part)
    top = most if part == "K_rho" else 1.0
    axes.set_facecolor("#f2f2f2")
    from matplotlib.patches import Rectangle

    for row, column in np.argwhere(np.isnan(table)):
        box = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch=HATCH, lw=0, ec=MUTED)
        axes.add_patch(box)
    shown = np.ma.masked_invalid(np.minimum(table, top))
    image = axes.imshow(shown, origin="lower", aspect="auto", cmap=COLOURS, vmin=0.0, vmax=top)
    _ticks(axes.set_xticks, x[1])
    _ticks(axes.set_yticks, y[1] if y[0] else [])
    axes.set_xlabel(x[0])
    if table.size <= 110 and len(x[1]) <= 8:
        for (row, column), value in np.ndenumerate(table):
            if np.isfinite(value):
                colour = "white" if value < 0.5 * top else "black"
                text = f"{value:.2f}".removeprefix("0") if 0 < value < 1 else f"{value:.2g}"
                axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
    return image


def _ticks(set_ticks: Any, values: Sequence[Any]) -> None:
    """At most about nine labels."""
    every = max(1, -(-len(values) // 9))
    places = range(0, len(values), every)
    texts = [v if isinstance(v, str) else f"{v:g}" for v in (values[place] for place in places)]
    set_ticks(list(places), texts)
