"""A search for C24's signal of leaf tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerproof.verify.searches.base import Comparison

if TYPE_CHECKING:
    pass
from layerproof.verify.searches.cagnetta2024.tuples import Tuples, TupleSizes, tuple_signal


class TupleSignal(Tuples):
    """C24 eq. C49 for leaf tuples; leading order is read as within a factor 2."""

    statement = "C24.signal"
    quantity = "exact signal of a leaf tuple over the formula, or its inverse"

    def examine(self, instance: TupleSizes, form: str) -> Comparison:
        """The joint law's second moment, one first-child step after the other."""
        V = instance.V
        formula = self.formula(form, "tuple")(V=V, m=instance.m, s=instance.s, n=V, L=instance.L)
        return self._against(tuple_signal(instance), formula)


SEARCHES = (TupleSignal(),)
