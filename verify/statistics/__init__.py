"""Intervals, their coverage, equivalence, error budgets and power.

A check measures and hands over a sample; this package turns it into an :class:`Interval` at a
confidence fixed beforehand, says where the interval lies relative to a bound or a margin, and says
which deviation would have been seen, with what probability. Nothing here judges a statement.

Two kinds of refusal. `InputError` is for what a user may set: a confidence, an error rate, a
weight, a margin. A sample with a NaN in it, or more successes than trials, is a fault of the check
that produced it and raises `ValueError`, so that the check counts as crashed and not the user as
mistaken. :class:`ThinEvidence`, a `ValueError` too, says that the sample is sound but too small.
"""

from verify.statistics.binomial_power import (
    detectable_rate,
    power_of_binomial,
    trials_to_certify,
)
from verify.statistics.budget import ErrorBudget, simultaneous_confidence
from verify.statistics.coverage import Coverage, measure_coverage
from verify.statistics.equivalence import (
    Position,
    against_lower_bound,
    against_upper_bound,
    equivalence,
)
from verify.statistics.equivalence_power import (
    detectable_deviation,
    power_of_equivalence,
    trials_to_conclude,
)
from verify.statistics.exponents import (
    exponent_interval,
    log_exponent_interval,
    slope,
    slope_weights,
)
from verify.statistics.intervals import (
    Interval,
    ThinEvidence,
    binomial_interval,
    bootstrap_interval,
    mean_interval,
)
from verify.statistics.ratios import grouped_ratio_interval, jackknife_interval, ratio_interval
from verify.statistics.two_sample import (
    Comparison,
    compare_counts,
    compare_counts_with_law,
    compare_samples,
    detectable_association,
    detectable_distance,
)

__all__ = [
    "Comparison",
    "Coverage",
    "ErrorBudget",
    "Interval",
    "Position",
    "ThinEvidence",
    "against_lower_bound",
    "against_upper_bound",
    "binomial_interval",
    "bootstrap_interval",
    "compare_counts",
    "compare_counts_with_law",
    "compare_samples",
    "detectable_association",
    "detectable_deviation",
    "detectable_distance",
    "detectable_rate",
    "equivalence",
    "exponent_interval",
    "grouped_ratio_interval",
    "jackknife_interval",
    "log_exponent_interval",
    "mean_interval",
    "measure_coverage",
    "power_of_binomial",
    "power_of_equivalence",
    "ratio_interval",
    "simultaneous_confidence",
    "slope",
    "slope_weights",
    "trials_to_certify",
    "trials_to_conclude",
]
