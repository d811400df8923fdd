"""Evaluating a formula many times: exactly on rationals, or on arrays."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from layerproof.theory.formula import Formula, real_number
from layerproof.theory.grammar_checks import Floats


def exactly(formula: Formula, **values: int | Fraction) -> Fraction | None:
    """The value of a rational formula in rational arithmetic; None where it divides by zero.

    Nothing is simplified on the way, so that 0/0 stays undefined. For expressions without roots,
    exponentials or broken coefficients; anything else raises TypeError, and so does a value that is
    no real number. Values that the expression does not use are ignored.

    >>> from layerproof.theory.predictions import CONTRACTION
    >>> exactly(CONTRACTION, V=3, m=2)
    Fraction(2, 5)
    """
    names, function = _compiled(formula.expression, "math")
    try:
        value = function(*(Fraction(real_number(name, values[name])) for name in names))
    except ZeroDivisionError:
        return None
    if not isinstance(value, int | Fraction):
        raise TypeError(f"{formula.title} is not rational")
    return Fraction(value)


def on_arrays(formula: Formula, **values: Any) -> Floats:
    """The formula in double precision on numbers and arrays that broadcast.

    Raises TypeError for a value that is neither a real number nor an array of such.
    """
    names, function = _compiled(formula.expression, "numpy")
    return np.asarray(function(*(_numbers(name, values[name]) for name in names)), dtype=np.float64)


def _numbers(name: str, value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
        return value
    return real_number(name, value)


@cache
def _compiled(expression: sp.Expr, module: str) -> tuple[tuple[str, ...], Callable[..., Any]]:
    symbols = sorted(expression.free_symbols, key=str)
    if module == "numpy" and expression.has(sp.erfc):
        module = "scipy"  # numpy has no error function
    return tuple(map(str, symbols)), sp.lambdify(symbols, expression, module)
