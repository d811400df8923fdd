"""Laws of patches at every position, and of weight sharing over them, against enumeration."""

import itertools
from collections import defaultdict

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import closest_non_synonyms, crossover_samples, patch_law
from layerproof.theory.weight_sharing import first_moments, patch_counts, shared_moments
from layerproof.verify.checks.derived.weight_sharing import exchangeable_grammar

ROUNDING = 1e-12
"""A few hundred sums and products of probabilities in float64."""


def _grammar(seed: int, zipf: float = 0.0) -> Grammar:
    sizes = {"vocabulary": 3, "rules": 2, "branching": 2, "levels": 3}
    return draw("uniform", **sizes, zipf=zipf, label_zipf=zipf, seed=seed)


def derivations(grammar: Grammar, level: int) -> list[tuple[float, int, list[tuple[int, ...]]]]:
    """(probability, label, level-`level` patches) of every derivation down to that level."""
    found = [(float(p), y, [y]) for y, p in enumerate(grammar.label_prior)]
    for above in range(level):
        rules = grammar.level_rules(above)
        options = defaultdict(list)
        for parent, patch, share in zip(*rules, strict=True):
            options[int(parent)].append((tuple(int(t) for t in patch), float(share)))
        found = [
            (p * np.prod([share for _, share in choice]), y, [patch for patch, _ in choice])
            for p, y, tokens in found
            for choice in itertools.product(*(options[token] for token in tokens))
        ]
        if above < level - 1:
            found = [(p, y, [t for patch in patches for t in patch]) for p, y, patches in found]
    return found


def tables(grammar: Grammar, level: int) -> np.ndarray:
    """P[patch at position i = μ, label], (s^(l−1), |P_l|, n), by enumeration."""
    index = {tuple(map(int, p)): k for k, p in enumerate(grammar.patches(level).patch)}
    joint = np.zeros((2 ** (level - 1), len(index), grammar.classes))
    for p, label, patches in derivations(grammar, level):
        for position, patch in enumerate(patches):
            joint[position, index[patch], label] += p
    return joint


@pytest.mark.parametrize("zipf", [0.0, 1.0])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_position_has_the_law_of_the_enumeration(level: int, zipf: float) -> None:
    grammar = _grammar(3, zipf)
    joint = tables(grammar, level)
    for position, table in enumerate(joint):
        assert patch_law(grammar, level, position).joint == pytest.approx(table, abs=ROUNDING)
    mean = patch_law(grammar, level, None).joint
    assert mean == pytest.approx(joint.mean(axis=0), abs=ROUNDING)
    assert level == 1 or np.abs(joint[0] - joint[1]).max() > 0.01  # else nothing was compared


@pytest.mark.parametrize("position", [-1, 4, 0.5])
def test_a_position_that_does_not_exist_is_refused(position: float) -> None:
    with pytest.raises(InputError, match="position"):
        patch_law(_grammar(0), 3, position)  # type: ignore[arg-type]


@pytest.mark.parametrize("zipf", [0.0, 1.0])
def test_moments_of_the_number_of_patches_are_those_of_the_enumeration(zipf: float) -> None:
    grammar = _grammar(2, zipf)
    index = {tuple(map(int, p)): k for k, p in enumerate(grammar.patches(3).patch)}
    moments = np.zeros((2, grammar.classes, len(index)))
    for p, label, patches in derivations(grammar, 3):
        count = np.bincount([index[patch] for patch in patches], minlength=len(index))
        moments[0, label] += p * count / grammar.label_prior[label]
        moments[1, label] += p * count**2 / grammar.label_prior[label]
    for found, exact in zip(patch_counts(grammar, 3), moments, strict=True):
        assert found == pytest.approx(exact, abs=ROUNDING)
    assert (moments[1] - moments[0]).max() > 0.1  # equal patches in one string do come


def test_the_noise_is_that_of_whole_strings() -> None:
    """N E‖q̂_μ − q̄_μ‖² over 4000 samples of N = 400 strings, drawn from the enumeration.

    The mean over samples and patches has a standard error of about 1 %, the next order in 1/N is
    about ω/N ~ 2 %: 6 % is beyond both. Independent patches would be off by more than 10 %.
    """
    grammar = _grammar(2)
    index = {tuple(map(int, p)): k for k, p in enumerate(grammar.patches(3).patch)}
    all_of = derivations(grammar, 3)
    probability = np.array([p for p, _, _ in all_of])
    counts = np.zeros((len(all_of), len(index)))
    labels = np.eye(grammar.classes)[[y for _, y, _ in all_of]]
    for row, (_, _, patches) in enumerate(all_of):
        np.add.at(counts[row], [index[patch] for patch in patches], 1.0)
    rng, N = np.random.default_rng(0), 400
    drawn = rng.multinomial(N, probability / probability.sum(), size=4000)
    top = np.einsum("ra,ak,ay->rky", drawn, counts, labels, optimize=True)
    law = patch_law(grammar, 3, None)
    seen = law.can_come_first
    q = top[:, seen] / top[:, seen].sum(axis=2, keepdims=True)
    measured = N * float(((q - law.posterior[seen]) ** 2).sum(axis=2).mean())
    spread = shared_moments(grammar, 3).spread
    assert measured == pytest.approx(spread, rel=0.06)
    independent = float(
        ((1 - (law.posterior[seen] ** 2).sum(axis=1)) / law.probability[seen] / 4).mean()
    )
    assert abs(measured / independent - 1) > 0.1


def test_a_pair_that_a_later_position_does_not_tell_apart_has_no_separation_there() -> None:
    """The first child is the label, the second is fair: exact arithmetic is about the first."""
    rules = [[[0, 0], [0, 1]], [[1, 0], [1, 1]]]
    grammar = Grammar((2, 2, 2), [rules, rules])  # type: ignore[arg-type]
    assert closest_non_synonyms(patch_law(grammar, 2, 0)).rho == pytest.approx(np.sqrt(2))
    assert closest_non_synonyms(patch_law(grammar, 2, 1)).rho == 0.0


def test_first_patches_have_the_crossover_that_they_had() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=0)
    for level in (2, 3):
        expected = crossover_samples(patch_law(grammar, level))
        assert first_moments(grammar, level).crossover == pytest.approx(expected, rel=ROUNDING)


def test_exchangeable_rules_agree_at_all_positions() -> None:
    grammar = exchangeable_grammar(8, 4, 2, 3, seed=0)
    assert grammar.is_uniform
    assert grammar.is_nonambiguous
    first = patch_law(grammar, 3, 0).joint
    for position in range(1, 4):
        assert patch_law(grammar, 3, position).joint == pytest.approx(first, abs=ROUNDING)
