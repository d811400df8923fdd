"""Laws by transition matrices equal those found by listing every derivation."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import (
    PatchLaw,
    closest_non_synonyms,
    crossover_samples,
    mean_square_norm,
    mean_square_separation,
    patch_law,
)
from layerproof.theory.token_laws import first_token_law
from tests.theory import brute_force
from tests.theory.strategies import small_grammars

# Every quantity below is a probability or a distance of
# probability vectors, at most sqrt(2); fewer than 200 roundings of 1.1e-16 lie behind each.
TOLERANCE = 1e-12

small = settings(max_examples=150, deadline=None, derandomize=True)


@small
@given(small_grammars())
def test_joint_law_of_first_patch_and_label(grammar: Grammar) -> None:
    listed = brute_force.derivations(grammar)
    for level in range(1, grammar.levels + 1):
        law = patch_law(grammar, level)
        exact = brute_force.first_patches(grammar, listed, level)
        parents = brute_force.parents(grammar, level)
        assert [law.tokens(row) for row in range(len(law.patch))] == sorted(parents)
        for row, patch in enumerate(sorted(parents)):
            counts = exact.get(patch, {})
            wanted = [float(counts.get(label, 0)) for label in range(grammar.classes)]
            np.testing.assert_allclose(law.joint[row], wanted, rtol=0, atol=TOLERANCE)
            assert law.can_come_first[row] == (patch in exact)
            assert set(np.flatnonzero(law.parent_mask[row])) == parents[patch]
            only = next(iter(parents[patch])) if len(parents[patch]) == 1 else -1
            assert law.parent[row] == only


@small
@given(small_grammars())
def test_posteriors_stay_within_the_rounding_they_declare(grammar: Grammar) -> None:
    listed = brute_force.derivations(grammar)
    for level in range(1, grammar.levels + 1):
        law = patch_law(grammar, level)
        exact = brute_force.first_patches(grammar, listed, level)
        assert 0.0 < law.rounding < TOLERANCE  # the bound is not vacuous
        for row in range(len(law.patch)):
            if not law.can_come_first[row]:
                assert np.isnan(law.posterior[row]).all()
                continue
            q = brute_force.posterior(grammar, exact[law.tokens(row)])
            # The exact law of a decimal differs from that of its float by at most u per factor,
            # which the bound counts as the rounding of the factor.
            computed = [Fraction(float(entry)) for entry in law.posterior[row]]
            error = [float(a - b) for a, b in zip(computed, q, strict=True)]
            assert math.hypot(*error) <= law.rounding


@small
@given(small_grammars())
def test_first_token_law(grammar: Grammar) -> None:
    listed = brute_force.derivations(grammar)
    for level in range(grammar.levels + 1):
        law = grammar.label_prior[:, None] * first_token_law(grammar, level)
        exact = brute_force.first_tokens(listed, level)
        wanted = [
            [float(exact.get((token,), {}).get(label, 0)) for token in range(law.shape[1])]
            for label in range(grammar.classes)
        ]
        np.testing.assert_allclose(law, wanted, rtol=0, atol=TOLERANCE)


@small
@given(small_grammars())
def test_separation_norm_and_closest_pair(grammar: Grammar) -> None:
    listed = brute_force.derivations(grammar)
    for level in range(1, grammar.levels + 1):
        law = patch_law(grammar, level)
        counts = brute_force.first_patches(grammar, listed, level)
        parents = brute_force.parents(grammar, level)
        q = {patch: brute_force.posterior(grammar, counts[patch]) for patch in sorted(counts)}
        squares = {
            (a, b): brute_force.square_distance(q[a], q[b])
            for a in q
            for b in q
            if a < b and not parents[a] & parents[b]
        }
        norm = sum(sum(entry**2 for entry in row) for row in q.values()) / len(q)
        assert mean_square_norm(law) == pytest.approx(float(norm), abs=TOLERANCE)
        _compare_closest(law, squares)
        if not squares:
            assert math.isnan(mean_square_separation(law))
            continue
        mean = sum(squares.values()) / len(squares)
        assert mean_square_separation(law) == pytest.approx(float(mean), abs=TOLERANCE)
        _compare_crossover(crossover_samples(law), q, counts, mean)


def _compare_closest(law: PatchLaw, squares: dict[Any, Fraction]) -> None:
    rho, first, second, unknown = closest_non_synonyms(law)
    assert not unknown  # fractions of small integers differ by more than rounding, or not at all
    if not squares:
        assert (rho, first, second) == (math.inf, None, None)
        return
    least = min(squares.values())
    assert squares[min(first, second), max(first, second)] == least
    assert rho == pytest.approx(math.sqrt(least), abs=TOLERANCE)
    assert (rho == 0.0) == (least == 0)  # exactly zero, and only where it is zero


def _compare_crossover(
    measured: float, q: dict[Any, Any], counts: brute_force.Joint, mean: Fraction
) -> None:
    noise = sum(
        (1 - sum(entry**2 for entry in q[patch])) / sum(counts[patch].values()) for patch in q
    )
    if mean == 0:
        assert measured == math.inf
    else:
        wanted = float(2 * noise / len(q) / mean)
        assert measured == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_enumeration_would_notice_the_wrong_child() -> None:
    """Control: the law of the *last* patch is another one, and the oracle says so."""
    grammar = draw("uniform", vocabulary=4, rules=3, branching=2, levels=2, seed=1)
    turned = Grammar(
        grammar.vocabularies,
        tuple(tuple(patches[:, ::-1] for patches in level) for level in grammar.rules),
    )
    exact = brute_force.first_patches(grammar, brute_force.derivations(grammar), 2)
    law = patch_law(turned, 2)
    wrong = {law.tokens(row)[::-1]: law.joint[row] for row in range(len(law.patch))}
    gaps = [
        abs(wrong[patch][label] - float(exact[patch].get(label, 0)))
        for patch in exact
        for label in range(4)
    ]
    assert max(gaps) > 1e-3


@pytest.mark.parametrize("level", [1, 2, 3])
def test_crossover_matches_its_definition_under_uniform_patches(level: int) -> None:
    """Where all patches are equally likely, N_x is 2 |P| (1 - E|q|^2) / E|q - q'|^2."""
    grammar = draw("uniform-first-token", vocabulary=6, rules=3, branching=2, levels=3, seed=0)
    law = patch_law(grammar, level)
    np.testing.assert_allclose(law.probability, 1 / 18, rtol=1e-14)
    wanted = 2 * 18 * (1 - mean_square_norm(law)) / mean_square_separation(law)
    assert crossover_samples(law) == pytest.approx(wanted, rel=1e-12, abs=1e-12)
