"""Equality in law: a test with a p-value, and an interval for the size of the difference.

The test finds that two laws differ, by however little; that it does not reject is no evidence, and
the effect size against a margin says whether a difference that matters could have been missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from layerproof.verify.statistics.intervals import (
    Coverage,
    Interval,
    Limits,
    ThinEvidence,
    checked_confidence,
    finite_sample,
)
from layerproof.verify.statistics.means import constant_limits
from layerproof.verify.statistics.planning import checked_rate

_LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class LawComparison:
    """A test of equality in law.

    `p_value` is for exact equality; `effect` is the interval for the size of the difference, named
    by `effect_name`; `degrees` is the number of cells compared less one (None where no cells were)
    and `total` the number of counts.
    """

    statistic: float
    p_value: float
    effect: Interval
    effect_name: str
    method: str
    degrees: int | None = None
    total: int = 0

    def rejects(self, level: float) -> bool:
        """Whether equality is rejected at `level`."""
        return self.p_value < level


def compare_counts_with_law(
    counts: ArrayLike, probabilities: ArrayLike, confidence: float
) -> LawComparison:
    """Whether counts (k,) come from the law `probabilities` (k,), which sums to 1 within 1e-9.

    Pearson's chi-square for goodness of fit, with Cohen's w = sqrt(Σ (p - p0)²/p0) as the effect.
    Cells expecting fewer than 5 are pooled into one. A count in a cell of probability 0 gives
    p_value 0 and an effect of infinity.

    The limits of w invert the noncentral chi-square law of the statistic (large counts); the
    estimate is bias-corrected, sqrt(max(0, chi² - degrees)/total) (Bergsma, J. Korean Stat. 2013,
    to first order), so that it does not grow with the number of cells.

    Raises ThinEvidence where pooling leaves one cell.
    """
    seen, law = _counts(counts, "counts"), finite_sample(probabilities, "probabilities").ravel()
    if law.shape != seen.shape or (law < 0.0).any() or abs(law.sum() - 1.0) > 1e-9:
        raise ValueError("probabilities must be one law over the cells of the counts")
    total = float(seen.sum())
    if (seen[law == 0.0] > 0.0).any():
        rule = partial(constant_limits, low=math.inf, high=math.inf)
        effect = Interval.of(math.inf, rule, confidence, "outside the support", Coverage.EXACT)
        return LawComparison(math.inf, 0.0, effect, "Cohen's w", "support")
    expected = law[law > 0.0] / law.sum() * total
    table = _pooled(np.stack([seen[law > 0.0], expected]), expected)
    statistic = float(np.sum((table[0] - table[1]) ** 2 / table[1]))
    return _chi_square(statistic, table.shape[1] - 1, total, confidence, "Cohen's w")


def _counts(values: ArrayLike, name: str) -> NDArray[np.float64]:
    counts = finite_sample(values, name).ravel()
    if (counts < 0.0).any() or (counts != np.floor(counts)).any():
        raise ValueError(f"{name} must be counts: nonnegative whole numbers")
    if counts.sum() == 0.0:
        raise ThinEvidence(f"{name} holds no counts", trials=0, needed=1)
    return counts


def _pooled(table: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """The table (2, k) with the cells that expect too few pooled into one."""
    rare = expected < _LEAST_EXPECTED
    pool = table[:, rare].sum(axis=1, keepdims=True)
    # A pool that still expects too few joins the smallest of the other cells.
    if 0.0 < expected[rare].sum() < _LEAST_EXPECTED and not rare.all():
        smallest = np.flatnonzero(~rare)[np.argmin(expected[~rare])]
        rare[smallest] = True
        pool = table[:, rare].sum(axis=1, keepdims=True)
    kept = table[:, ~rare]
    joined = np.hstack([kept, pool]) if pool.sum() > 0.0 else kept
    if joined.shape[1] < 2:
        total = int(table.sum())
        raise ThinEvidence("the counts are too small to compare cell by cell", trials=total)
    return joined


def _chi_square(
    statistic: float, degrees: int, total: float, confidence: float, name: str
) -> LawComparison:
    estimate = math.sqrt(max(0.0, statistic - degrees) / total)
    rule = partial(_noncentral_limits, statistic=statistic, degrees=degrees, total=total)
    effect = Interval.of(estimate, rule, confidence, "noncentral chi-square")
    p_value = float(scipy.stats.chi2.sf(statistic, degrees))
    return LawComparison(
        statistic, p_value, effect, name, "Pearson chi-square", degrees, round(total)
    )


def _noncentral_limits(
    confidence: float, *, statistic: float, degrees: int, total: float
) -> Limits:
    tail = (1.0 - confidence) / 2.0

    def at_quantile(value: float, level: float) -> float:
        """The noncentrality (0 if none) under which `value` is this quantile."""
        return _falling_root(lambda x: float(scipy.special.chndtr(value, degrees, x)) - level)

    low = at_quantile(statistic, 1.0 - tail)
    # A fit better than chance gives (at a statistic of 0 even empty) says nothing of small effects:
    # the upper limit is never below that of a statistic at its mean under equality.
    high = at_quantile(max(statistic, float(degrees)), tail)
    return math.sqrt(low / total), math.sqrt(high / total)


def _falling_root(f: Callable[[float], float]) -> float:
    """The root of a decreasing function on [0, inf); 0 where it is not positive at 0."""
    low, high = 0.0, 1.0
    if f(low) <= 0.0:
        return 0.0
    while f(high) > 0.0:
        low, high = high, 2.0 * high
    return float(scipy.optimize.brentq(f, low, high))


def detectable_association(
    total: int, degrees: int, confidence: float, power: float = 0.8
) -> float:
    """The Cohen's w that a chi-square test sees with probability `power`.

    `total` counts, `degrees` = cells - 1; the test rejects at level 1 - confidence.
    From the noncentral chi-square law, for large counts.
    """
    checked_rate("power", power)
    edge = float(scipy.stats.chi2.isf(1.0 - checked_confidence(confidence), degrees))
    unseen = _falling_root(lambda x: float(scipy.special.chndtr(edge, degrees, x)) - (1.0 - power))
    return math.sqrt(unseen / total)
