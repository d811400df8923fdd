"""Power for equivalence with a prediction, within a margin."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from layerproof.verify.statistics.intervals import checked_confidence
from layerproof.verify.statistics.means import t_quantile
from layerproof.verify.statistics.planning import checked_positive, checked_rate

Array = NDArray[np.float64]


def power_of_equivalence(
    deviation: float, *, margin: float, standard_error: float, degrees: float, confidence: float
) -> float:
    """The probability that a t interval falls on the true side of a margin.

    `deviation` is the true value minus the prediction; it, `margin` and `standard_error` (of the
    estimate, not of one trial) are in the same unit: all relative to the prediction, or none.
    Within the margin the interval must lie wholly inside, beyond it wholly outside.

    Exact for normal samples with `degrees` of freedom: given the estimated standard error the
    estimate is normal, and what remains is one integral over the chi law of that error.
    """
    checked_positive("margin", margin)
    checked_positive("degrees", degrees)
    checked_confidence(confidence)
    off = abs(deviation)
    if standard_error == 0.0:
        return 1.0
    checked_positive("standard_error", standard_error)
    # In units of the standard error: from the truth to the nearer and to the farther edge.
    near, far = (margin - off) / standard_error, (margin + off) / standard_error
    reach = t_quantile(confidence, degrees) * _spread_nodes(degrees)
    seen = _wholly_inside(near, far, reach) if off <= margin else _wholly_outside(near, far, reach)
    return float(np.clip(_legendre()[1] @ seen, 0.0, 1.0))


@lru_cache(maxsize=1)
def _legendre() -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on (0, 1)."""
    # The integrands here are bounded with one kink, so 512 nodes leave an error of order
    # 512^-2 = 4e-6.
    nodes, weights = scipy.special.roots_legendre(512)
    return np.asarray(nodes + 1.0) / 2.0, np.asarray(weights) / 2.0


@lru_cache(maxsize=256)
def _spread_nodes(degrees: float) -> Array:
    """Quantiles of the estimated over the true standard error, chi/sqrt(degrees)."""
    nodes, _ = _legendre()
    return np.sqrt(np.asarray(scipy.stats.chi2.ppf(nodes, degrees), dtype=np.float64) / degrees)


def _wholly_inside(near: float, far: float, reach: Array) -> Array:
    """P[-far + reach <= Z <= near - reach] for the standard normal error Z of the estimate."""
    low, high = reach - far, near - reach
    return np.where(low < high, scipy.special.ndtr(high) - scipy.special.ndtr(low), 0.0)


def _wholly_outside(near: float, far: float, reach: Array) -> Array:
    """P[Z > near + reach] + P[Z < -far - reach], the truth being |near| beyond the edge."""
    return np.asarray(scipy.special.ndtr(-near - reach) + scipy.special.ndtr(-far - reach))


def detectable_deviation(
    *, margin: float, standard_error: float, degrees: float, confidence: float, power: float = 0.8
) -> float:
    """The deviation beyond `margin` that would have been seen with probability `power`.

    In the unit of `margin` and `standard_error`: relative, absolute, or of an exponent.
    """
    checked_rate("power", power)
    if standard_error == 0.0:
        return margin
    t = t_quantile(confidence, degrees)

    def shortfall(excess: float) -> float:
        off = margin + excess * standard_error
        seen = power_of_equivalence(
            off,
            margin=margin,
            standard_error=standard_error,
            degrees=degrees,
            confidence=confidence,
        )
        return seen - power

    # Starts just beyond the edge, where the power is that of a false alarm.
    low, high = 1e-9, t + 5.0
    if shortfall(low) >= 0.0:
        return margin
    while shortfall(high) < 0.0:
        high *= 2.0
    excess = scipy.optimize.brentq(shortfall, low, high, xtol=1e-6)
    return margin + float(excess) * standard_error
