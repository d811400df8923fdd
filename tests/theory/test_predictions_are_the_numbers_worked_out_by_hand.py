"""The formulas give the numbers that were worked out by hand and by brute force."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from layerproof.theory.ensembles import draw
from layerproof.theory.population import (
    crossover_samples,
    mean_square_norm,
    mean_square_separation,
    patch_law,
)
from layerproof.theory.predictions import (
    CONTRACTION,
    CONTRACTION_TOP,
    CROSSOVER,
    FORMULAS,
    MEAN_SQUARE_NORM,
    MEAN_SQUARE_SEPARATION,
    P_MAX,
    SENSITIVITY,
    THRESHOLD,
)
from layerproof.theory.symbols import V, n


def test_the_crossover_of_the_standard_instance_is_998_4() -> None:
    assert CROSSOVER(V=16, m=4, n=16, l=3) == pytest.approx(998.4, rel=1e-14)


def test_the_sensitivity_is_one_half_at_the_crossover() -> None:
    assert [SENSITIVITY(N=x, crossover=1.0) for x in (1.0, 4.0, 16.0)] == [0.5, 0.2, 1 / 17]


def test_counts_of_strings_are_exact_integers() -> None:
    assert P_MAX.integer(n=8, m=4, s=2, L=3) == 8 * 4**7
    assert P_MAX.integer(n=3, m=2, s=3, L=3) == 3 * 2**13
    assert P_MAX.integer(n=5, m=2, s=1, L=4) == 5 * 2**4
    assert THRESHOLD.integer(n=10, m=7, L=30) == 10 * 7**30


def test_the_top_level_contracts_as_the_others_where_classes_are_tokens() -> None:
    assert sp.simplify(CONTRACTION_TOP.expression.subs(n, V) - CONTRACTION.expression) == 0


def _mean_separation_of_all_deals(labels: int, tokens: int, rules: int) -> Fraction:
    """E‖q_a − q_b‖² for two first tokens, over every deal of the top level's patches."""
    per_token = labels * rules // tokens
    slots = [label for label in range(labels) for _ in range(rules)]
    total, deals = Fraction(0), 0
    for first in itertools.combinations(range(len(slots)), per_token):
        rest = [slot for slot in range(len(slots)) if slot not in first]
        for second in itertools.combinations(rest, per_token):
            counts = np.zeros(labels, dtype=int)
            np.add.at(counts, [slots[i] for i in first], 1)
            np.subtract.at(counts, [slots[i] for i in second], 1)
            total += Fraction(int((counts**2).sum()), per_token**2)
            deals += 1
    return total / deals


@pytest.mark.parametrize(("n_", "v", "m_"), [(2, 2, 2), (3, 3, 2), (2, 4, 2), (4, 2, 2), (2, 3, 3)])
def test_the_top_separation_is_the_mean_over_every_deal(n_: int, v: int, m_: int) -> None:
    exact = _mean_separation_of_all_deals(n_, v, m_)
    predicted = MEAN_SQUARE_SEPARATION.exact(
        n=sp.Integer(n_), V=sp.Integer(v), m=sp.Integer(m_), l=sp.Integer(2)
    )
    assert sp.Rational(exact.numerator, exact.denominator) == predicted


def test_norm_and_separation_agree_on_every_instance_of_the_ensemble() -> None:
    # The mean of q over first tokens is exactly uniform, so on each instance separately
    # E‖q‖² = 1/n + (1 − 1/V) Δ²/2, up to the rounding of sums of V² terms of size at most 1.
    for seed in range(5):
        law = patch_law(
            draw("uniform-first-token", vocabulary=6, rules=3, branching=2, levels=3, seed=seed), 3
        )
        expected = 1 / 6 + (5 / 6) * mean_square_separation(law) / 2
        assert mean_square_norm(law) == pytest.approx(expected, abs=36 * 2**-52)
        crossover = 2 * 18 * (1 - mean_square_norm(law)) / mean_square_separation(law)
        assert crossover_samples(law) == pytest.approx(crossover, rel=1e-12)


def test_norm_at_level_one_is_that_of_a_one_hot_law() -> None:
    assert MEAN_SQUARE_NORM(V=8, m=4, n=8, l=1) == 1.0


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.title)
def test_every_formula_prints_and_names_its_source(formula: object) -> None:
    assert formula.source  # type: ignore[attr-defined]
    assert "=" in formula.latex()  # type: ignore[attr-defined]
