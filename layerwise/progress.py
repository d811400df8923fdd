"""Progress of long work, as calls to a function that the caller gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ProgressEvent:
    """Where training stands.

    `level` is the stage's level, `levels` how many there are, `fraction` the part of this stage
    that is done: 0.0 when it starts, 1.0 when its layer is attached.
    """

    level: int
    levels: int
    fraction: float

    @property
    def overall(self) -> float:
        """The part of all stages that is done, each counted alike."""
        return (self.levels - self.level + self.fraction) / self.levels


class Progress(Protocol):
    """Called when a stage starts, while its samples come in, and when it is done."""

    def __call__(self, event: ProgressEvent) -> None:
        """Take note of `event`; whatever this does cannot change the training."""
