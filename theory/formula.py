"""A formula: one sympy expression, from which every number and every line of LaTeX comes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from layerproof.theory.errors import shortened
from layerproof.theory.symbols import LATEX


@dataclass(frozen=True)
class Formula:
    """A named right-hand side with its source.

    `name` is the LaTeX of the left-hand side, `title` what it is in words, `source` the paper and
    number, `expression` the sympy expression in the symbols of :mod:`layerproof.theory.symbols`.
    `relation` is the LaTeX of what stands between the two sides.

    >>> from layerproof.theory.predictions import THRESHOLD
    >>> THRESHOLD.integer(n=8, m=4, L=3)
    512
    """

    name: str
    title: str
    source: str
    expression: sp.Expr
    relation: str = "="

    def exact(self, **values: Any) -> sp.Expr:
        """The expression with every symbol replaced, keyed by the symbol's name.

        Integers stay exact, so that nothing overflows. Values that the expression does not use are
        ignored. Raises KeyError where one is missing, and TypeError for one that is no real number.
        """
        return _substituted(self.expression, self._given(values))

    def __call__(self, **values: Any) -> float:
        """The value in double precision; infinite where it exceeds the range."""
        return _in_double(self.expression, self._given(values))

    def integer(self, **values: Any) -> int:
        """The value as an exact integer, for expressions that are integers."""
        return int(self.exact(**values))

    def _given(self, values: dict[str, Any]) -> Given:
        names = sorted(symbol.name for symbol in self.expression.free_symbols)
        found = ((name, real_number(name, values[name])) for name in names)
        return tuple((name, type(value), value) for name, value in found)

    def latex(self) -> str:
        """``left-hand side = expression`` in LaTeX."""
        return f"{self.name} {self.relation} {to_latex(self.expression)}"


Given = tuple[tuple[str, type, Any], ...]
"""Values by their names, with their types: 2 and 2.0 are equal, and substituted differently."""

KEPT = 4096
"""Values kept of those computed last: suites ask for the same ones again and again."""


@lru_cache(KEPT)
def _substituted(expression: sp.Expr, given: Given) -> sp.Expr:
    values = {name: value for name, _, value in given}
    return expression.subs({symbol: values[symbol.name] for symbol in expression.free_symbols})


@lru_cache(KEPT)
def _in_double(expression: sp.Expr, given: Given) -> float:
    value = _substituted(expression, given)
    return float(value.evalf(20)) if value.is_finite else float("inf")


_NUMBERS = (int, float, Fraction, np.integer, np.floating, sp.Number, sp.NumberSymbol)


def real_number(name: str, value: Any) -> Any:
    """`value`, unchanged, where it is one real number: Python's, numpy's or sympy's.

    Raises TypeError for anything else. Every value passes here on its way to sympy, which would
    take a text for source code and run it.
    """
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        return value
    raise TypeError(f"{name} is {shortened(value)}; allowed: a real number")


def to_latex(expression: sp.Basic) -> str:
    """LaTeX of any sympy object, with the paper's letters."""
    # sympy would take a name that is LaTeX already apart at its underscores.
    written = {symbol: symbol.name for symbol in expression.free_symbols if "\\" in symbol.name}
    return str(sp.latex(expression, symbol_names=LATEX | written, ln_notation=False))
