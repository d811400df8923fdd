"""Every number of an invariance report equals its definition, written out pair by pair."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from torch import Tensor

from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import closest_non_synonyms, crossover_samples, patch_law
from layerproof.theory.predictions import SENSITIVITY
from layerproof.verify.measure.invariance import (
    accuracy,
    cluster_distances,
    level_invariance,
    synonym_mean_squares,
)
from layerproof.verify.measure.invariance.trained_learner import TrainedOn
from layerproof.verify.measure.representations import Representations, extreme_distances
from layerproof.verify.measure.synonyms import pair_sums
from layerproof.verify.statistics import ThinEvidence
from tests.theory.strategies import small_grammars
from tests.verify.measure.learners import TableLearner, posterior_learner
from tests.verify.statistics.coverage import Coverage

EVERYTHING = 10**6


def _grammar(seed: int = 0, classes: int | None = None) -> Grammar:
    return draw(
        "uniform-first-token", vocabulary=4, rules=2, branching=2, levels=3, classes=classes,
        seed=seed,
    )  # fmt: skip


def _pairwise(
    grammar: Grammar, level: int, embedding: np.ndarray, patch: np.ndarray, weight: np.ndarray
) -> tuple[list[float], list[float]]:
    """Mean squared distances of pairs of synonyms, and of others, in four nested loops."""
    law = patch_law(grammar, level)
    synonyms, others = [], []
    rows = [np.flatnonzero(patch == mu) for mu in range(len(law.patch))]
    for mu, nu in itertools.combinations(np.flatnonzero(law.can_come_first), 2):
        square = sum(
            weight[i] * weight[j] * float(np.sum((embedding[i] - embedding[j]) ** 2))
            for i in rows[mu]
            for j in rows[nu]
        )
        if law.parent[mu] >= 0 and law.parent[mu] == law.parent[nu]:
            synonyms.append(square)
        elif not (law.parent_mask[mu] & law.parent_mask[nu]).any():
            others.append(square)
    return synonyms, others


@settings(max_examples=60, deadline=None, derandomize=True)
@given(small_grammars(), st.integers(0, 2**16))
def test_mean_squares_by_moments_are_those_over_pairs(grammar: Grammar, seed: int) -> None:
    generator = np.random.default_rng(seed)
    for level in range(1, grammar.levels + 1):
        patches = len(grammar.patches(level).patch)
        patch = np.sort(np.concatenate([np.arange(patches), generator.integers(patches, size=9)]))
        weight = generator.random(len(patch))
        weight /= np.bincount(patch, weights=weight)[patch]
        embedding = generator.normal(size=(len(patch), 3))
        sums = pair_sums(patch_law(grammar, level), embedding, patch, weight)
        pairs = _pairwise(grammar, level, embedding, patch, weight)
        for found, mean, count in zip(
            pairs,
            (lambda s=sums: s.synonyms, lambda s=sums: s.non_synonyms),
            (sums.within_pairs.sum(), sums.between_pairs.sum() / 2),
            strict=True,
        ):
            assert count == len(found)
            if found:
                # Sums of fewer than 10^4 terms of order one, each some ten roundings.
                assert mean() == pytest.approx(np.mean(found), rel=1e-11)
            else:
                with pytest.raises(ThinEvidence):
                    mean()


def test_a_patch_of_several_parents_is_nobodys_synonym() -> None:
    """Also where there are fewer patches than parents, so that their numbers overlap."""
    rules = [[[0, 0]], [[0, 0]], [[0, 0]], [[0, 1]], [[1, 0]], [[1, 1]]]
    law = patch_law(Grammar((6, 2), [rules]), 1)
    assert law.parent.tolist() == [-1, 3, 4, 5]
    sums = pair_sums(law, np.eye(4), np.arange(4), np.ones(4))
    assert (sums.within_pairs.sum(), sums.between_pairs.sum() / 2) == (0, 6)


def test_leaving_a_parent_out_leaves_out_all_its_pairs() -> None:
    grammar = _grammar()
    law, generator = patch_law(grammar, 2), np.random.default_rng(0)
    embedding = generator.normal(size=(len(law.patch), 3))
    every, one = np.arange(len(law.patch)), np.ones(len(law.patch))
    found = pair_sums(law, embedding, every, one)._without_each()
    for parent in range(4):
        kept = law.parent != parent
        rest = [
            float(np.sum((embedding[i] - embedding[j]) ** 2))
            for i, j in itertools.combinations(every[kept], 2)
        ]
        same = [law.parent[i] == law.parent[j] for i, j in itertools.combinations(every[kept], 2)]
        expected = np.mean(np.compress(same, rest)) / np.mean(
            np.compress(np.logical_not(same), rest)
        )
        assert found[parent] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_learner_that_knows_q_is_perfectly_invariant(level: int) -> None:
    grammar = _grammar(seed=2)
    law = patch_law(grammar, level)
    learner = posterior_learner(grammar, level, np.asarray(law.posterior))
    found = level_invariance(
        learner, grammar, level, seed=0, trained_on=TrainedOn(100), limit=EVERYTHING
    )  # fmt: skip
    assert (found.exhaustive, found.max_error) == (True, 0.0)
    # Synonyms have one q, up to the rounding of two computations of it.
    assert found.intracluster <= law.rounding
    assert found.intercluster == pytest.approx(closest_non_synonyms(law).rho, abs=law.rounding)
    assert (found.sensitivity, found.sensitivity_interval) == (0.0, None)
    assert found.predicted == SENSITIVITY(N=100, crossover=crossover_samples(law))


def test_rounding_has_no_sensitivity_and_little_noise_has_one() -> None:
    """Synonyms 1e-15 apart do not differ; at 1e-9 they do. All patches 1e-15 apart say nothing."""
    law = patch_law(_grammar(), 2)
    every, one = np.arange(len(law.patch)), np.ones(len(law.patch))
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, size=law.posterior.shape)
    exact = pair_sums(law, law.posterior + 1e-15 * noise, every, one)
    assert exact.sensitivity == 0.0
    with pytest.raises(ThinEvidence, match="rounding"):
        exact.interval(0.95)
    noisy = pair_sums(law, law.posterior + 1e-9 * noise, every, one)
    assert 0.0 < noisy.interval(0.95).low < noisy.sensitivity < 1e-16
    with pytest.raises(ThinEvidence, match="one embedding"):
        _ = pair_sums(law, 1.0 + 1e-15 * noise, every, one).sensitivity


def test_a_learner_that_sees_only_the_patch_is_not_invariant_at_all() -> None:
    """Independent random embeddings: synonyms differ as much as others do."""
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=2, seed=3)
    law, every = patch_law(grammar, 2), np.arange(32)
    noise = np.random.default_rng(5).normal(size=(32, 400))
    sums = pair_sums(law, noise, every, np.ones(32))
    # 48 and 448 pairs, whose squared distances are 800 ± sqrt(8·400): each mean of independent
    # pairs would err by 7 % / sqrt(48); pairs share patches, so at most three times that.
    assert sums.sensitivity == pytest.approx(1.0, abs=4 * 0.071 * 3 / math.sqrt(48))
    assert sums.interval(0.95).contains(1.0)


def test_what_the_levels_below_add_is_counted() -> None:
    """q plus independent noise of variance v for each leaf string adds 2 v to both means."""
    grammar = _grammar(seed=4)
    law = patch_law(grammar, 2)
    clean = posterior_learner(grammar, 2, np.asarray(law.posterior))
    before = synonym_mean_squares(clean, grammar, 2, seed=0)

    def noisy(leaves: Tensor) -> Tensor:
        # Up or down by 0.3, by which of its two rules the last token used.
        rule = torch.tensor([_rule_number(grammar, pair) for pair in leaves.numpy()[:, -2:]])
        embedding = clean.value(leaves).clone()
        embedding[:, 0] += 0.3 * (1.0 - 2.0 * rule.double())
        return embedding

    after = synonym_mean_squares(TableLearner(noisy), grammar, 2, seed=0)
    assert np.subtract(after, before) == pytest.approx([2 * 0.3**2] * 2, rel=1e-12)


def _rule_number(grammar: Grammar, pair: np.ndarray) -> int:
    """Which of its symbol's two rules made a leaf patch."""
    rules = grammar.level_rules(2)
    return int(np.flatnonzero((rules.patch == pair).all(axis=1))[0]) % 2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(small_grammars(), st.integers(0, 2**16))
