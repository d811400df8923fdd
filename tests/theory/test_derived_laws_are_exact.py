"""Derived laws against enumeration of everything random, in rational arithmetic."""

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from layerproof.theory.ensembles import draw, ensemble_of
from layerproof.theory.formula import Formula
from layerproof.theory.population import (
    crossover_samples,
    mean_square_norm,
    mean_square_separation,
    patch_law,
)
from layerproof.theory.predict import predict_ensemble
from layerproof.theory.predictions import (
    CROSSOVER,
    CROSSOVER_GENERAL,
    CROSSOVER_LEADING_REPAIRED,
    MEAN_SQUARE_NORM,
    MEAN_SQUARE_SEPARATION,
    NOISE,
    NOISE_REPAIRED,
    PATCHES,
    count_correction,
)
from layerproof.theory.predictions_uniform import (
    CROSSOVER as UNIFORM_CROSSOVER,
)
from layerproof.theory.predictions_uniform import (
    JOINT_LAW,
    NOISE_PRINTED,
    NOISE_SYMBOL,
    NOISE_TUPLE,
    NORM,
    SEPARATION,
    SIGNAL_PRINTED,
    SIGNAL_SYMBOL,
    SIGNAL_TUPLE,
    THRESHOLD_TUPLE,
    level_corrections,
)
from layerproof.theory.symbols import V, l, m, n, patches, square_norm, square_separation

Table = list[list[Fraction]]


def _rational(formula: Formula, **sizes: int) -> Fraction:
    value = formula.exact(**{name: sp.Integer(size) for name, size in sizes.items()})
    return Fraction(int(value.p), int(value.q))


def test_the_crossover_is_where_the_printed_noise_meets_the_separation() -> None:
    for level in range(1, 6):
        values = {
            patches: PATCHES.expression,
            square_norm: MEAN_SQUARE_NORM.expression,
            square_separation: MEAN_SQUARE_SEPARATION.expression,
        }
        general = CROSSOVER_GENERAL.expression.subs(values).subs(l, level)
        assert sp.simplify(CROSSOVER.expression.subs(l, level) - general) == 0


def test_the_crossover_has_a_closed_form_where_classes_are_tokens() -> None:
    closed = m * (V - 1) * (((m * V - 1) / (V - 1)) ** (l - 1) - 1)
    for level in range(1, 6):
        product = CROSSOVER.expression.subs(n, V).subs(l, level)
        assert sp.simplify(product - closed.subs(l, level)) == 0


@pytest.mark.parametrize("tokens", [2, 3, 8, 1000])
def test_the_leading_order_of_the_crossover_is_within_its_bounds(tokens: int) -> None:
    for rules, level in itertools.product((2, 3, 8), range(2, 7)):
        sizes = {"V": tokens, "m": rules, "l": level}
        ratio = _rational(CROSSOVER, n=tokens, **sizes) / _rational(
            CROSSOVER_LEADING_REPAIRED, **sizes
        )
        assert 1 <= ratio <= (1 - Fraction(1, tokens)) ** (2 - level)


def test_the_crossover_misses_half_of_v_m_l_for_every_vocabulary() -> None:
    for tokens in (2, 16, 10**6):
        assert CROSSOVER(V=tokens, n=tokens, m=2, l=2) == tokens * 2**2 / 2


# --- noise: all outcomes of a small sample


def _noise_of_all_samples(q: Table, samples: int) -> tuple[Fraction, Fraction]:
    """(E[Σ_μ 1[seen] ‖q̂ − q‖²], E[number seen]) over every sample of equally likely patches."""
    cells = [
        (mu, label, share / len(q)) for mu, row in enumerate(q) for label, share in enumerate(row)
    ]
    total, seen = Fraction(0), Fraction(0)
    for sample in itertools.product([cell for cell in cells if cell[2]], repeat=samples):
        weight = math.prod((share for _, _, share in sample), start=Fraction(1))
        for mu in {mu for mu, _, _ in sample}:
            labels = [label for found, label, _ in sample if found == mu]
            error = sum(
                (Fraction(labels.count(label), len(labels)) - q[mu][label]) ** 2
                for label in range(len(q[mu]))
            )
            total, seen = total + weight * error, seen + weight
    return total, seen


