"""The association of a representation with a label has the null value 0, and is what it says."""

import itertools

import numpy as np
import pytest

from layerproof.verify.measure.association import association, association_within, relabelled


def _points(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 2)), rng.integers(3, size=count)


def _by_definition(points: np.ndarray, label: np.ndarray, classes: int) -> float:
    """‖Cov(x, e)‖²_F without bias, as the mean over ordered quadruples of distinct points.

    E(x_i − x_j)(e_i − e_j)ᵀ/2 is the covariance, and two disjoint pairs are independent.
    """
    hot = np.eye(classes)[label]
    total, count = 0.0, 0
    for i, j, k, h in itertools.permutations(range(len(points)), 4):
        x = (points[i] - points[j]) @ (points[k] - points[h])
        e = (hot[i] - hot[j]) @ (hot[k] - hot[h])
        total, count = total + x * e / 4, count + 1
    return total / count


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_mean_over_quadruples(seed: int) -> None:
    points, label = _points(7, seed)
    found = association(points @ points.T, label, 3)
    assert found.covariance == pytest.approx(_by_definition(points, label, 3), abs=1e-13)


def test_the_variances_are_those_of_the_sample() -> None:
    points, label = _points(9, 4)
    expected = points.var(axis=0, ddof=1).sum() * np.eye(3)[label].var(axis=0, ddof=1).sum()
    assert association(points @ points.T, label, 3).variance == pytest.approx(expected, rel=1e-13)


def test_it_averages_to_zero_over_all_orders_of_the_labels() -> None:
    points, label = _points(6, 1)
    gram = points @ points.T
    orders = [association(gram, label[list(o)], 3) for o in itertools.permutations(range(6))]
    # 720 terms of size about 1, each with some 50 roundings.
    assert np.mean([order.covariance for order in orders]) == pytest.approx(0.0, abs=1e-13)


def test_relabelings_have_the_values_of_their_orders() -> None:
    points, label = _points(6, 2)
    gram = points @ points.T
    possible = {
        round(association(gram, label[list(o)], 3).covariance, 10)
        for o in itertools.permutations(range(6))
    }
    found = relabelled(gram, label, 3, 200, np.random.default_rng(0))
    assert {round(value, 10) for value in found.tolist()} <= possible
    assert len(set(found.round(10).tolist())) > 1


def test_inside_patches_only_what_happens_inside_counts() -> None:
    """Points and labels that depend on the patch alone are associated, but not inside it."""
    rng = np.random.default_rng(0)
    patch = np.repeat([0, 1], 50)
    points = patch[:, None] + 0.1 * rng.normal(size=(100, 1))
    label = patch.copy()
    gram = points @ points.T
    assert association(gram, label, 2).covariance > 0.1
    # Inside a patch the label is constant: no covariance, no variance.
    inside = association_within(gram, patch, label, 2)
    assert inside.covariance == pytest.approx(0.0, abs=1e-13)
    assert inside.variance == pytest.approx(0.0, abs=1e-13)


def test_patches_that_were_seen_too_little_are_left_out() -> None:
    points, label = _points(6, 3)
    gram = points @ points.T
    assert association_within(gram, np.arange(6), label, 3) == (0.0, 0.0)
