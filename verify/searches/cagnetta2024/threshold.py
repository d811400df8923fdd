"""A search for C24's threshold of leaf tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerproof.verify.searches.base import Comparison

if TYPE_CHECKING:
    pass
from layerproof.verify.searches.cagnetta2024.tuples import Tuples, TupleSizes, tuple_signal


class TupleThreshold(Tuples):
    """Where signal and noise of leaf tuples meet; leading order is read as within a factor 2."""

    statement = "C24.threshold"
    quantity = "exact crossing of signal and noise over the formula, or its inverse"

    def examine(self, instance: TupleSizes, form: str) -> Comparison:
        """The P at which (V m (n − 1) − S)/P = S."""
        V, m, s, L = instance.V, instance.m, instance.s, instance.L
        exact = V * m * (V - 1) / tuple_signal(instance) - 1.0
        formula = self.formula(form, "threshold")(V=V, m=m, s=s, n=V, L=L)
        return self._against(exact, formula)


SEARCHES = (TupleThreshold(),)