@pytest.mark.parametrize("samples", [1, 2, 4])
def test_noise_over_all_samples(samples: int) -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    q = [[half, half], [third, 2 * third], [Fraction(1), Fraction(0)]]
    total, seen = _noise_of_all_samples(q, samples)
    norm = sum(share**2 for row in q for share in row) / 3
    values = {"patches": 3, "square_norm": float(norm), "N": samples}
    correction = count_correction(samples, 1 / 3)
    assert NOISE_REPAIRED(count_correction=correction, **values) == pytest.approx(
        float(total / seen), rel=1e-12
    )
    # Printed: 1/E[n] for E[1/n]; too much at so few samples a patch.
    assert NOISE(**values) > 1.03 * float(total / seen)


# --- C24's ensemble: every choice and deal of patches


def _transitions(tokens: int, width: int, parents: int, rules: int) -> Iterator[tuple[Table, int]]:
    """First-child counts (parents, tokens) of every ordered choice of distinct patches."""
    first = [patch[0] for patch in itertools.product(range(tokens), repeat=width)]
    for chosen in itertools.permutations(range(len(first)), parents * rules):
        table = [[Fraction(0)] * tokens for _ in range(parents)]
        for place, patch in enumerate(chosen):
            table[place // rules][first[patch]] += 1
        yield table, rules


def _joint(tables: list[tuple[Table, int]], classes: int) -> Table:
    """P[label, first token] after the given first-child counts."""
    joint = [[Fraction(int(i == j), classes) for j in range(classes)] for i in range(classes)]
    for table, rules in tables:
        joint = [
            [
                sum(row[nu] * table[nu][mu] for nu in range(len(table))) / rules
                for mu in range(len(table[0]))
            ]
            for row in joint
        ]
    return joint


def _deviation(joint: Table) -> Fraction:
    classes = len(joint)
    columns = list(zip(*joint, strict=True))
    return sum(
        ((share - sum(column) / classes) ** 2 for column in columns for share in column),
        Fraction(0),
    )


@pytest.mark.parametrize(
    ("v", "s", "c", "r"), [(2, 2, 2, 1), (2, 2, 1, 2), (2, 3, 2, 2), (3, 2, 2, 2)]
)
def test_the_joint_law_of_the_uniform_ensemble(v: int, s: int, c: int, r: int) -> None:
    draws = [_deviation(_joint([top], c)) for top in _transitions(v, s, c, r)]
    assert sum(draws) / len(draws) == _rational(JOINT_LAW, V=v, s=s, n=c, m=r, l=2)


def test_the_joint_law_two_levels_down() -> None:
    tops = list(_transitions(2, 2, 2, 1))
    below = list(_transitions(2, 2, 2, 1))
    draws = [_deviation(_joint([a, b], 2)) for a in tops for b in below]
    assert sum(draws) / len(draws) == _rational(JOINT_LAW, V=2, s=2, n=2, m=1, l=3)


def test_the_separation_of_the_uniform_ensemble_is_not_contracted_by_that_factor() -> None:
    """V = 3, s = m = l = 2, both tokens first: 562/615, where the joint law's factor has 3/4."""
    total, count = Fraction(0), 0
    seen: dict[tuple[tuple[Fraction, ...], ...], int] = {}
    for table, _ in _transitions(3, 2, 3, 2):
        key = tuple(map(tuple, table))
        seen[key] = seen.get(key, 0) + 1
    for table, times in seen.items():
        one, other = (sum(row[mu] for row in table) for mu in (0, 1))
        if one and other:
            square = sum((row[0] / one - row[1] / other) ** 2 for row in table)
            total, count = total + times * square, count + times
    assert total / count == Fraction(562, 615)
    assert 2 * _rational(JOINT_LAW, V=3, s=2, n=3, m=2, l=2) * 9 / 2 == Fraction(3, 4)


def test_c24_s_signal_and_noise_over_all_top_levels() -> None:
    """V = n = m = 2, s = 3, L = 2: a leaf tuple averages over one rule, its leaf over two.

    C49 and C54 have the tuple's signal and noise as the leaf's, a factor m too small.
    """
    sizes = {"V": 2, "s": 3, "n": 2, "m": 2, "L": 2}
    tops = [_joint([top], 2) for top in _transitions(2, 3, 2, 2)]
    # |P| n Σ p² ‖q − 1/n‖²: a level-1 token's 2 tuples halve its frequency and are 4 in all.
    signal = sum(map(_deviation, tops)) / len(tops) * 2 * 2
    assert signal == _rational(SIGNAL_TUPLE, **sizes) == Fraction(2, 7)
    assert _rational(SIGNAL_PRINTED, **sizes) == Fraction(1, 2)
    contraction = Fraction(2, 7)
    assert _rational(SIGNAL_SYMBOL, **sizes) == signal * contraction
    # One sample: Σ_μζ E(1[μ](1[ζ] − 1/n) − J)² = Σ_μ p_μ (1 − 1/n) − Σ J².
    one = 4 * 2 * (Fraction(1, 2)) - signal
    assert _rational_at(NOISE_TUPLE, signal, **sizes) == one
    assert _rational_at(NOISE_SYMBOL, signal, **sizes) == 2 * 2 * Fraction(1, 2) - signal
    assert _rational_at(NOISE_PRINTED, signal, **sizes) == 4
    # They meet where noise(1)/P = signal.
    assert _rational(THRESHOLD_TUPLE, **sizes) == one / signal


def _rational_at(formula: Formula, signal: Fraction, **sizes: int) -> Fraction:
    values = {name: sp.Integer(size) for name, size in sizes.items()}
    exact = formula.exact(
        signal=sp.Rational(signal.numerator, signal.denominator), N=sp.Integer(1), **values
    )
    return Fraction(int(exact.p), int(exact.q))


# --- what `predict` says of C24's ensemble


def test_leading_order_predictions_are_as_close_as_they_say() -> None:
    """V = 16, m = 8, s = 2, L = 3: within 4 % of 150 draws, whose means are known to 1 %."""
    sizes = {"V": 16, "m": 8, "s": 2, "n": 16}
    found = np.array([_exact_numbers(seed) for seed in range(150)])
    means = found.mean(axis=0)
    for index, level in enumerate((2, 3)):
        values = sizes | level_corrections(level, sizes)
        separation, norm, noise = means[index]
        assert SEPARATION(l=level, **values) == pytest.approx(separation, rel=0.05)
        assert NORM(l=level, **values) == pytest.approx(norm, rel=0.05)
        # A ratio of means, as N_× is one of noise and separation.
        assert UNIFORM_CROSSOVER(l=level, **values) == pytest.approx(noise / separation, rel=0.05)


def _exact_numbers(seed: int) -> list[tuple[float, float, float]]:
    grammar = draw("uniform", vocabulary=16, rules=8, branching=2, levels=3, seed=seed)
    laws = [patch_law(grammar, level) for level in (2, 3)]
    return [
        (
            mean_square_separation(law),
            mean_square_norm(law),
            crossover_samples(law) * mean_square_separation(law),
        )
        for law in laws
    ]


def test_predictions_say_how_accurate_they_are() -> None:
    sizes = {"vocabulary": 8, "rules": 4, "branching": 2, "levels": 3}
    accuracy = {
        ensemble: predict_ensemble(ensemble_of(ensemble, sizes))["accuracy"]
        for ensemble in ("uniform-first-token", "uniform")
    }
    assert accuracy == {"uniform-first-token": "exact", "uniform": "leading order"}


def test_patches_of_any_width_are_predicted() -> None:
    # V^s would have 10^9 digits; the levels tend to those of independent first tokens.
    sizes = {"vocabulary": 8, "rules": 4, "levels": 3}
    wide, wider = (
        predict_ensemble(ensemble_of("uniform", sizes | {"branching": s}))["levels"]
        for s in (40, 10**9)
    )
    for one, other in zip(wide, wider, strict=True):
        assert one["crossover_samples"] == pytest.approx(other["crossover_samples"], rel=1e-12)
