"""The predicted accuracy under merging equals that of a learner fed with every derivation."""

import numpy as np
import pytest
from hypothesis import given, settings

from layerproof.theory.assumptions import assumptions
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.merging import _number_values, attainable_accuracy
from layerproof.theory.randomness import generator
from tests.theory import brute_force
from tests.theory.strategies import small_grammars


@settings(max_examples=150, deadline=None, derandomize=True)
@given(small_grammars())
def test_equals_the_naive_learner(grammar: Grammar) -> None:
    wanted = float(brute_force.attainable_accuracy(grammar))
    assert attainable_accuracy(grammar) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("ensemble", ["uniform-first-token", "uniform"])
def test_drawn_grammars_with_many_merges(ensemble: str) -> None:
    """V = 4, m = 2, L = 3, where symbols often share q: accuracies below 1 are compared too."""
    merged = 0
    for seed in range(30):
        grammar = draw(ensemble, vocabulary=4, rules=2, branching=2, levels=3, seed=seed)
        wanted = float(brute_force.attainable_accuracy(grammar))
        assert attainable_accuracy(grammar) == pytest.approx(wanted, abs=1e-12)
        merged += wanted < 1.0
    assert merged >= 2  # the oracle is not comparing ones with ones


def test_is_one_where_the_assumptions_hold() -> None:
    held = 0
    for seed in range(40):
        grammar = draw(
            "uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=seed
        )
        holds = assumptions(grammar).holds
        accuracy = attainable_accuracy(grammar)
        held += holds
        # A sum of 32 products: at most about 100 roundings of 1.1e-16.
        assert (accuracy > 1.0 - 2e-14) == holds
    assert 0 < held < 40  # both sides were seen


def test_ambiguous_labels_cap_the_accuracy() -> None:
    """Two labels share one of two equally likely patches: a quarter of the guesses fail."""
    rules = [[[[0, 0], [0, 1]], [[0, 0], [1, 1]]]]
    assert attainable_accuracy(Grammar((2, 2), rules)) == 0.75  # type: ignore[arg-type]


def test_deep_grammars_are_answered() -> None:
    grammar = draw("uniform-first-token", vocabulary=64, rules=8, branching=2, levels=12, seed=0)
    assert attainable_accuracy(grammar) == pytest.approx(1.0, abs=1e-12)


def test_too_many_representations_are_refused() -> None:
    rules = [[[[0, 1], [1, 1], [1, 0]], [[0, 1], [0, 0], [1, 0]]]] * 5
    with pytest.raises(InputError, match="the number of representations of level-2 patches"):
        attainable_accuracy(Grammar((2,) * 6, rules), most_cells=1000)  # type: ignore[arg-type]


def test_values_that_agree_along_one_direction_are_told_apart() -> None:
    """Three values whose differences are orthogonal to the direction in which rows are sorted."""
    direction = generator(0, "merging", "direction").standard_normal(4)
    direction /= np.linalg.norm(direction)
    across = np.array([[0.3, -0.1, 0.2, 0.5], [0.1, 0.4, -0.3, 0.2]])
    across -= np.outer(across @ direction, direction)
    rows = 0.25 + np.array([0 * across[0], across[0], across[1], 0 * across[0], across[0] + 1e-15])
    assert np.ptp(rows @ direction) < 1e-13
    number = _number_values(rows, 1e-13)
    assert number[0] == number[3]
    assert number[1] == number[4]
    assert sorted({number[0], number[1], number[2]}) == [0, 1, 2]
