"""The figures of one level: predictions with their margins, measurements with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from layerproof.verify.report.levels import ClusterDistances, Curve, Expectation
from layerproof.verify.report.style import BAND, INK, MEASURED, OTHER, PREDICTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

WIDTH, STRIP = 4.6, 0.62
"""The width of a figure, which a phone can show, and the height of one strip; in inches."""


EXPECTATIONS = "Measured over predicted, with interval; the band is the margin."
CLUSTERS = (
    "Representations of trained layers, in the trial where the clusters of synonyms come nearest: "
    "they are apart where the distance within is less than that between."
)


def curve_caption(curve: Curve) -> str:
    """What stands below a curve."""
    about = f"{curve.quantity} over {curve.axis}, as {curve.form}. {curve.instance}."
    return f"{about} The dotted line only joins the predictions."


def draw_curve(curve: Curve) -> Figure:
    """Predicted points with their margins as bands; measured points with their intervals."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    figure = Figure(layout="constrained")
    axes = figure.subplots()
    x = [point.x for point in curve.points]
    predicted = [point.predicted for point in curve.points]
    margins = [abs(point.predicted) * (point.margin or 0.0) for point in curve.points]
    axes.errorbar(x, predicted, margins, fmt="none", color=BAND, linewidth=9, capsize=0)
    # Few points: what lies between them is not predicted here, and the line only joins them.
    look: dict[str, Any] = {"color": PREDICTED, "linewidth": 0.8, "markersize": 4}
    axes.plot(x, predicted, "D:", label="predicted, with margin", **look)
    below = [max(point.measured - point.low, 0.0) for point in curve.points]
    above = [max(point.high - point.measured, 0.0) for point in curve.points]
    measured = [point.measured for point in curve.points]
    axes.errorbar(
        x, measured, [below, above], fmt="o", color=MEASURED, label="measured, with interval"
    )
    axes.set(xlabel=curve.axis, ylabel=curve.quantity, xscale="log")
    if all(point.low > 0 and point.predicted > 0 for point in curve.points):
        axes.set_yscale("log")
        plain_decades(axes.yaxis)
    axes.set_xticks(x, [f"{value:g}" for value in x])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.legend()
    return figure


def draw_expectations(expectations: Sequence[Expectation]) -> Figure:
    """Measured over predicted, with interval, inside or outside the margin around 1."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 0.8 + STRIP * len(expectations)), layout="constrained")
    axes = figure.subplots()
    axes.use_sticky_edges = False  # the bands end inside the axes
    for place, entry in enumerate(reversed(expectations)):
        point = entry.point
        margin = point.margin or 0.0
        axes.barh(place, 2 * margin, 0.3, left=1 - margin, color=BAND, zorder=1)
        low, middle, high = (v / point.predicted for v in (point.low, point.measured, point.high))
        errors = [[max(middle - low, 0.0)], [max(high - middle, 0.0)]]
        axes.errorbar([middle], [place], xerr=errors, fmt="o", color=MEASURED, zorder=3)
        axes.vlines(1.0, place - 0.25, place + 0.18, PREDICTED, "--", zorder=2)
    names = [f"{e.quantity}, as {e.form}\n{e.instance}" for e in expectations]
    _name_strips(axes, names)
    axes.set_xlabel("measured / predicted")
    return figure


def draw_clusters(clusters: Sequence[ClusterDistances]) -> Figure:
    """Distances within and between clusters of synonyms, on one logarithmic axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 1.1 + STRIP * len(clusters)), layout="constrained")
    axes = figure.subplots()
    places = range(len(clusters))
    within = [entry.within for entry in clusters][::-1]
    between = [entry.between for entry in clusters][::-1]
    axes.hlines(places, within, between, color=INK, linewidth=0.8, zorder=1)
    axes.plot(within, places, "o", color=MEASURED, label="within a cluster, largest")
    axes.plot(between, places, "s", color=OTHER, label="between clusters, least")
    if all(value > 0 for value in (*within, *between)):
        axes.set_xscale("log")
        plain_decades(axes.xaxis)
    _name_strips(axes, [entry.instance for entry in clusters])
    axes.set_xlabel("distance of representations")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


def _name_strips(axes: Axes, names: Sequence[str]) -> None:
    """The name of each strip above it, the first on top: beside it a phone has no room."""
    for place, name in enumerate(reversed(names)):
        text = axes.text(0.01, place + 0.22, name, transform=axes.get_yaxis_transform())
        text.set(fontsize=7.5, in_layout=False)
    axes.set_yticks([])
    axes.set_ylim(-0.4, len(names) - 0.25)


def plain_decades(axis: Axis) -> None:
    """Ticks of a logarithmic axis in plain numbers: at decades, at 1, 2 and 5 if they are few."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    low, high = axis.get_view_interval()
    subs = (1.0, 2.0, 5.0) if high < 300.0 * low else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=8))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())
