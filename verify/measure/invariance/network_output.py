"""What is told of a network beside its matrix: its accuracy, its output, what was left out."""

from __future__ import annotations

from dataclasses import dataclass

NEAR = 0.1
"""Of what is left from chance to 1: below this share an accuracy is called near chance."""


@dataclass(frozen=True)
class NetworkAccuracy:
    """The share of `strings` strings whose label has the largest output, with its exact interval.

    `chance` is what the most frequent label alone would reach.
    """

    value: float
    interval: tuple[float, float]
    chance: float
    strings: int

    @property
    def near_chance(self) -> bool:
        """Whether the lower limit is below chance plus a tenth of what is left to 1.

        >>> NetworkAccuracy(0.27, (0.25, 0.29), 0.25, 2000).near_chance
        True
        >>> NetworkAccuracy(0.80, (0.78, 0.82), 0.25, 2000).near_chance
        False
        """
        return self.interval[0] < self.chance + NEAR * (1.0 - self.chance)


@dataclass(frozen=True)
class NetworkOutput:
    """S of the network's own output for exchanges at each level, as :class:`InvarianceMatrix` has.

    `layer` names the measured layer whose output it is, where it is one's. `predicted` is that of a
    network whose output depends on the label alone, where the output has a score for each class.
    """

    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    predicted: tuple[float | None, ...] | None = None
    baseline: tuple[float | None, ...] | None = None
    layer: str | None = None


@dataclass(frozen=True)
class LeftOutLayer:
    """A layer that was not measured, and why."""

    layer: str
    reason: str


@dataclass(frozen=True)
class Rerun:
    """A layer whose output changes when the same strings are run again.

    `change`: the mean squared change, relative to that between different strings.
    """

    layer: str
    change: float
