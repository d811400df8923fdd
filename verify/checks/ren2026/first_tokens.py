"""What Lemmas 29, 30 and Proposition 19 share: products of first-token matrices at given sizes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import on_arrays
from layerproof.theory.formula import Formula
from layerproof.verify.checks.base import Parameters
from layerproof.verify.verdicts.claims import Frequency, Inequality

ROUNDING = 1e-9
"""Relative; far above what V^2 additions of float64 lose, far below any deviation of interest."""

NEVER_SHORT = "no matrix of this size shortens a vector that much"


class SizeParameters(Parameters):
    """Sizes, and the constant with which min(m, V) ≫ log³(1/δ) is read (printed form)."""

    V: int = Field(8, ge=2)
    m: int = Field(8, ge=1)
    C: float = Field(1.0, gt=0, description="min(m, V) = C log³(1/δ)")


def least_square(separation: Formula, m: int, level: int, matrices: int | None = None) -> float:
    """The bound on the distance, squared, in units of m^(−matrices)."""
    distance = separation.exact(m=m, l=level)
    return float((distance**2 * m ** (2 * (level if matrices is None else matrices))).evalf(20))


def never_close(V: int, m: int, least: dict[int, float]) -> str:
    """Why tokens are never closer than `least`, number of matrices → square in units of m^(−l)."""
    # ‖e_μ − e_μ'‖² = 2, and the units are m^l as large.
    surely = (2.0 * (least_factor(V, m) * m**2) ** l >= bound for l, bound in least.items())
    return NEVER_SHORT if all(surely) else ""


def least_factor(V: int, m: int) -> float:
    """What ‖P z‖²/‖z‖² is at least, whatever the deal, where that is known without one.

    With m = 1 P is a permutation; with two tokens it keeps z_0 + z_1 and multiplies z_0 − z_1 by
    (2a − m)/m, a whole number a, which is no less than 1/m for odd m.
    """
    if m == 1:
        return 1.0
    return m**-2.0 if V == 2 and m % 2 else 0.0


def with_probability(
    failures: int,
    trials: int,
    failure: Formula,
    sizes: dict[str, Any],
    worst: dict[str, Any],
    cannot_fail: str = "",
) -> Frequency | Inequality:
    """``P[failure] ≤`` the formula; where that is 1 or more, nothing is claimed at this size."""
    allowed = float(on_arrays(failure, **sizes))
    if allowed < 1:
        return Frequency(failures, trials, allowed, cannot_fail, worst)
    larger = np.arange(2, 100_000)
    told = on_arrays(failure, **sizes | {"V": larger, "m": larger}) < 1
    why = (
        f"the failure probability allowed at this size is {allowed:.3g};"
        f" it is below 1 from V = m = {larger[told.argmax()]} on"
    )
    share = failures / trials
    return Inequality(share, "<=", 1.0, examined=trials, cannot_fail=why, worst=worst)


class ExactProbability(TypedDict):
    """A fraction, as text."""

    probability: str


def exact_probability(probability: str, allowed: float) -> Inequality:
    """An exact probability, as a fraction in words, against what is allowed."""
    found = Fraction(probability)
    return Inequality(
        float(found),
        "<=",
        allowed,
        examined=1,
        cannot_fail="" if found else "no matrices of this size bring tokens that close",
        worst={"probability": probability},
    )
