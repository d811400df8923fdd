"""From where to where a threshold is looked for: a search for N* walks a grid of sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Walk:
    """The first sample size tried, and the largest.

    Sizes are in units of n m^L, or of P_max, the number of all strings. The walk begins at `start`,
    inf for the largest size there is: a learner that fails there is tried nowhere else. It goes no
    further than to `reach`, to `share` of all strings, as others are left to test on, and to `cap`
    strings, where memory or time sets one.

    >>> walk = Walk(start=2.0, reach=40.0)
    >>> walk.first(1000.0, 625000.0), walk.largest(1000.0, 625000.0)
    (2000.0, 40000)
    """

    start: float = 1.0
    reach: float = math.inf
    share: float = 0.9
    cap: int | None = None
    unit: Literal["n m^L", "P_max"] = "n m^L"

    def first(self, scale: float, strings: float) -> float:
        """The size that it begins at, where n m^L is `scale` and P_max is `strings`."""
        return self.start * (scale if self.unit == "n m^L" else strings)

    def largest(self, scale: float, strings: float) -> int:
        """The largest size that it may try, at least 1."""
        reach = self.reach * (scale if self.unit == "n m^L" else strings)
        cap = math.inf if self.cap is None else self.cap
        return max(1, math.floor(min(self.share * strings, reach, cap)))
