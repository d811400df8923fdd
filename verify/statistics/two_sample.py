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
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from verify.statistics.intervals import (
    Interval,
    Limits,
    ThinEvidence,
    checked_confidence,
    finite_sample,
)
from verify.statistics.planning import checked_rate

_LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class Comparison:
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


def compare_counts(first: ArrayLike, second: ArrayLike, confidence: float) -> Comparison:
    """Whether two samples of counts (k,) over the same cells come from one law.

    Pearson's chi-square for homogeneity, with Cramér's V between sample and cell as the effect
    (0 for equal laws, 1 for laws that share no cell). Cells expecting fewer than 5 in either sample
    are pooled into one, by a rule that sees only the totals and so cannot prefer a result.

    The limits of V invert the noncentral chi-square law of the statistic (large counts); the
    estimate is bias-corrected, sqrt(max(0, chi² - degrees)/total) (Bergsma, J. Korean Stat. 2013,
    to first order), so that it does not grow with the number of cells.

    Raises ThinEvidence where pooling leaves one cell.
    """
    table = _pooled(np.stack([_counts(first, "first"), _counts(second, "second")]))
    test = stats.chi2_contingency(table, correction=False)
    total = float(table.sum())
    return _chi_square(float(test.statistic), int(test.dof), total, confidence, "Cramér's V")


def compare_counts_with_law(
    counts: ArrayLike, probabilities: ArrayLike, confidence: float
) -> Comparison:
    """Whether counts (k,) come from the law `probabilities` (k,), which sums to 1 within 1e-9.

    Pearson's chi-square for goodness of fit, with Cohen's w = sqrt(Σ (p - p0)²/p0) as the effect;
    pooling, limits and refusals as in `compare_counts`. A count in a cell of probability 0 gives
    p_value 0 and an effect of infinity.
    """
    seen, law = _counts(counts, "counts"), finite_sample(probabilities, "probabilities").ravel()
    if law.shape != seen.shape or (law < 0.0).any() or abs(law.sum() - 1.0) > 1e-9:
        raise ValueError("probabilities must be one law over the cells of the counts")
    total = float(seen.sum())
    if (seen[law == 0.0] > 0.0).any():
        rule = partial(_fixed_limits, low=math.inf, high=math.inf)
        effect = Interval.of(math.inf, rule, confidence, "outside the support")
        return Comparison(math.inf, 0.0, effect, "Cohen's w", "support")
    expected = law[law > 0.0] / law.sum() * total
    table = _pooled(np.stack([seen[law > 0.0], expected]), expected)
    statistic = float(np.sum((table[0] - table[1]) ** 2 / table[1]))
    return _chi_square(statistic, table.shape[1] - 1, total, confidence, "Cohen's w")


def compare_samples(first: ArrayLike, second: ArrayLike, confidence: float) -> Comparison:
    """Whether two samples of a continuous quantity, (n,) and (k,), come from one law.

    The two-sample Kolmogorov-Smirnov test, with the distance sup |F - G| as the effect. Its limits
    are those of Dvoretzky, Kiefer and Wolfowitz with Massart's constant (Ann. Probab. 1990), valid
    at every sample size and conservative.

    Raises ThinEvidence for an empty sample.
    """
    a, b = finite_sample(first, "first").ravel(), finite_sample(second, "second").ravel()
    if min(len(a), len(b)) == 0:
        raise ThinEvidence("a comparison needs two samples", trials=0, needed=1)
    test = stats.ks_2samp(a, b)
    distance = float(test.statistic)
    rule = partial(_distance_limits, distance=distance, first=len(a), second=len(b))
    effect = Interval.of(distance, rule, confidence, "Dvoretzky-Kiefer-Wolfowitz")
    return Comparison(distance, float(test.pvalue), effect, "distance", "Kolmogorov-Smirnov")


def _counts(values: ArrayLike, name: str) -> NDArray[np.float64]:
    counts = finite_sample(values, name).ravel()
    if (counts < 0.0).any() or (counts != np.floor(counts)).any():
        raise ValueError(f"{name} must be counts: nonnegative whole numbers")
    if counts.sum() == 0.0:
        raise ThinEvidence(f"{name} holds no counts", trials=0, needed=1)
    return counts


def _pooled(
    table: NDArray[np.float64], expected: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """The table (2, k) with the cells that expect too few pooled into one."""
    if len({row.shape for row in table}) != 1:
        raise ValueError("both samples must count the same cells")
    if expected is None:
        expected = table.sum(axis=0) * table.sum(axis=1).min() / table.sum()
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
) -> Comparison:
    estimate = math.sqrt(max(0.0, statistic - degrees) / total)
    rule = partial(_noncentral_limits, statistic=statistic, degrees=degrees, total=total)
    effect = Interval.of(estimate, rule, confidence, "noncentral chi-square")
    p_value = float(stats.chi2.sf(statistic, degrees))
    return Comparison(statistic, p_value, effect, name, "Pearson chi-square", degrees, round(total))


def _noncentral_limits(
    confidence: float, *, statistic: float, degrees: int, total: float
) -> Limits:
    tail = (1.0 - confidence) / 2.0

    def at_quantile(value: float, level: float) -> float:
        """The noncentrality (0 if none) under which `value` is this quantile."""
        return _falling_root(lambda x: float(special.chndtr(value, degrees, x)) - level)

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
    return float(optimize.brentq(f, low, high))


def _distance_limits(confidence: float, *, distance: float, first: int, second: int) -> Limits:
    reach = _empirical_reach(1.0 - confidence, first, second)
    return max(0.0, distance - reach), min(1.0, distance + reach)


def _fixed_limits(confidence: float, *, low: float, high: float) -> Limits:
    return low, high


def _empirical_reach(error: float, first: int, second: int) -> float:
    """What both empirical distribution functions stay within, summed, but for probability `error`.

    Massart: P[sup |F_n - F| > a] <= 2 exp(-2 n a²), with half of `error` for each sample.
    """
    half = math.log(4.0 / error) / 2.0
    return math.sqrt(half / first) + math.sqrt(half / second)


def detectable_association(
    total: int, degrees: int, confidence: float, power: float = 0.8
) -> float:
    """The Cramér's V (or Cohen's w) that a chi-square test sees with probability `power`.

    `total` counts (of both samples together, for V), `degrees` = cells - 1; the test rejects at
    level 1 - confidence. From the noncentral chi-square law, for large counts.
    """
    checked_rate("power", power)
    edge = float(stats.chi2.isf(1.0 - checked_confidence(confidence), degrees))
    unseen = _falling_root(lambda x: float(special.chndtr(edge, degrees, x)) - (1.0 - power))
    return math.sqrt(unseen / total)


def detectable_distance(first: int, second: int, confidence: float, power: float = 0.8) -> float:
    """A Kolmogorov distance whose lower limit lies above 0 with at least this `power`.

    Conservative: what the limits allow at `confidence`, plus what both empirical distribution
    functions stay within with probability `power`.
    """
    checked_rate("power", power)
    error = 1.0 - checked_confidence(confidence)
    return _empirical_reach(error, first, second) + _empirical_reach(1.0 - power, first, second)