def test_cluster_distances_are_the_extremes_over_all_pairs(grammar: Grammar, seed: int) -> None:
    law = patch_law(grammar, 1)
    patch = np.repeat(np.arange(len(law.patch)), 2)
    embedding = np.random.default_rng(seed).normal(size=(len(patch), 2))
    found = Representations(1, embedding, patch, np.full(len(patch), 0.5))
    inner, outer = [0.0], [math.inf]
    for i, j in itertools.product(range(len(patch)), repeat=2):
        distance = float(np.linalg.norm(embedding[i] - embedding[j]))
        for mu, nu in itertools.product(
            np.flatnonzero(law.parent_mask[patch[i]]), np.flatnonzero(law.parent_mask[patch[j]])
        ):
            (inner if mu == nu else outer).append(distance)
    measured = extreme_distances(found, law.parent_mask)
    assert measured == pytest.approx((max(inner), min(outer)), rel=1e-12)


@pytest.mark.parametrize("spread", [1e-16, 1e-3, 0.5, 3.0])
@pytest.mark.parametrize("size", [1, 5, 200])
def test_pairs_that_cannot_be_extreme_are_all_that_is_left_out(spread: float, size: int) -> None:
    """Tight clusters, overlapping ones and equal points, against all pairs."""
    rng = np.random.default_rng(size)
    token = np.repeat(np.arange(6), size)
    embedding = np.eye(6)[token] + spread * rng.integers(-2, 3, size=(len(token), 6))
    found = Representations(1, embedding, token, np.ones(len(token)))
    distance, same = cdist(embedding, embedding), token[:, None] == token
    extremes = distance.max(where=same, initial=0.0), distance.min(where=~same, initial=math.inf)
    # Coordinates of order 1 are rounded by 1e-16 each.
    assert extreme_distances(found, np.eye(6, dtype=bool)) == pytest.approx(
        extremes, rel=1e-12, abs=1e-15
    )


