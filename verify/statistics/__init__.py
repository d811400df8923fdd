"""Intervals, equivalence, error budgets and power.

A check measures and hands over a sample; this package turns it into an :class:`Interval` at a
confidence fixed beforehand, says where the interval lies relative to a bound or a margin, and says
which deviation would have been seen, with what probability. Nothing here judges a statement.

Every interval says how far it can be trusted (:class:`Coverage`): counts have exact ones, bounded
quantities guaranteed ones (:mod:`layerproof.verify.statistics.betting`), and the others nominal
ones, which are widened for skewness and `thin` where that is not enough
(:mod:`layerproof.verify.statistics.means`).

Two kinds of refusal. `InputError` is for what a user may set: a confidence, an error rate, a
weight, a margin. A sample with a NaN in it, or more successes than trials, is a fault of the check
that produced it and raises `ValueError`, so that the check counts as crashed and not the user as
mistaken. :class:`ThinEvidence`, a `ValueError` too, says that the sample is sound but too small.
"""

from layerproof.verify.statistics.betting import bounded_mean_interval, bounded_ratio_interval
from layerproof.verify.statistics.binomial_power import (
    detectable_rate,
)
from layerproof.verify.statistics.budget import ErrorBudget
from layerproof.verify.statistics.equivalence import (
    Position,
    against_upper_bound,
    equivalence,
)
from layerproof.verify.statistics.equivalence_power import (
    detectable_deviation,
    power_of_equivalence,
)
from layerproof.verify.statistics.exponents import (
    log_exponent_interval,
    slope,
    slope_weights,
)
from layerproof.verify.statistics.intervals import (
    Coverage,
    Interval,
    ThinEvidence,
    binomial_interval,
)
from layerproof.verify.statistics.means import WORST_MISSES, fixed_interval, mean_interval
from layerproof.verify.statistics.ratios import jackknife_interval, ratio_interval
from layerproof.verify.statistics.two_sample import (
    LawComparison,
    compare_counts_with_law,
    detectable_association,
)

__all__ = [
    "WORST_MISSES",
    "Coverage",
    "ErrorBudget",
    "Interval",
    "LawComparison",
    "Position",
    "ThinEvidence",
    "against_upper_bound",
    "binomial_interval",
    "bounded_mean_interval",
    "bounded_ratio_interval",
    "compare_counts_with_law",
    "detectable_association",
    "detectable_deviation",
    "detectable_rate",
    "equivalence",
    "fixed_interval",
    "jackknife_interval",
    "log_exponent_interval",
    "mean_interval",
    "power_of_equivalence",
    "ratio_interval",
    "slope",
    "slope_weights",
]
