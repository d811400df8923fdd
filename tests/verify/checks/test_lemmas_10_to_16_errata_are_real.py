"""What the paper's Lemmas 10 and 14 to 16 print fails, or does not, on instances done by hand."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from layerproof.theory.statements.ren2026.lemma_10 import (
    BANDWIDTH,
    BANDWIDTH_REPAIRED,
    FEATURES_REPAIRED,
)
from layerproof.theory.statements.ren2026.lemma_12 import FAILURE_IN_BALL
from layerproof.theory.statements.ren2026.lemma_15 import STEP_SIZE, STEP_SIZE_REPAIRED
from layerproof.theory.symbols import M, delta, deviation, feature_error


def _solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    (a, b), (c, d) = matrix
    x, y = right
    return [(d * x - b * y) / (a * d - b * c), (a * y - c * x) / (a * d - b * c)]


def test_lemma_14_fails_for_one_patch_seen_twice() -> None:
    """(4, ±3)/5 with labels 0 and 1: W x_1 − term = ± (9/25)/2/(1 + 9/25), and ε_O is 0.

    Unit vectors with rational entries; ε_S = 6/5 there. At ε_S = 1/4 the entry is 1/130.
    """
    c, d = Fraction(4, 5), Fraction(3, 5)
    points, half = [(c, d), (c, -d)], Fraction(1, 2)
    curvature = [[c * c + 1, Fraction(0)], [Fraction(0), d * d + 1]]  # λ = 1/|P| = 1
    solved = _solve(curvature, list(points[0]))
    output = [half * sum(p * y for p, y in zip(point, solved, strict=True)) for point in points]
    own = half * c * solved[0]  # q̂ = (1/2, 1/2), Ê[x̂] = (4/5, 0)
    assert [entry - own for entry in output] == [d * d / 2 / (1 + d * d), -d * d / 2 / (1 + d * d)]
    square = Fraction(1, 64)  # the same d² at ε_S = 2d = 1/4
    assert square / 2 / (1 + square) == Fraction(1, 130)
    assert math.sqrt(2) / 130 == pytest.approx(0.01088, rel=1e-3)


@pytest.mark.parametrize("patches", [1, 2, 16])
def test_lemma_15_does_not_contract_on_one_string(patches: int) -> None:
    """One eigenvalue, 1 + 1/P: W goes 0, η, 0, η, … with the printed step, for every T."""
    P, top = Fraction(patches), 1 + Fraction(1, patches)
    for formula, factor in ((STEP_SIZE, Fraction(-1)), (STEP_SIZE_REPAIRED, -P / (P + 2))):
        step = Fraction(str(formula.exact(patches=patches)))
        weight = Fraction(0)
        for T in range(1, 6):
            weight -= step * (top * weight - 1)
            assert (weight - 1 / top) * top == -(factor**T)
    assert P / (P + 2) < math.exp(-1 / patches) < 1


def test_lemma_15_fails_for_two_patches_seen_once_each() -> None:
    """Inner product 1/2, one label: W starts along the top eigenvector, eigenvalue 3/4 + 1/2."""
    step = Fraction(str(STEP_SIZE.exact(patches=2)))
    factor = 1 - step * (Fraction(3, 4) + Fraction(1, 2))
    assert factor == Fraction(-2, 3)
    assert Fraction(2, 3) ** 20 > 6.6 * math.exp(-10)


def test_lemma_10_fails_for_one_hot_tokens() -> None:
    """E cos(ω·Δ) at ‖Δ‖ = √2 by quadrature: 0.473 at ε_O = 0.1, and ε_O/2 after the repair."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    for formula, overlap in ((BANDWIDTH, 0.05**0.25), (BANDWIDTH_REPAIRED, 0.05)):
        sigma = formula(token_separation=math.sqrt(2), epsilon_O=0.1)
        mean = (weights * np.cos(nodes * math.sqrt(2) / sigma)).sum() / weights.sum()
        assert mean == pytest.approx(overlap, abs=1e-12)
    assert 0.05**0.25 > 0.47


def test_the_features_of_lemma_10_are_those_of_lemma_12() -> None:
    found = FAILURE_IN_BALL.expression.subs(
        {deviation: feature_error, M: FEATURES_REPAIRED.expression}
    )
    assert sp.simplify(found - delta) == 0


def test_lemma_16_is_sharp_and_both_of_its_constants_are_true() -> None:
    """One embedding seen, x_μ at angle t from it: (p̂ + λ) c = cos t = 1 − ε_S²/2, exactly."""
    cosine, sine = Fraction(63, 65), Fraction(16, 65)
    for share, ridge in itertools.product((Fraction(1, 100), Fraction(1)), repeat=2):
        curvature = [[share + ridge, Fraction(0)], [Fraction(0), ridge]]
        solved = _solve(curvature, [cosine, sine])
        assert (share + ridge) * solved[0] == cosine > Fraction(1, 2)
    assert (1 - cosine) ** 2 + sine**2 == 2 * (1 - cosine)  # ε_S² = 2(1 − cos t)


def test_the_inequality_behind_lemma_12() -> None:
    """2(1 + B)^d + 1 ≤ (16√d/u)^(d+2) for u = σε ≤ 4√d and ε ≤ 2, in logarithms."""
    u = np.logspace(-6, 0, 200)
    for d in (*range(1, 60), 400, 3000):
        for tolerance in (1e-6, 0.1, 1.0, 2.0):
            scaled = 4 * math.sqrt(d) * u
            anchors = d * np.log1p((8 * math.sqrt(d) + 4.86 + 4 * tolerance) / scaled)
            left = np.logaddexp(math.log(2) + anchors, 0.0)
            assert (left <= (d + 2) * np.log(16 * math.sqrt(d) / scaled)).all()
