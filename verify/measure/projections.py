"""Pictures of representations: what a layer makes of strings, beside the population's q."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.verify.verdicts.charts import Axis, Chart, Series

if TYPE_CHECKING:
    from layerproof.verify.measure.representations import Learner

MOST_POINTS = 64
"""Leaf strings drawn at a level, or so."""

PICTURED = 8
"""Trials that bring a picture; the report shows that of the first whose premises hold."""

DIGITS = 5
"""Decimals kept: a figure shows no more."""

Points = dict[str, dict[str, list[float]]]


def projection(learner: Learner, grammar: Grammar, level: int, *, seed: int) -> Points:
    """Embeddings of level-`level` tokens and their q, on the two principal axes of the q.

    {"learned": {"x": …, "y": …}, "population": {…}}: one learned point a leaf string, at most
    `MOST_POINTS` or so, and one of the population a patch that can come first. With two classes all
    q lie on a line, and the second axis is 0.
    """
    from layerproof.verify.measure.representations import represent

    q = patch_law(grammar, level + 1).posterior
    q = q[np.isfinite(q).all(axis=1)]
    centre = q.mean(axis=0)
    axes = np.linalg.svd(q - centre, full_matrices=False)[2][:2]
    # The sign of an axis is arbitrary, and differs between linear algebra libraries.
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    h = represent(learner, grammar, level + 1, seed=seed, limit=MOST_POINTS).embedding
    return {name: _plane((v - centre) @ axes.T) for name, v in (("learned", h), ("population", q))}


def projection_chart(level: int, points: Points | Mapping[str, Any]) -> Chart:
    """The picture of one level of one learner."""
    learned, population = points["learned"], points["population"]
    series = [
        Series("q of tokens, by patch", population["x"], population["y"], role="population"),
        Series("learned, one leaf string each", learned["x"], learned["y"]),
    ]
    return Chart(
        f"Representations of level-{level} tokens",
        "One trained learner: clouds of learned points sit on the q of their token, apart from"
        " those of others.",
        Axis("first principal axis of q"),
        Axis("second principal axis of q"),
        series,
    )


def _plane(points: np.ndarray[Any, Any]) -> dict[str, list[float]]:
    shown = np.round(points, DIGITS) + 0.0  # no −0
    x = shown[:, 0].tolist()
    return {"x": x, "y": shown[:, 1].tolist() if shown.shape[1] > 1 else [0.0] * len(x)}
