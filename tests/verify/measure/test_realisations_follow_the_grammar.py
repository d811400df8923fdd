"""The strings below a patch are all of them with their probabilities, or fair draws from them."""

import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings

from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.verify.measure.realisations import Realisations, realisations
from layerproof.verify.statistics import compare_counts_with_law
from tests.theory.strategies import small_grammars

Law = dict[tuple[int, ...], float]


def _law_below(grammar: Grammar, level: int, tokens: tuple[int, ...]) -> Law:
    """By recursion, one rule at a time: what leaf strings the level-`level` tokens give."""
    if level == grammar.levels:
        return {tokens: 1.0}
    rules = grammar.level_rules(level)
    choices = [
        [
            (tuple(patch), probability)
            for parent, patch, probability in zip(
                rules.parent, rules.patch.tolist(), rules.probability, strict=True
            )
            if parent == token and probability > 0
        ]
        for token in tokens
    ]
    law: Law = defaultdict(float)
    for choice in itertools.product(*choices):
        probability = float(np.prod([p for _, p in choice]))
        children = tuple(itertools.chain.from_iterable(patch for patch, _ in choice))
        for string, share in _law_below(grammar, level + 1, children).items():
            law[string] += probability * share
    return law


def _collected(found: Realisations, patch: int) -> Law:
    law: Law = defaultdict(float)
    rows = found.patch == patch
    for string, weight in zip(found.leaves[rows].tolist(), found.weight[rows], strict=True):
        law[tuple(string)] += weight
    return law


@settings(max_examples=80, deadline=None, derandomize=True)
@given(small_grammars())
def test_listed_strings_are_all_there_are_with_their_probabilities(grammar: Grammar) -> None:
    for level in range(1, grammar.levels + 1):
        found = realisations(grammar, level, seed=0, limit=10**6)
        assert found.exhaustive
        assert len(found.leaves) == found.derivations
        for row, patch in enumerate(grammar.patches(level).patch.tolist()):
            expected = _law_below(grammar, level, tuple(patch))
            # Products and sums of at most 512 probabilities.
            assert _collected(found, row) == pytest.approx(expected, abs=1e-13)


SKEWED = Grammar(
    (2, 3, 3),
    [[[[0, 1], [1, 2]], [[2, 2]]], [[[0, 0], [0, 1], [1, 0]], [[1, 1], [2, 2]], [[2, 0]]]],
    [[[0.9, 0.1], [1.0]], [[0.2, 0.5, 0.3], [0.75, 0.25], [1.0]]],
)


def test_drawn_strings_have_the_law_of_the_grammar() -> None:
    """One chi-square test at a level of 1e-4; the uniform law over the strings is the control."""
    found = realisations(SKEWED, 1, seed=4, limit=6000)
    assert found.exhaustive
    small = realisations(SKEWED, 1, seed=4, limit=6)
    assert not small.exhaustive
    # Patch (0, 1) has six strings. Each seed gives it two draws, of weight 1/2.
    law = _law_below(SKEWED, 1, (0, 1))
    strings = sorted(law)
    counts = np.zeros(len(strings))
    for seed in range(1000):
        drawn = realisations(SKEWED, 1, seed=seed, limit=6)
        for string, weight in _collected(drawn, 0).items():
            counts[strings.index(string)] += 2 * weight
    assert counts.sum() == 2000
    fair = compare_counts_with_law(counts, [law[string] for string in strings], 0.95)
    assert not fair.rejects(1e-4)
    assert compare_counts_with_law(counts, np.full(6, 1 / 6), 0.95).rejects(1e-4)


def test_patches_with_few_strings_are_listed_beside_patches_that_are_sampled() -> None:
    found = realisations(SKEWED, 1, seed=0, limit=6)
    per_patch = np.bincount(found.patch)
    # Strings below (0,1), (1,2), (2,2): 3·2, 2·1 and 1·1; two each are allowed.
    assert per_patch.tolist() == [2, 2, 1]
    assert np.bincount(found.patch, weights=found.weight) == pytest.approx([1.0, 1.0, 1.0])
    assert found.derivations == 9


def test_more_strings_than_could_be_listed_are_sampled() -> None:
    grammar = draw("uniform-first-token", vocabulary=16, rules=4, branching=2, levels=6, seed=1)
    found = realisations(grammar, 1, seed=1, limit=640)
    assert found.derivations == 64 * 4 ** (2 + 4 + 8 + 16 + 32)
    assert found.leaves.shape == (640, 64)
    # At least one for each patch, however small the limit.
    assert np.bincount(realisations(grammar, 1, seed=1, limit=1).patch).tolist() == [1] * 64


def test_the_draws_depend_on_the_seed_and_the_level_alone() -> None:
    first, again, other = (
        realisations(SKEWED, 1, seed=seed, limit=6).leaves.tolist() for seed in (3, 3, 5)
    )
    assert first == again
    assert first != other
