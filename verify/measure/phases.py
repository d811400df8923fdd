"""A phase diagram of the assumptions: draws at every point, fractions with exact intervals.

The budget, K draws a point, is fixed beforehand. One error rate is declared for the whole diagram
and split evenly over every interval in it, so that all of them hold at once with probability at
least 1 - error rate (Bonferroni): exact binomial intervals for the probabilities, and for the
quantiles of K_rho the intervals of order statistics, which ask nothing of its law.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import scipy

from layerproof.theory.ensembles import Ensemble
from layerproof.theory.phases import InstanceFacts, examine, impossible, points_of
from layerproof.verify.statistics import binomial_interval

ERROR_RATE = 0.05
"""The probability with which any interval of a diagram may miss."""

QUANTILES = (0.1, 0.5, 0.9)
"""Of K_rho, over the draws."""

PARTS = ("kappa_finite", "K_rho_positive", "proposition_19")
"""What is asked of an instance, besides Definition 4."""

CHUNK = 25
"""Draws in one call of the executor."""

Report = Callable[[float], None]


def diagram(
    sweep: dict[str, list[int | float | str]],
    base: Mapping[str, Any],
    *,
    draws: int,
    seed: int,
    pool: Executor,
    report: Report = lambda fraction: None,
) -> dict[str, Any]:
    """The document of a phase diagram: one entry a point, impossible ones with their reason."""
    points = points_of(sweep, base)
    reasons = [impossible(point) for point in points]
    possible = [point for point, reason in zip(points, reasons, strict=True) if not reason]
    confidence = 1.0 - ERROR_RATE / max(1, len(possible) * (len(PARTS) + len(QUANTILES)))
    found = _examined(possible, draws, seed, pool, report)
    measured = (summary(instances, confidence) for instances in found)
    return {
        "sweep": sweep,
        "draws": draws,
        "seed": seed,
        "error_rate": ERROR_RATE,
        "confidence": confidence,
        "points": [
            _place(point) | ({"impossible": reason} if reason else next(measured))
            for point, reason in zip(points, reasons, strict=True)
        ],
    }


def _place(point: Ensemble) -> dict[str, Any]:
    """What a point's entry says of it; its classes are as many as its tokens."""
    return {name: value for name, value in point.settings().items() if name != "classes"}


def _examined(
    points: Sequence[Ensemble], draws: int, seed: int, pool: Executor, report: Report
) -> list[list[InstanceFacts]]:
    """The instances of every point: the same whatever the executor."""
    starts = range(0, draws, CHUNK)
    found: list[list[InstanceFacts]] = []
    for number, point in enumerate(points, 1):
        chunks = [
            pool.submit(_chunk, point, seed, start, min(CHUNK, draws - start)) for start in starts
        ]
        found.append([instance for chunk in chunks for instance in chunk.result()])
        report(number / len(points))
    return found


def _chunk(point: Ensemble, seed: int, start: int, count: int) -> list[InstanceFacts]:
    return [examine(point, seed, start + k) for k in range(count)]


def summary(instances: Sequence[InstanceFacts], confidence: float) -> dict[str, Any]:
    """Fractions and quantiles of one point, with their intervals.

    K_rho may be infinite, where no two non-synonyms can come first.
    """
    constants = np.array([instance.K_rho for instance in instances])
    return {
        "kappa_finite": _fraction((i.kappa < math.inf for i in instances), confidence),
        "K_rho_positive": _fraction((i.K_rho > 0 for i in instances), confidence),
        "proposition_19": _fraction((i.proposition_19 for i in instances), confidence),
        "K_rho": [quantile(constants, p, confidence) for p in QUANTILES],
    }


def _fraction(outcomes: Iterable[bool], confidence: float) -> dict[str, Any]:
    found = list(outcomes)
    bounds = binomial_interval(sum(found), len(found), confidence).limits
    return {"fraction": sum(found) / len(found), "interval": list(bounds)}


def quantile(sample: np.ndarray, p: float, confidence: float) -> dict[str, Any]:
    """The p-quantile of a sample, with the interval of order statistics that covers it.

    The number of draws below the quantile is binomial, whatever the law, so each limit errs with
    probability at most (1 - confidence)/2 (David and Nagaraja 2003, Sec. 7.1). With too few draws
    for a limit it is 0 or infinity.
    """
    low, high = scipy.stats.quantile_test(sample, p=p).confidence_interval(confidence)
    return {
        "p": p,
        "value": float(np.quantile(sample, p, method="inverted_cdf")),
        "interval": [
            0.0 if np.isnan(low) else float(low),
            math.inf if np.isnan(high) else float(high),
        ],
    }
