"""A search for C24's noise of leaf tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerproof.verify.searches.base import Comparison

if TYPE_CHECKING:
    pass
from layerproof.verify.searches.cagnetta2024.tuples import Tuples, TupleSizes, tuple_signal


class TupleNoise(Tuples):
    """C24 eq. C54 for leaf tuples; leading order is read as within a factor 2."""

    statement = "C24.noise"
    quantity = "exact noise of a leaf tuple over the formula, or its inverse"

    def examine(self, instance: TupleSizes, form: str) -> Comparison:
        """V m n Σ_μ Var(1[μ](e_ζ − 1/n)) of one sample, over P."""
        V, m = instance.V, instance.m
        signal = tuple_signal(instance)
        formula = self.formula(form, "tuple")(V=V, m=m, n=V, N=instance.samples, signal=signal)
        exact = (V * m * V * (1.0 - 1.0 / V) - signal) / instance.samples
        return self._against(exact, formula)


SEARCHES = (TupleNoise(),)
