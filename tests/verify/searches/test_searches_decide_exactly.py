"""What the searches decide with agrees with plain enumeration, and would see a wrong formula."""

import itertools
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy.stats import binomtest, hypergeom

from layerproof.theory import symbols
from layerproof.theory.ensembles import draw
from layerproof.theory.formula import Formula
from layerproof.theory.frequencies import PatchKind, failure_probability, label_law_within
from layerproof.verify.searches import SEARCHES, refute
from layerproof.verify.searches.cagnetta2024.tuples import one_step
from layerproof.verify.searches.derived.sensitivity_curve import deal_step
from layerproof.verify.searches.exact import deals, first_patches, hypergeometric_variance
from layerproof.verify.searches.ren2026.lemma_12 import OneFrequency, _failure
from layerproof.verify.searches.ren2026.lemma_24 import Counts, _tail
from tests.theory import brute_force


@pytest.mark.parametrize("size", [(2, 2), (2, 3), (3, 2)])
def test_deals_are_shuffles_of_balls(size: tuple[int, int]) -> None:
    """Every order of the balls, filled into the bins one after the other."""
    V, m = size
    balls = [colour for colour in range(V) for _ in range(m)]
    orders = set(itertools.permutations(balls))
    counted = Counter(
        tuple(
            tuple(order[start : start + m].count(colour) for colour in range(V))
            for start in range(0, V * m, m)
        )
        for order in orders
    )
    assert dict(deals(V, m)) == {rows: Fraction(n, len(orders)) for rows, n in counted.items()}


@pytest.mark.parametrize("ensemble", ["uniform-first-token", "uniform"])
def test_first_patches_are_those_of_all_derivations(ensemble: str) -> None:
    grammar = draw(ensemble, vocabulary=3, rules=2, branching=2, levels=2, seed=1)
    listed = brute_force.derivations(grammar)
    for level in (1, 2):
        plain = brute_force.first_patches(grammar, listed, level)
        found = first_patches(grammar, level)
        assert {k: dict(v) for k, v in found.items()} == {k: dict(v) for k, v in plain.items()}


def test_failure_probabilities_are_those_of_all_samples() -> None:
    """Three patches with two labels, every sequence of six strings; a patch fails if q̂ is far."""
    joint = [(Fraction(1, 4), Fraction(1, 4)), (Fraction(1, 4), Fraction(0)), (0, Fraction(1, 4))]
    samples, radius = 6, 0.5
    cells = [(mu, zeta) for mu in range(3) for zeta in range(2) if joint[mu][zeta]]
    failure = Fraction(0)
    for sequence in itertools.product(cells, repeat=samples):
        chance = math.prod((joint[mu][zeta] for mu, zeta in sequence), start=Fraction(1))
        failure += chance * any(_far(sequence, mu, joint[mu], radius) for mu in range(3))
    kinds = [
        PatchKind(float(sum(pair)), 1, _near(float(Fraction(pair[0]) / sum(pair)), radius))
        for pair in joint
    ]
    # Twelve counts convolved in doubles: far within the rounding that the searches allow, 1e-9.
    assert failure_probability(samples, kinds) == pytest.approx(float(failure), abs=1e-12)


def _far(sequence: Any, patch: int, pair: Any, radius: float) -> bool:
    labels = [zeta for mu, zeta in sequence if mu == patch]
    if not labels:
        return True
    share = Fraction(pair[0]) / sum(pair)
    return math.sqrt(2) * abs(labels.count(0) / len(labels) - share) > radius


def _near(share: float, radius: float) -> Callable[[Any], Any]:
    return lambda counts: np.nan_to_num(label_law_within(counts, share, radius), nan=0.0)


def test_the_sum_over_patches_bounds_the_failure_probability() -> None:
    kinds = [PatchKind(1 / 8, 8, _near(0.5, 0.2))]
    exact = failure_probability(800, kinds)
    assert exact <= failure_probability(800, kinds, enough=8.0) <= 1.2 * exact


@pytest.mark.parametrize("size", [(4, 6, 1), (12, 40, 3), (5, 30, 4)])
def test_tails_are_those_of_the_hypergeometric_law(size: tuple[int, int, int]) -> None:
    V, m, bins = size
    law = hypergeom(m * V, m, bins * m)
    gamma, epsilon = Fraction(bins, V), Fraction(1, 4)
    counts = [k for k in range(m + 1) if abs(k - gamma * m) >= epsilon * gamma * m]
    found = _tail(Counts(V=V, m=m, gamma=gamma, epsilon=epsilon))
    # lgamma of numbers below 200 is good to 1e-13 of values below 1000
    assert found == pytest.approx(sum(law.pmf(k) for k in counts), rel=1e-9)


