"""Zipf weights: their law, what they leave alone, what is refused, and exact bounds on kappa."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from layerproof.theory.assumptions import assumptions
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.theory.statements.derived.zipf_contraction import CONTRACTION_ZIPF
from layerproof.theory.statements.derived.zipf_degeneracy import KAPPA_LEAST, KAPPA_MOST
from layerproof.theory.token_laws import first_token_law
from layerproof.theory.zipf import zipf_weights
from tests.theory import brute_force

SIZES = {"vocabulary": 4, "rules": 3, "branching": 2, "levels": 3}


def _draw(**changes: float) -> Grammar:
    return draw("uniform-first-token", **SIZES, seed=0, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0])
def test_the_kth_weight_is_k_to_the_minus_a(exponent: float) -> None:
    weights = zipf_weights(5, exponent)
    expected = np.array([k**-exponent for k in range(1, 6)])
    # A power, a sum of five and a quotient: a few roundings of the last bit.
    np.testing.assert_allclose(weights, expected / expected.sum(), rtol=1e-14)


def test_rules_do_not_depend_on_the_exponents_and_every_level_is_weighted() -> None:
    uniform, weighted = _draw(), _draw(zipf=1.5, label_zipf=1.0)
    for ours, theirs in zip(uniform.rules, weighted.rules, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    assert weighted.probabilities is not None
    for level in weighted.probabilities:
        for row in level:
            np.testing.assert_allclose(row, zipf_weights(3, 1.5), rtol=1e-14)
    np.testing.assert_allclose(weighted.label_prior, zipf_weights(4, 1.0), rtol=1e-14)


def test_exponent_0_is_the_uniform_grammar() -> None:
    assert _draw(zipf=0.0, label_zipf=0.0) == _draw()
    assert _draw().probabilities is None


def test_a_weighted_grammar_survives_its_file() -> None:
    grammar = _draw(zipf=1.5, label_zipf=1.0)
    assert Grammar.from_json(grammar.to_json()) == grammar


@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan"), True, "one", 1000.0])
@pytest.mark.parametrize("field", ["zipf", "label_zipf"])
def test_exponents_that_make_no_law_are_refused(field: str, value: float) -> None:
    with pytest.raises(InputError, match=field):
        _draw(**{field: value})


def test_laws_of_patches_are_those_of_the_list_of_all_derivations() -> None:
    sizes = SIZES | {"vocabulary": 3, "rules": 2, "levels": 2}
    # Exponent 1 has weights of small denominators, which the enumeration keeps exactly.
    grammar = draw("uniform-first-token", **sizes, zipf=1.0, label_zipf=1.0, seed=1)
    for level in (1, 2):
        law = patch_law(grammar, level)
        found: dict[tuple[tuple[int, ...], int], Fraction] = {}
        for probability, tokens in brute_force.derivations(grammar):
            key = (tokens[level][:2], tokens[0][0])
            found[key] = found.get(key, Fraction(0)) + probability
        for row, patch in enumerate(law.patch.tolist()):
            for label in range(3):
                expected = float(found.get((tuple(patch), label), Fraction(0)))
                assert law.joint[row, label] == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("labels", [0.0, 1.0])
def test_kappa_lies_between_its_bounds_and_meets_them_at_level_1(
    exponent: float, labels: float
) -> None:
    for seed in range(10):
        grammar = draw("uniform-first-token", **SIZES, zipf=exponent, label_zipf=labels, seed=seed)
        for level in assumptions(grammar).levels:
            values = {"m": 3, "n": 4, "l": level.level, "zipf": exponent, "label_zipf": labels}
            least, most = KAPPA_LEAST(**values), KAPPA_MOST(**values)
            # Products over three levels: some ten roundings.
            assert least * (1 - 1e-13) <= level.kappa <= most * (1 + 1e-13)
            if level.level == 1:
                assert level.kappa == pytest.approx(most, rel=1e-13)


def test_the_contraction_is_the_mean_over_all_deals() -> None:
    # V = m = 2: all 4!/(2! 2!) = 6 deals of two colours into two bins with weights f, enumerated.
    f = zipf_weights(2, 1.0)
    squares = []
    for first in range(4):
        for second in range(first + 1, 4):
            colour = np.ones(4)
            colour[[first, second]] = -1.0
            squares.append(float(((colour.reshape(2, 2) @ f) ** 2).sum()))
    # z = (-1, 1) has |z|^2 = 2. Six terms: a few roundings.
    assert CONTRACTION_ZIPF(V=2, m=2, zipf=1.0) == pytest.approx(np.mean(squares) / 2, rel=1e-12)


def test_the_signal_contracts_less_the_larger_the_exponent() -> None:
    found = [CONTRACTION_ZIPF(V=16, m=4, zipf=a) for a in (0.0, 0.5, 1.0, 2.0, 40.0)]
    assert all(a < b for a, b in pairwise(found))
    assert found[0] == pytest.approx(15 / 63, rel=1e-12)
    assert found[-1] == pytest.approx(1.0, abs=1e-6)


def test_the_first_token_keeps_its_law_under_weights() -> None:
    law = first_token_law(_draw(zipf=2.0), 2)
    np.testing.assert_allclose(law.sum(axis=1), 1.0, rtol=1e-13)
