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


def draw_panel(axes: Axes, panel: Panel) -> None:
    """Regions and the map's line over m, and the drawn grammars."""
    most = panel.vocabulary ** (panel.branching - 1)
    every = np.unique(np.geomspace(1, most, 40).round().astype(int))
    for rules in every:
        sizes = {"V": panel.vocabulary, "m": int(rules), "s": panel.branching}
        noise = threshold(panel.vocabulary, panel.branching, int(rules))
        kept = SLOPE_UNIFORM(**sizes) >= 1
        split = 1.0 if kept else (noise or 0.0)
        wide = (rules * 0.97, rules * 1.03)
        axes.fill_between(wide, 0, split, color=KEPT if kept else CORRECTED, lw=0, step="mid")
        axes.fill_between(wide, split, 1, color=LOST, lw=0)
    line = [(m, threshold(panel.vocabulary, panel.branching, int(m))) for m in every]
    axes.plot(*zip(*[p for p in line if p[1] is not None], strict=True), color=PREDICTED, lw=1.5)
    if panel.branching == 2:
        whole = [m for m in every if 1 < m < (panel.vocabulary + 1) / 2]
        closed = [THRESHOLD_NOISE(V=panel.vocabulary, m=int(m)) for m in whole]
        axes.plot(whole, closed, "x", color=PREDICTED, ms=5, label="closed form, s = 2")
    for evidence, (colour, mark, label) in LOOKS.items():
        points = []
        for rules in panel.rules:
            noises = [turning_noise(panel, rules, evidence, draw) for draw in range(DRAWS)]
            interval = mean_interval(noises, 0.95)
            mean = float(np.mean(noises))
            points.append((rules, mean, mean - interval.low, interval.high - mean))
            sys.stderr.write(f"{panel} m = {rules}, {evidence}: {points[-1]}\n")
        x, y, below, above = zip(*points, strict=True)
        axes.errorbar(x, y, (np.maximum(below, 0), np.maximum(above, 0)), fmt=mark, color=colour,
                      ms=4, lw=1, label=label)  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_xlim(1, most)
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
        panels[0].legend(fontsize=7, loc="upper right")
        note = (
            "blue: noise is corrected on the way up; red: the label is lost; green (s c > 1): some"
            " of it is known at any noise. Line: annealed map. Points: 8 draws, 95 % intervals"
        )
        figure.suptitle(note, fontsize=8, color=MUTED)
        figure.savefig(PICTURE, dpi=160, facecolor="white")
    sys.stdout.write(f"{PICTURE}\n")


if __name__ == "__main__":
    main()
