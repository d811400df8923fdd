"""R26 App. C's learner finds the Fourier expansion of its class, and of nothing else."""

import itertools
import math

import numpy as np
import pytest

from layerproof.layerwise.boolean import (
    Draw,
    Floats,
    Learned,
    Spectrum,
    Support,
    character,
    cube,
    draw_supports,
    evaluate,
    learn,
    product_law,
)
from layerproof.theory.errors import InputError


def _spectrum(**coefficients: float) -> dict[Support, float]:
    """{01: …} written as _01=…"""
    return {frozenset(map(int, name[1:])): value for name, value in coefficients.items()}


def _population(spectrum: Spectrum, dimension: int, stages: int = 3, bias: float = 0.0) -> Learned:
    points = cube(dimension)
    weights = product_law(points, bias)
    return learn(
        lambda inputs: evaluate(spectrum, inputs),
        lambda stage: (points, weights),
        dimension=dimension,
        stages=stages,
        threshold=1e-9,
    )


def _residual(found: Learned, spectrum: Spectrum, dimension: int) -> float:
    points = cube(dimension)
    return float(((evaluate(spectrum, points) - found(points)) ** 2).mean())


def test_the_cube_is_every_sign_vector_once() -> None:
    points = cube(4)
    assert sorted(map(tuple, points.tolist())) == sorted(itertools.product((-1.0, 1.0), repeat=4))


def test_characters_are_orthonormal_under_uniform_inputs() -> None:
    points = cube(4)
    supports = [frozenset(s) for k in range(5) for s in itertools.combinations(range(4), k)]
    values = np.stack([character(support, points) for support in supports])
    # Sums of 16 integers: exact.
    assert (values @ values.T / 16 == np.eye(16)).all()


def test_a_product_law_has_its_means() -> None:
    points = cube(5)
    weights = product_law(points, 0.3)
    assert weights.sum() == pytest.approx(1, abs=32 * 2**-52)
    assert weights @ points == pytest.approx(np.full(5, 0.3), abs=32 * 2**-52)
    with pytest.raises(InputError, match="bias"):
        product_law(points, 1.0)


def test_a_member_of_the_class_is_recovered_exactly() -> None:
    spectrum = _spectrum(_01=1.0, _23=-0.5, _45=0.25, _67=2.0, _0123=0.7, _4567=-0.3, _01234567=0.9)
    found = _population(spectrum, 8)
    assert [len(stage) for stage in found.stages] == [4, 2, 1]
    assert found.supports == set(spectrum)
    assert found.tried == 28 + 6 + 1
    for stage in found.stages:
        for support, coefficient in stage.items():
            # A sum of 2^8 terms of at most B = 5.65, each with two roundings.
            assert coefficient == pytest.approx(spectrum[support], abs=2**9 * 2**-53 * 5.65)


@pytest.mark.parametrize("seed", range(20))
def test_random_members_are_recovered(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spectrum = {support: float(rng.normal()) for support in draw_supports(rng, 8)}
    found = _population(spectrum, 8)
    assert found.supports == set(spectrum)
    assert _residual(found, spectrum, 8) < 1e-24


@pytest.mark.parametrize("seed", range(20))
def test_drawn_supports_are_in_the_class(seed: int) -> None:
    supports = draw_supports(np.random.default_rng(seed), 8)
    by_degree = {degree: [s for s in supports if len(s) == degree] for degree in (2, 4, 8)}
    assert sum(map(len, by_degree.values())) == len(supports)
    assert len(by_degree[2]) == 4
    assert len(by_degree[4]) >= 1
    for degree, of_degree in by_degree.items():
        assert sum(map(len, of_degree)) == len(frozenset().union(*of_degree))
        halves = {a | b for a, b in itertools.combinations(by_degree.get(degree // 2, []), 2)}
        assert degree == 2 or set(of_degree) <= halves


@pytest.mark.parametrize(
    ("outside", "left"),
    [
        # Degree 1 = 2^0, which the printed class allows: the erratum's smallest function.
        (_spectrum(_0=1.0, _01=1.0), 1.0),
        ({frozenset(): 1.0} | _spectrum(_01=1.0), 1.0),
        (_spectrum(_01=1.0, _012=1.0), 1.0),
        # Degree 4, but no union of two present supports.
        (_spectrum(_01=1.0, _0234=1.0), 1.0),
        # Overlapping supports: {0123} is the product of two pairs, and is learned twice.
        (_spectrum(_01=1.0, _23=1.0, _03=1.0, _12=1.0, _0123=0.5), 0.25),
    ],
)
def test_outside_the_class_something_is_left(outside: Spectrum, left: float) -> None:
    found = _population(outside, 6)
    # Dyadic coefficients and 2^6 points: exact.
    assert _residual(found, outside, 6) == left


def test_biased_inputs_let_every_product_survive() -> None:
    spectrum = _spectrum(_01=1.0, _23=-0.5, _0123=0.7)
    found = _population(spectrum, 4, stages=2, bias=0.2)
    # All 6 pairs of inputs, and of their 15 products all 7 different supports of even degree
    assert [len(stage) for stage in found.stages] == [6, 7]
    assert [len(stage) for stage in _population(spectrum, 4, stages=2).stages] == [2, 1]


def test_too_many_products_are_refused() -> None:
    spectrum = _spectrum(_01=1.0)
    with pytest.raises(InputError, match="products"):
        _population(spectrum, 10, stages=3, bias=0.2)


def _sampler(samples: int, dimension: int, seed: int) -> Draw:
    def draw(stage: int) -> tuple[Floats, Floats]:
        rng = np.random.default_rng([seed, stage])
        return rng.choice([-1.0, 1.0], size=(samples, dimension)), np.full(samples, 1 / samples)

    return draw


def test_the_sample_bound_is_enough_and_a_hundredth_of_it_is_not() -> None:
    """δ = 0.1: 30 runs with 14 or more failures would have probability below 10^-6."""
    spectrum = _spectrum(_01=1.0, _23=-0.5, _45=0.25, _0123=0.7)
    sizes = [abs(value) for value in spectrum.values()]
    bound = math.ceil(8 * sum(sizes) ** 2 / min(sizes) ** 2 * math.log(2 * (15 + 3) / 0.1))

    def failures(samples: int) -> int:
        runs = (
            learn(
                lambda inputs: evaluate(spectrum, inputs),
                _sampler(samples, 6, seed),
                dimension=6,
                stages=2,
                threshold=min(sizes) / 2,
            )
            for seed in range(30)
        )
        return sum(run.supports != set(spectrum) for run in runs)

    assert failures(bound) < 14
    assert failures(bound // 100) >= 14
