"""Test error against the number of strings, and thresholds, for every learner side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layerproof.verify.checks.depth_runs import best_known, bounds
from layerproof.verify.statistics import ThinEvidence, mean_interval
from layerproof.verify.verdicts.charts import Axis, Chart, Series

Found = Mapping[str, Mapping[str, Any]]
"""Learner → what its search brought back: threshold, level, sizes, errors."""


def error_chart(L: int, trials: Sequence[Found]) -> Chart:
    """The mean error over the grammars that tried a size, and the error that counts as success."""
    names = list(trials[0])
    curves = [_curve(name, [found[name] for found in trials]) for name in names]
    sizes = sorted({x for curve in curves for x in curve.x})
    ends = [sizes[0], sizes[-1]]
    level = float(np.mean([found[names[0]]["level"] for found in trials]))
    line = Series("a tenth of chance", ends, [level, level], role="predicted")
    return Chart(
        f"Test error against strings, L = {L}",
        "A learner succeeds where its errors are below the line; behind its name stands the"
        " geometric mean of its thresholds, or the largest size at which it failed. Each point is"
        " the mean over the grammars whose search came by that size, with its 95 % interval where"
        " there are several.",
        Axis("distinct training strings, all stages together", "log"),
        Axis("test error"),
        [*curves, line],
    )


def threshold_chart(units: Mapping[int, float], trials: Sequence[Mapping[str, Found]]) -> Chart:
    """N* of every learner against n m^L; `units` gives n m^L by L, a trial its searches by L."""
    names = list(trials[0][str(min(units))])
    ends = [min(units.values()), max(units.values())]
    line = Series("n m^L", ends, ends, role="predicted")
    return Chart(
        "Strings that each learner needs, by depth of the grammar",
        "One column of marks for each L. A learner that needs a multiple of n m^L rises with the"
        " dashed line; one that does not see the hierarchy leaves it. Geometric means over the"
        " grammars; bars reach to the least and the most, arrows stand where a learner failed at"
        " the largest size it was given.",
        Axis(f"n m^L, for L = {', '.join(map(str, sorted(units)))}", "log"),
        Axis("N* (distinct strings of all stages)", "log"),
        [*(_thresholds(name, units, trials) for name in names), line],
    )


def _thresholds(
    name: str, units: Mapping[int, float], trials: Sequence[Mapping[str, Found]]
) -> Series:
    levels = sorted(units)
    found = [[trial[str(L)][name] for trial in trials] for L in levels]
    between = [[bounds(entry) for entry in at] for at in found]
    return Series(
        name,
        [units[L] for L in levels],
        [math.exp(float(np.mean([math.log(best_known(entry)) for entry in at]))) for at in found],
        [min(low for low, _ in at) for at in between],
        [max(high for _, high in at) for at in between],
    )


def _curve(name: str, found: Sequence[Mapping[str, Any]]) -> Series:
    errors: dict[int, list[float]] = {}
    for entry in found:
        for size, error in zip(entry["sizes"], entry["errors"], strict=True):
            errors.setdefault(size, []).append(error)
    sizes = sorted(errors)
    limits = [_limits(errors[size]) for size in sizes]
    return Series(
        f"{name}, N* {_threshold(found)}",
        [float(size) for size in sizes],
        [float(np.mean(errors[size])) for size in sizes],
        [low for low, _ in limits],
        [high for _, high in limits],
    )


def _limits(errors: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean, inside [0, 1]; of one error nothing is known beyond it."""
    try:
        low, high = mean_interval(errors, 0.95).limits
    except ThinEvidence:
        return errors[0], errors[0]
    return max(0.0, low), min(1.0, high)


def _threshold(found: Sequence[Mapping[str, Any]]) -> str:
    beyond = [best_known(entry) for entry in found if math.isinf(entry["threshold"])]
    if beyond:
        return f"> {min(beyond):.0f}"
    logs = [math.log(best_known(entry)) for entry in found]
    return f"= {math.exp(float(np.mean(logs))):.0f}"
