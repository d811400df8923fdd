"""A verdict for each cell of an invariance matrix that has a prediction."""

from __future__ import annotations

from collections.abc import Sequence

from layerproof.verify.statistics import Interval
from layerproof.verify.statistics.equivalence import Position, equivalence
from layerproof.verify.verdicts.verdict import Verdict

RELATIVE, ABSOLUTE = 0.1, 0.005
"""The margin around a prediction: a share of it, and never less than the second."""

WORDS = {
    Position.INSIDE: Verdict.HOLDS,
    Position.OUTSIDE: Verdict.VIOLATED,
    Position.UNDECIDED: Verdict.INCONCLUSIVE,
}

Numbers = Sequence[float | None]


def cell_verdict(low: float | None, high: float | None, predicted: float | None) -> Verdict | None:
    """Whether S, of which [low, high] is an interval, is the predicted one within the margin.

    `holds` where the interval lies within it, `violated` where it lies outside, `inconclusive`
    where neither, `not-applicable` where nothing was measured, and None without a prediction.

    >>> str(cell_verdict(0.0, 0.001, 0.0)), str(cell_verdict(0.8, 0.9, 0.5))
    ('holds', 'violated')
    """
    if predicted is None:
        return None
    if low is None or high is None:
        return Verdict.NOT_APPLICABLE
    margin = max(RELATIVE * predicted, ABSOLUTE)
    found = Interval.of(low, lambda confidence: (low, high), 0.95, "limits")
    return WORDS[equivalence(found, predicted, margin, absolute=True)]


def cell_verdicts(
    low: Sequence[Numbers], high: Sequence[Numbers], predicted: Sequence[Numbers]
) -> list[list[Verdict | None]]:
    """The verdict of every cell, in the shape of the tables."""
    rows = zip(low, high, predicted, strict=True)
    return [list(map(cell_verdict, *row)) for row in rows]
