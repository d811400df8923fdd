"""A search for the mean square norm: expectations over every deal of an ensemble."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
from layerproof.verify.searches.derived.mean_square_separation import (
    SecondMoment,
    SeparationSizes,
    mean_square,
)


class MeanSquareNormSearch(SecondMoment):
    """E‖q_μ‖² over the uniform-first-token ensemble."""

    statement = "derived.mean-square-norm"
    quantity = "|E‖q_μ‖² − formula|"
    name = "norm"

    def _exact(self, instance: SeparationSizes) -> Fraction:
        return mean_square(instance, (1,))


SEARCHES = (MeanSquareNormSearch(),)
