"""Drawn grammars have the shape and the law that their ensemble declares."""

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import chisquare

from layerproof.theory.assumptions import assumptions
from layerproof.theory.ensembles import ENSEMBLES, draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import mean_square_separation, patch_law
from layerproof.theory.token_laws import first_token_law
from tests.theory.strategies import drawn_grammars

# Error probability of each test of a law below: it fails a correct program with this probability
# over seeds; the seeds are fixed, so a failure is a change of the program.
ERROR = 1e-4


@settings(max_examples=60, deadline=None, derandomize=True)
@given(drawn_grammars())
def test_shape(grammar: Grammar) -> None:
    assert grammar.is_nonambiguous
    assert grammar.probabilities is None
    rules = grammar.rules_per_symbol
    assert rules is not None
    for level in range(1, grammar.levels + 1):
        assert len(grammar.patches(level).patch) == grammar.vocabularies[level - 1] * rules


@pytest.mark.parametrize(
    "sizes", [(8, 4, 2, 4, 8), (6, 4, 3, 3, 3), (4, 4, 2, 2, 4), (4, 2, 2, 3, 8)]
)
def test_the_first_token_is_uniform_at_every_level(sizes: tuple[int, ...]) -> None:
    vocabulary, rules, branching, levels, classes = sizes
    grammar = draw(
        "uniform-first-token",
        vocabulary=vocabulary,
        rules=rules,
        branching=branching,
        levels=levels,
        classes=classes,
        seed=3,
    )
    for level in range(1, levels + 1):
        law = grammar.label_prior @ first_token_law(grammar, level)
        np.testing.assert_allclose(law, 1 / vocabulary, rtol=1e-13)
    assert assumptions(grammar).kappa == pytest.approx(1.0, rel=1e-13)


def _frequencies(ensemble: str, sizes: dict[str, Any], draws: int) -> Counter[Any]:
    seen: Counter[Any] = Counter()
    for seed in range(draws):
        grammar = draw(ensemble, seed=seed, levels=1, **sizes)
        # Sets: the order of a symbol's rules has no meaning.
        seen[tuple(frozenset(map(tuple, patches.tolist())) for patches in grammar.rules[0])] += 1
    return seen


def _deals(patches: list[tuple[int, ...]], rules: int) -> list[Any]:
    """All ways to deal 2*rules patches to two parents."""
    whole = frozenset(patches)
    return [
        (frozenset(first), whole - frozenset(first))
        for first in itertools.combinations(patches, rules)
    ]


def _uniform_first_token_outcomes() -> list[Any]:
    """V = 2, m = 1, s = 3, n = 2: one of 4 completions for each first token, dealt two ways."""
    completions = list(itertools.product(range(2), repeat=2))
    pairs = itertools.product(completions, repeat=2)
    return [deal for a, b in pairs for deal in _deals([(0, *a), (1, *b)], 1)]


def _uniform_outcomes() -> list[Any]:
    """V = 2, m = 2, s = 3, n = 2: 4 of the 8 patches, dealt 2 and 2."""
    patches = list(itertools.product(range(2), repeat=3))
    return [deal for four in itertools.combinations(patches, 4) for deal in _deals(list(four), 2)]


@pytest.mark.parametrize(
    ("ensemble", "rules", "outcomes"),
    [
        ("uniform-first-token", 1, _uniform_first_token_outcomes()),
        ("uniform", 2, _uniform_outcomes()),
    ],
)
def test_every_outcome_is_equally_likely(ensemble: str, rules: int, outcomes: list[Any]) -> None:
    """Pearson's test against the list of all outcomes, about 10 draws for each."""
    sizes = {"vocabulary": 2, "rules": rules, "branching": 3}
    seen = _frequencies(ensemble, sizes, 10 * len(outcomes))
    assert set(seen) <= set(outcomes)
    counts = [seen[outcome] for outcome in outcomes]
    assert chisquare(counts).pvalue > ERROR


def test_pearson_would_notice_the_other_ensemble() -> None:
    """Control: the uniform ensemble at m = 1 is not uniform in the first token."""
    outcomes = set(_uniform_first_token_outcomes())
    seen = _frequencies("uniform", {"vocabulary": 2, "rules": 1, "branching": 3}, 320)
    assert set(seen) - outcomes


def test_all_patches_are_found_where_all_are_needed() -> None:
    for ensemble in ENSEMBLES:
        grammar = draw(ensemble, vocabulary=6, rules=36, branching=3, levels=2, seed=0)
        assert len(grammar.patches(2).patch) == 6**3


def test_more_patches_than_64_bits_are_never_listed() -> None:
    for ensemble in ENSEMBLES:
        grammar = draw(ensemble, vocabulary=16, rules=8, branching=40, levels=2, seed=0)
        assert grammar.branching == 40
        assert grammar.is_nonambiguous


def test_levels_and_seeds_differ_and_seeds_repeat() -> None:
    sizes: dict[str, Any] = {"vocabulary": 8, "rules": 4, "branching": 2, "levels": 3}
    for ensemble in ENSEMBLES:
        grammar = draw(ensemble, seed=0, **sizes)
        assert draw(ensemble, seed=0, **sizes) == grammar
        assert draw(ensemble, seed=1, **sizes) != grammar
        tables = [np.concatenate(level).tolist() for level in grammar.rules]
        assert tables[0] != tables[1] != tables[2]


def test_classes_default_to_the_vocabulary() -> None:
    sizes: dict[str, Any] = {"vocabulary": 8, "rules": 4, "branching": 2, "levels": 2, "seed": 0}
    for ensemble in ENSEMBLES:
        assert draw(ensemble, **sizes) == draw(ensemble, classes=8, **sizes)


@pytest.mark.parametrize("level", [2, 3])
def test_mean_square_separation_contracts_by_the_exact_factor(level: int) -> None:
    """E|q - q'|^2 = 2 ((V - 1)/(mV - 1))^(l - 1), by sampling without replacement.

    One level deals the V colours of m balls each into V bins of m; a centred z contracts by
    (V - 1)/(mV - 1) in mean square. 400 independent grammars: the tolerance is 4 standard errors
    of their mean, exceeded with probability 6e-5.
    """
    vocabulary, rules = 8, 4
    values = np.array(
        [
            mean_square_separation(
                patch_law(
                    draw(
                        "uniform-first-token",
                        vocabulary=vocabulary,
                        rules=rules,
                        branching=2,
                        levels=level,
                        seed=seed,
                    ),
                    level,
                )
            )
            for seed in range(400)
        ]
    )
    error = 4 * values.std(ddof=1) / np.sqrt(len(values))
    factor = (vocabulary - 1) / (rules * vocabulary - 1)
    assert abs(values.mean() - 2 * factor ** (level - 1)) < error
    # Control: with replacement the factor would be 1/m (1 - 1/V), and m alone would give 1/m.
    for wrong in (1 / rules, (1 - 1 / vocabulary) / rules):
        assert abs(values.mean() - 2 * wrong ** (level - 1)) > error