def test_one_step_of_the_uniform_ensemble_is_that_of_all_choices_of_patches() -> None:
    """V = m = s = 2: both parents' patches chosen among all four, x = (1, −1) at the parents."""
    patches = list(itertools.product(range(2), repeat=2))
    chosen = [set(pair) for pair in itertools.combinations(patches, 2)]
    squares = [
        sum(
            Fraction(sum(p[0] == t for p in first) - sum(p[0] == t for p in second), 2) ** 2
            for t in range(2)
        )
        for first in chosen
        for second in chosen
        if not first & second
    ]
    assert one_step(2, 2, 2) == sum(squares) / len(squares) / 2


def test_one_deal_contracts_as_derived() -> None:
    assert all(
        deal_step(V, m) == Fraction(V - 1, m * V - 1) for V in range(2, 7) for m in range(1, 5)
    )
    assert hypergeometric_variance(10, 4, 3) == Fraction(3 * 4 * 6 * 7, 100 * 9)


def test_one_frequency_fails_as_often_as_sampled() -> None:
    """d = 2, on a grid over the whole disc: 4000 draws, judged at error probability 1e-4."""
    instance = OneFrequency(d_h=2, sigma=Fraction(1), epsilon=Fraction(3, 2), radius=Fraction(1))
    rng = np.random.default_rng(0)
    draws = 4000
    x, y = np.meshgrid(np.linspace(-2, 2, 81), np.linspace(-2, 2, 81))
    inside = x**2 + y**2 <= 4
    delta = np.stack([x[inside], y[inside]])
    kernel = np.exp(-(delta**2).sum(axis=0) / 2)
    failures = sum(
        bool(np.abs(np.cos(omega @ delta) - kernel).max() >= 1.5)
        for omega in rng.normal(size=(draws, 2))
    )
    assert binomtest(failures, draws, _failure(instance)).pvalue > 1e-4


WRONG: list[tuple[str, str, str, Callable[[sp.Expr], sp.Expr]]] = [
    ("R26.lemma-20", "printed", "factors", lambda e: e - 1),
    ("R26.lemma-21", "printed", "next ball", lambda e: 1 / symbols.V + 0 * e),
    ("R26.lemma-16", "repaired", "coefficient", lambda e: e * (1 + symbols.epsilon_S**2)),
    ("R26.lemma-12", "printed", "failure", lambda e: e * symbols.sigma**-20),
    ("R26.lemma-10", "repaired", "bandwidth", lambda e: 2 * e),
    ("R26.lemma-11", "repaired", "N", lambda e: e / (40 * symbols.patches)),
    ("R26.lemma-17", "repaired", "N", lambda e: e / (8 * symbols.patches)),
    ("R26.lemma-14", "repaired", "sharp error", lambda e: e / symbols.patches),
    ("R26.lemma-15", "repaired", "contraction", lambda e: e**2),
    ("R26.lemma-18", "repaired", "law", lambda e: e / 2),
    ("R26.lemma-24", "repaired", "tail", lambda e: e / 2),
    ("R26.lemma-26", "repaired", "covariance", lambda e: -e),
    ("R26.lemma-27", "repaired", "lower", lambda e: 5 * symbols.square_length / symbols.m + 0 * e),
    ("derived.mean-square-separation", "printed", "separation", lambda e: e / symbols.m),
    ("derived.mean-square-norm", "printed", "norm", lambda e: e - 1 / symbols.n),
    ("derived.joint-law", "repaired", "deviation", lambda e: e / (1 - 1 / symbols.V)),
    ("derived.noise", "repaired", "noise", lambda e: 2 * e),
    ("derived.sensitivity-curve", "repaired", "sensitivity", lambda e: e / 2),
    ("derived.crossover", "repaired", "leading order", lambda e: e * symbols.m),
    ("C24.signal", "repaired", "tuple", lambda e: e / symbols.m),
    ("C24.noise", "repaired", "tuple", lambda e: e / symbols.m),
    ("C24.threshold", "printed", "threshold", lambda e: e / symbols.m),
    ("C24.threshold", "repaired", "threshold", lambda e: e / symbols.m),
]


@pytest.mark.parametrize("slip", WRONG, ids=lambda slip: f"{slip[0]}-{slip[1]}-{slip[2]}")
def test_a_wrong_formula_is_refuted(
    slip: tuple[str, str, str, Callable[[sp.Expr], sp.Expr]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that survives could have failed: the same with a slip in it does not survive."""
    name, form, formula, change = slip
    search = SEARCHES[name]
    right = type(search).formula

    def wrong(self: Any, used: str, wanted: str) -> Formula:
        found = right(self, used, wanted)
        if wanted != formula:
            return found
        return replace(found, expression=change(found.expression))

    monkeypatch.setattr(type(search), "formula", wrong)
    result = refute(search, form, examples=60, seed=1)
    assert result.refuted
    assert not result.as_expected
