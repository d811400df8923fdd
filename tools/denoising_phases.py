"""The phase diagram of denoising: ``python -m tools.denoising_phases``, which takes some minutes.

Regions and lines are the annealed map's, exact; points are drawn grammars, each with its interval:
the noise at which their mean belief in the label is that in the tokens half-way up.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import brentq

from layerproof.theory.predictions_denoising import (
    ANNEALED_MAP,
    SLOPE_CERTAIN,
    SLOPE_UNIFORM,
    THRESHOLD_NOISE,
)
from layerproof.verify.checks.base import Trial
from layerproof.verify.checks.derived.denoising_regimes import (
    DenoisingRegimes,
    Evidence,
    RegimeParameters,
)
from layerproof.verify.report.style import INK, MEASURED, MUTED, OTHER, PREDICTED, figure_style
from layerproof.verify.statistics import mean_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "assets" / "denoising_phases.png"

DRAWS, HALVINGS, STRINGS = 8, 7, 40
CORRECTED, LOST, KEPT = "#dcebf7", "#f7e6dc", "#dff2e6"
LOOKS: dict[Evidence, tuple[str, str, str]] = {
    "planted": (MEASURED, "o", "planted on the true leaf"),
    "masking": (INK, "s", "masked"),
    "uniform": (OTHER, "^", "replaced"),
}


class Panel(NamedTuple):
    """One vocabulary and branching: the rules that are drawn, and the depth of the draws."""

    vocabulary: int
    branching: int
    rules: tuple[int, ...]
    levels: int


PANELS = (
    Panel(16, 2, (2, 3, 4, 6), 6),
    Panel(32, 2, (2, 4, 8, 12), 5),
    Panel(8, 3, (4, 8, 16, 20), 4),
)


def threshold(vocabulary: int, branching: int, rules: int) -> float | None:
    """The noise at the unstable fixed point; None where belief goes one way at any noise."""
    sizes = {"V": vocabulary, "m": rules, "s": branching}
    if SLOPE_CERTAIN(**sizes) >= 1 or SLOPE_UNIFORM(**sizes) >= 1:
        return None
    low = 1 / vocabulary

    def growth(belief: float) -> float:
        return float(ANNEALED_MAP(belief=belief, **sizes)) - belief

    edge = 1e-3 * (1 - low)
    found = float(brentq(growth, low + edge, 1 - edge, xtol=1e-4))
    return (1 - found) / (1 - low)


def turning_noise(panel: Panel, rules: int, evidence: Evidence, draw: int) -> float:
    """The noise at which one draw's belief turns from rising to falling, by halving."""
    check, low, high = DenoisingRegimes(), 0.0, 1.0
    half = str(panel.levels - panel.levels // 2)
    for _ in range(HALVINGS):
        noise = (low + high) / 2
        settings = {
            "V": panel.vocabulary, "m": rules, "s": panel.branching, "L": panel.levels,
            "noise": noise, "evidence": evidence, "strings": STRINGS,
        }  # fmt: skip
        parameters = RegimeParameters.model_validate(settings)
        found = check.trial(parameters, Trial(0, draw, "printed", "cpu")).values
        low, high = (noise, high) if found["0"] > found[half] else (low, noise)
    return (low + high) / 2


Point = tuple[int, float, float, float]
"""m, the mean noise at which belief turns, and how far its interval reaches below and above."""


def measured(panel: Panel, evidence: Evidence) -> list[Point]:
    """The points of one kind of evidence."""
    points = []
    for rules in panel.rules:
        noises = [turning_noise(panel, rules, evidence, draw) for draw in range(DRAWS)]
        interval, mean = mean_interval(noises, 0.95), float(np.mean(noises))
        points.append((rules, mean, mean - interval.low, interval.high - mean))
        sys.stderr.write(f"{panel} m = {rules}, {evidence}: {points[-1]}\n")
    return points


def draw_map(axes: Axes, panel: Panel) -> None:
    """The three regions over m, and the line between two of them."""
    size, branching = panel.vocabulary, panel.branching
    whole = range(1, size ** (branching - 1) + 1)
    noises = {rules: threshold(size, branching, rules) for rules in whole}
    for rules, noise in noises.items():
        kept = SLOPE_UNIFORM(V=size, m=rules, s=branching) >= 1
        split = 1.0 if kept else (noise or 0.0)
        wide = ((rules * max(rules - 1, 0.5)) ** 0.5, (rules * (rules + 1)) ** 0.5)
        axes.fill_between(wide, 0, split, color=KEPT if kept else CORRECTED, lw=0)
        axes.fill_between(wide, split, 1, color=LOST, lw=0)
    line = [(rules, noise) for rules, noise in noises.items() if noise is not None]
    axes.plot(*zip(*line, strict=True), color=PREDICTED, lw=1.5, label="annealed map")
    if branching == 2:
        closed = [THRESHOLD_NOISE(V=size, m=rules) for rules, _ in line]
        axes.plot([m for m, _ in line], closed, "x", color=PREDICTED, ms=5, label="closed form")


def draw_panel(axes: Axes, panel: Panel) -> None:
    """The map of a panel, and the drawn grammars."""
    draw_map(axes, panel)
    for evidence, (colour, mark, label) in LOOKS.items():
        x, y, below, above = zip(*measured(panel, evidence), strict=True)
        errors = (np.maximum(below, 0), np.maximum(above, 0))
        axes.errorbar(x, y, errors, fmt=mark, color=colour, ms=4, lw=1, label=label)
    most = panel.vocabulary ** (panel.branching - 1)
    ticks = [2**power for power in range(most.bit_length())]
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xlim(0.9, most)
    axes.set_ylim(0, 1)
    axes.set_xlabel("m, rules a symbol")
    axes.set_title(f"V = {panel.vocabulary}, s = {panel.branching}, draws of L = {panel.levels}")


def main() -> None:
    """Draw the panels and keep the figure."""
    from matplotlib.figure import Figure

    with figure_style():
        figure = Figure(figsize=(10.5, 3.7), layout="constrained")
        panels = figure.subplots(1, len(PANELS), sharey=True)
        for axes, panel in zip(panels, PANELS, strict=True):
            draw_panel(axes, panel)
        panels[0].set_ylabel("noise on leaves")
        panels[0].legend(fontsize=7, loc="lower left")
        note = (
            "blue: noise is corrected on the way up; red: the label is lost; green (s c > 1): some"
            " of it is known at any noise. Points: 8 draws, 95 % intervals"
        )
        figure.suptitle(note, fontsize=8, color=MUTED)
        figure.savefig(PICTURE, dpi=160, facecolor="white")
    sys.stdout.write(f"{PICTURE}\n")


if __name__ == "__main__":
    main()
