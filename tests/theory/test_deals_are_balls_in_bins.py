"""The deal's law, listed and drawn, is that of labelled balls dealt in every order."""

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from layerproof.theory.deals import (
    all_counts,
    deal,
    deal_counts,
    filling_probability,
    fillings,
    first_child_counts,
    image_law,
)
from layerproof.theory.ensembles import draw
from layerproof.theory.randomness import generator
from tests.theory import brute_force


def _law_by_orders(V: int, m: int) -> dict[tuple[tuple[int, ...], ...], Fraction]:
    """Every order of V m labelled balls, ball i of colour i // m, m of them to each bin."""
    found: Counter[tuple[tuple[int, ...], ...]] = Counter()
    for order in itertools.permutations(range(V * m)):
        table = [[0] * V for _ in range(V)]
        for slot, ball in enumerate(order):
            table[slot // m][ball // m] += 1
        found[tuple(map(tuple, table))] += 1
    total = found.total()
    return {table: Fraction(times, total) for table, times in found.items()}


@pytest.mark.parametrize(("V", "m"), [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)])
def test_listed_matrices_have_the_law_of_all_orders(V: int, m: int) -> None:
    assert dict(all_counts(V, m)) == _law_by_orders(V, m)


@pytest.mark.parametrize(("V", "m"), [(3, 4), (4, 2), (4, 3)])
def test_listed_matrices_are_a_law_with_the_right_sums(V: int, m: int) -> None:
    listed = list(all_counts(V, m))
    assert sum(p for _, p in listed) == 1
    assert all({*np.sum(rows, axis=0), *np.sum(rows, axis=1)} == {m} for rows, _ in listed)


@pytest.mark.parametrize(("z", "m"), [((1, -1), 3), ((2, 1, -3), 2), ((1, -1, 0, 0), 2)])
def test_images_have_the_law_of_the_matrices(z: tuple[int, ...], m: int) -> None:
    found: dict[tuple[int, ...], Fraction] = {}
    for rows, p in all_counts(len(z), m):
        image = tuple(sorted(sum(c * x for c, x in zip(row, z, strict=True)) for row in rows))
        found[image] = found.get(image, Fraction(0)) + p
    assert image_law(z, m) == found


def test_a_bin_is_filled_by_draws_without_replacement() -> None:
    left, slots = (3, 1, 2), 3
    balls = [colour for colour, number in enumerate(left) for _ in range(number)]
    drawn = Counter(
        tuple(sum(balls[i] == colour for i in order) for colour in range(3))
        for order in itertools.permutations(range(len(balls)), slots)
    )
    law = {row: filling_probability(row, left) for row in fillings(left, slots)}
    assert law == {row: Fraction(times, drawn.total()) for row, times in drawn.items()}


def test_drawn_matrices_have_the_listed_law() -> None:
    """A chi-square test at level 1e-3; the seed is fixed."""
    law = dict(all_counts(3, 2))
    rng = generator(0, "deals")
    seen = Counter(tuple(map(tuple, deal_counts(3, 2, rng).tolist())) for _ in range(4000))
    expected = [4000 * float(p) for p in law.values()]
    assert set(seen) <= set(law)
    assert stats.chisquare([seen[rows] for rows in law], expected).pvalue > 1e-3


def test_bin_means_are_the_image_of_the_vector() -> None:
    """Numbering the colours in the deal gives the matrix; the same deal of values gives P z."""
    z, m = np.array([2.0, 1.0, -3.0]), 4
    bins = deal(np.arange(3), m, generator(1, "deal")).astype(int)
    counts = np.array([np.bincount(row, minlength=3) for row in bins])
    values = deal(z, m, generator(1, "deal"))
    assert counts.sum(axis=0).tolist() == [m] * 3
    # Quotients of small whole numbers, each rounded a few times.
    np.testing.assert_allclose(values.mean(axis=1), counts @ z / m, rtol=0, atol=1e-15)


def test_first_children_are_counted_as_in_the_definition() -> None:
    grammar = draw("uniform-first-token", vocabulary=3, rules=2, branching=2, levels=2, seed=0)
    listed = brute_force.derivations(grammar)
    for above in range(2):
        joint: Counter[tuple[int, int]] = Counter()
        for _, levels in listed:
            joint[levels[above][0], levels[above + 1][0]] += 1
        counts = first_child_counts(grammar, above)
        times = joint.total() // 3
        assert all(
            joint[parent, child] * 2 == counts[parent, child] * times
            for parent in range(3)
            for child in range(3)
        )
