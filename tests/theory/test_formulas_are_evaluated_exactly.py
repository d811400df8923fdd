"""Rational formulas come out as fractions, and what is undefined stays so."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from layerproof.theory.evaluation import exactly, on_arrays
from layerproof.theory.formula import Formula
from layerproof.theory.predictions import CONTRACTION
from layerproof.theory.statements.ren2026.lemma_26 import SECOND_MOMENT
from layerproof.theory.statements.ren2026.lemma_27 import LOWER_SHARP
from layerproof.theory.symbols import m


def test_a_fraction_is_the_symbolic_value() -> None:
    for V in range(2, 6):
        found = exactly(CONTRACTION, V=V, m=3)
        assert found is not None
        assert sp.Rational(found.numerator, found.denominator) == CONTRACTION.exact(V=V, m=3)


def test_zero_over_zero_is_undefined() -> None:
    values = {"V": 2, "m": 1, "remaining_mean": Fraction(1), "variance": Fraction(0)}
    assert exactly(SECOND_MOMENT, nu=2, **values) is None
    assert exactly(SECOND_MOMENT, nu=1, **values) == 1


def test_a_root_is_refused() -> None:
    with pytest.raises(TypeError, match="not rational"):
        exactly(Formula("x", "a root", "", sp.sqrt(m)), m=2)


def test_arrays_agree_with_numbers() -> None:
    bins = np.array([3, 4, 5])
    values = {"V": 8, "m": 100, "delta": 0.1, "square_length": 2.0}
    found = on_arrays(LOWER_SHARP, nu=bins, **values)
    # Fewer than ten roundings a value.
    np.testing.assert_allclose(found, [LOWER_SHARP(nu=nu, **values) for nu in bins], rtol=2e-15)