def test_clusters_of_tokens_and_the_control_that_merges_two() -> None:
    grammar = _grammar(seed=2)
    learner = posterior_learner(grammar, 3, np.asarray(patch_law(grammar, 3).posterior))
    inner, outer = cluster_distances(learner, grammar, 2, seed=0)
    assert inner < outer
    merged = cluster_distances(learner, grammar, 2, seed=0, merged=(0, 1))
    assert merged[1] == 0.0
    assert cluster_distances(learner, grammar, 3, seed=0) == (0.0, math.sqrt(2.0))


def test_one_token_is_infinitely_far_from_any_other() -> None:
    grammar = Grammar((1, 1), [[[[0, 0]]]])
    learner = posterior_learner(grammar, 1, np.ones((1, 1)))
    found = level_invariance(learner, grammar, 1, seed=0, trained_on=TrainedOn(10))
    assert (found.intracluster, found.intercluster, found.max_error) == (0.0, math.inf, 0.0)
    assert (found.sensitivity, found.sensitivity_interval, found.predicted) == (None, None, None)
    assert found.to_dict()["synonym_sensitivity"] is None


def test_sampled_strings_estimate_the_mean_squares_without_bias() -> None:
    """The average over 300 samples of two strings a patch, within four of its standard errors."""
    grammar = _grammar(seed=6)
    weights = np.random.default_rng(2).normal(size=(8, 4))

    def linear(leaves: Tensor) -> Tensor:
        return torch.from_numpy(leaves.numpy() @ weights)

    learner = TableLearner(linear)
    exact = synonym_mean_squares(learner, grammar, 1, seed=0, limit=EVERYTHING)
    drawn = np.array([
        synonym_mean_squares(learner, grammar, 1, seed=seed, limit=16)
        for seed in range(300)
    ])  # fmt: skip
    error = drawn.std(axis=0, ddof=1) / math.sqrt(300)
    assert (np.abs(drawn.mean(axis=0) - exact) < 4 * error).all()


def test_accuracy_is_that_of_fresh_strings() -> None:
    grammar = _grammar(seed=1)
    right = posterior_learner(grammar, 1, np.asarray(patch_law(grammar, 1).posterior))
    wrong = posterior_learner(grammar, 1, np.roll(patch_law(grammar, 1).posterior, 1, axis=1))
    constant = TableLearner(lambda leaves: torch.eye(4, dtype=torch.float64)[[0] * len(leaves)])
    assert accuracy(right, grammar, strings=500, seed=0).limits[1] == 1.0
    assert accuracy(wrong, grammar, strings=500, seed=0).estimate == 0.0
    # An exact interval at 1 - 1e-4 around one of four equally likely labels.
    guess = accuracy(constant, grammar, strings=2000, seed=0, confidence=1 - 1e-4)
    assert guess.contains(0.25)
    assert not guess.contains(0.5)


@pytest.mark.parametrize("multiple", [1, 4])
def test_the_jackknife_interval_covers_for_one_grammar(multiple: int) -> None:
    """1000 empirical laws of one stage: the interval holds the ratio of expectations.

    Its groups are fixed here, so it may be too wide but not too narrow: level 1e-4. The learner is
    the ideal one, h = the empirical law of the label, and the truth the ratio of averages.
    """
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=2, seed=5)
    law, generator = patch_law(grammar, 2), np.random.default_rng(7)
    samples = int(multiple * crossover_samples(law))
    every, one = np.arange(len(law.patch)), np.ones(len(law.patch))
    found = []
    for _ in range(1000):
        counts = generator.multinomial(samples, law.joint.ravel()).reshape(law.joint.shape)
        h = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        found.append(pair_sums(law, h, every, one))
    truth = np.mean([s.synonyms for s in found]) / np.mean([s.non_synonyms for s in found])
    covered = sum(sums.interval(0.95).contains(truth) for sums in found)
    coverage = Coverage(covered, 1000 - covered, 0, 0.95)
    assert not coverage.undercovers(1e-4), coverage
    # The control: the same intervals must not cover a sensitivity that is off by a factor of two.
    doubled = sum(sums.interval(0.95).contains(2 * truth) for sums in found)
    assert Coverage(doubled, 1000 - doubled, 0, 0.95).undercovers(1e-4)
    # And the curve is where it should be: 1/(1 + N/N_x), up to 1/n of a patch's n samples.
    predicted = SENSITIVITY(N=samples, crossover=crossover_samples(law))
    assert truth == pytest.approx(predicted, rel=2 * len(law.patch) / samples)
