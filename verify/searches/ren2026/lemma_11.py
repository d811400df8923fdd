"""A search for Lemma 11: is the sample size of a layer enough, on the embedding of Lemma 17's search?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
from verify.searches.ren2026.lemma_17 import SampleSize


class ChainLayer(SampleSize):
    """Lemma 11: N ≥ 20 (κ ∨ ε_*^(−2)) log(V m/δ) as printed; O(δ) is read as 10 δ."""

    statement = "R26.lemma-11"
    quantity = "P[‖q̂_μ − q_μ‖ > ε_* for some patch μ], against 10 δ"
    allowance = 10
    most = 100


SEARCHES = (ChainLayer(),)
