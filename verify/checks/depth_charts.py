"""Test error against the number of strings, for every learner side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verify.charts import Axis, Chart, Series
from verify.statistics import ThinEvidence, mean_interval

Found = Mapping[str, Mapping[str, Any]]
"""Learner → what its search brought back: threshold, sizes, errors."""


def error_chart(L: int, trials: Sequence[Found], guess: float) -> Chart:
    """The mean error over the grammars that tried a size; `guess` is the error of guessing."""
    names = list(trials[0])
    curves = [_curve(name, [found[name] for found in trials]) for name in names]
    sizes = sorted({x for curve in curves for x in curve.x})
    ends = [sizes[0], sizes[-1]]
    line = Series("a tenth of chance", ends, [guess / 10, guess / 10], role="predicted")
    return Chart(
        f"Test error against strings, L = {L}",
        "A learner succeeds where its curve is below the line; behind its name stands the geometric"
        " mean of its thresholds, or the largest size at which it failed. Each point is the mean"
        " over the grammars whose search came by that size, with its 95 % interval.",
        Axis("distinct training strings, all stages together", "log"),
        Axis("test error"),
        [*curves, line],
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
    beyond = [entry["sizes"][-1] for entry in found if math.isinf(entry["threshold"])]
    if beyond:
        return f"> {min(beyond)}"
    logs = [math.log(max(1.0, entry["threshold"])) for entry in found]
    return f"= {math.exp(float(np.mean(logs))):.0f}"
