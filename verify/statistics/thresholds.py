"""Thresholds by a rule stated beforehand: a log grid, an isotonic fit, a crossing.

The rule. Errors are measured at sizes start · ratio^k, k whole. From k = 0 the grid is walked down
until `beyond` neighbouring sizes in a row are above the level, and up until `beyond` in a row are
at or below it. All of them enter a least-squares fit that falls with the size; the threshold is
where the fit crosses the level, between grid points linear in the logarithm of the size. One lucky
size does not end the search, and does not set the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

RATIO = 2.0**0.5
"""Of neighbouring sizes of the grid."""
REACH = 12
"""Steps from the start to either side, at most."""


@dataclass(frozen=True)
class ThresholdSearch:
    """What the walk found: `sizes` rising, their `errors`, and the `threshold`.

    0 where even the least size allowed is enough, inf where the largest is not.
    """

    sizes: tuple[float, ...]
    errors: tuple[float, ...]
    threshold: float


def isotonic_threshold(sizes: ArrayLike, errors: ArrayLike, level: float) -> float:
    """Where the falling least-squares fit of `errors` (k,) over rising `sizes` (k,) is `level`.

    0 where the fit is at or below the level everywhere, inf where it is above it everywhere.
    Raises ValueError for sizes that do not rise, are not positive, or do not match the errors.
    """
    x, y = np.asarray(sizes, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape or not len(x):
        raise ValueError(f"sizes {x.shape} and errors {y.shape} must match, in one dimension")
    if x[0] <= 0.0 or (np.diff(x) <= 0.0).any() or not np.isfinite(y).all():
        raise ValueError("sizes must be positive and rise, errors must be finite")
    fit = np.asarray(scipy.optimize.isotonic_regression(y, increasing=False).x)
    below = int(np.argmax(fit <= level)) if (fit <= level).any() else len(fit)
    if below in (0, len(fit)):
        return math.inf if below else 0.0
    return _crossing(x, fit, below, level)


def _crossing(x: NDArray[np.float64], fit: NDArray[np.float64], k: int, level: float) -> float:
    share = (fit[k - 1] - level) / (fit[k - 1] - fit[k])
    return float(x[k - 1] * (x[k] / x[k - 1]) ** share)


def search_threshold(
    error: Callable[[float], float],
    start: float,
    level: float,
    *,
    ratio: float = RATIO,
    beyond: int = 2,
    reach: int = REACH,
) -> ThresholdSearch:
    """Walk the grid by the rule of this module; `error` is called once for each size it visits.

    No more than `reach` steps are taken to either side.
    """
    found: dict[int, float] = {}

    def above(step: int) -> bool:
        if step not in found:
            found[step] = error(start * ratio**step)
        return found[step] > level

    _walk(lambda step: above(-step), beyond, reach)
    _walk(lambda step: not above(step), beyond, reach)
    steps = sorted(found)
    sizes = tuple(start * ratio**step for step in steps)
    errors = tuple(found[step] for step in steps)
    return ThresholdSearch(sizes, errors, isotonic_threshold(sizes, errors, level))


def _walk(done: Callable[[int], bool], beyond: int, reach: int) -> None:
    """Step outwards from 0 until `done` held `beyond` times in a row, or `reach` is passed."""
    run = 0
    for step in range(reach + 1):
        run = run + 1 if done(step) else 0
        if run >= beyond:
            return
