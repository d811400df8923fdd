"""Nothing but real numbers reaches sympy, whose parser would run a text as code."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp

from layerproof.theory.evaluation import exactly, on_arrays
from layerproof.theory.formula import Formula, real_number
from layerproof.theory.predictions import CONTRACTION, THRESHOLD

WAYS: dict[str, Callable[..., Any]] = {
    "exact": CONTRACTION.exact,
    "call": CONTRACTION,
    "integer": THRESHOLD.integer,
    "exactly": lambda **values: exactly(CONTRACTION, **values),
    "on_arrays": lambda **values: on_arrays(CONTRACTION, **values),
}
"""Every way from values to a number."""


class Poses:
    """An object that says what sympy is to make of it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _sympy_(self) -> sp.Expr:
        self.path.touch()
        return sp.Integer(2)


@pytest.mark.parametrize("way", WAYS)
def test_a_text_is_never_evaluated(way: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    code = f"open({str(canary)!r}, 'w') and 2"
    texts = (code, np.str_(code), np.array([code]), np.array([code], dtype=object), Poses(canary))
    for value in (*texts, code.encode(), [code]):
        with pytest.raises(TypeError, match=r"m is .*; allowed: a real number"):
            WAYS[way](V=3, n=3, L=1, m=value)
    assert not canary.exists()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "value", [None, True, np.True_, 2j, "2", Decimal(2), {}, [2], (2,), sp.I, sp.Symbol("x")]
)
def test_what_is_no_real_number_is_refused(way: str, value: object) -> None:
    with pytest.raises(TypeError, match="allowed: a real number"):
        WAYS[way](V=3, n=3, L=1, m=value)


@pytest.mark.parametrize(
    "two", [2, 2.0, Fraction(2), np.int64(2), np.float32(2), np.float64(2), sp.Integer(2)]
)
def test_every_kind_of_number_gives_the_same(two: Any) -> None:
    assert real_number("m", two) is two
    assert CONTRACTION(V=3, m=two) == pytest.approx(0.4, rel=1e-7)  # float32 has 24 bits
    assert float(CONTRACTION.exact(V=3, m=two)) == pytest.approx(0.4, rel=1e-7)
    assert THRESHOLD.integer(n=8, m=two, L=3) == 64
    if not isinstance(two, np.float32):  # whose exact value `fractions` does not know
        assert exactly(CONTRACTION, V=3, m=two) == Fraction(2, 5)
    assert on_arrays(CONTRACTION, V=3, m=two) == pytest.approx(0.4, rel=1e-7)


def test_a_value_that_is_not_used_is_not_looked_at() -> None:
    assert CONTRACTION(V=3, m=2, name="a text") == 0.4


def test_a_missing_value_is_named() -> None:
    for way in (CONTRACTION.exact, WAYS["exactly"], WAYS["on_arrays"]):
        with pytest.raises(KeyError, match="m"):
            way(V=3)


def test_arrays_are_real_numbers_for_arrays_alone() -> None:
    pair = np.array([2, 2])
    assert on_arrays(CONTRACTION, V=3, m=pair).tolist() == [0.4, 0.4]
    with pytest.raises(TypeError, match="allowed: a real number"):
        Formula("x", "x", "x", CONTRACTION.expression)(V=3, m=pair)
