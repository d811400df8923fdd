"""Iterated clustering: what it finds, what it cannot, and the counts it goes by."""

import numpy as np
import pytest
import torch

from layerproof.layerwise.clustering import cluster_chain, clustered, true_chain
from layerproof.layerwise.sampling.subtrees import subtree_batches
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.signals import LABEL, signal_named


@pytest.fixture(scope="module")
def grammar():
    return draw("uniform-first-token", vocabulary=16, rules=4, branching=2, levels=3, seed=1)


def test_the_true_chain_makes_no_mistake(grammar):
    chain = true_chain(grammar, 1)
    assert [chain.accuracy(level, strings=300, seed=0) for level in chain.levels] == [1, 1, 1]
    (batch,) = subtree_batches(grammar, 1, 300, seed=1, signal=LABEL, device=torch.device("cpu"))
    label = chain.tokens(batch.leaves, 0)[:, 0]
    assert torch.equal(torch.nn.functional.one_hot(label, 17)[:, :16], batch.counts)


@pytest.mark.parametrize("name", ["label", "token", "own-latent", "sibling"])
def test_enough_strings_find_every_parent(grammar, name):
    chain = cluster_chain(grammar, 40_000, signal_named(name), seed=0)
    assert list(chain.levels) == [2, 3]
    assert min(chain.accuracy(level, strings=500, seed=0) for level in chain.levels) > 0.9


def test_few_strings_find_little_and_silent_signals_nothing(grammar):
    few = cluster_chain(grammar, 20, signal_named("token"), seed=0)
    assert few.accuracy(2, strings=500, seed=0) < 0.6
    # f = 1: every tuple is grammatical, and no token says anything of another.
    full = draw("uniform-first-token", vocabulary=6, rules=6, branching=2, levels=2, seed=0)
    silent = cluster_chain(full, 40_000, signal_named("own-latent"), seed=0, lowest=2)
    assert silent.accuracy(2, strings=2000, seed=0) < 0.6


def test_stages_that_are_there_stay(grammar):
    below = true_chain(grammar, 3)
    chain = cluster_chain(grammar, 5000, LABEL, seed=0, below=below)
    assert chain.stages[0] is below.stages[0]
    assert list(chain.levels) == [2, 3]


def test_rare_rows_join_the_nearest_mean_and_unseen_ones_stand_apart():
    counts = np.array([[90, 10], [88, 12], [10, 90], [11, 89], [3, 0], [0, 0]])
    group = clustered(counts, clusters=2, patches=4)
    assert group[0] == group[1] == group[4] != group[2] == group[3]
    assert group[5] == 2


def test_levels_that_are_not_taught_are_refused(grammar):
    with pytest.raises(InputError, match="a level that token teaches"):
        cluster_chain(grammar, 100, signal_named("token"), seed=0, lowest=1)


def test_a_chain_recovers_all_only_where_every_patch_is_right() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=3, branching=2, levels=3, seed=2)
    own = signal_named("own-latent")
    assert true_chain(grammar, 2).recovers_all()
    assert cluster_chain(grammar, 20_000, own, seed=0).recovers_all()
    assert not cluster_chain(grammar, 300, own, seed=0).recovers_all()
