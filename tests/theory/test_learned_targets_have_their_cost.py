"""Targets as they are learned: the moments of vectors, the treatments, and a draw of strings."""

import numpy as np
import pytest
import torch

from layerproof.layerwise import targets
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.latent_schedule import TARGET_NAMES
from layerproof.theory.population import crossover_samples, patch_law
from layerproof.theory.signals import signal_named
from layerproof.theory.target_cost import _whitened, target_costs, target_moments
from layerproof.theory.weight_sharing import first_moments

GRAMMAR = draw("uniform-first-token", V=8, m=3, s=2, L=4, seed=2)
OWN = signal_named("own-latent")


def test_one_hot_vectors_are_the_signal_itself() -> None:
    law = patch_law(GRAMMAR, 3, signal=OWN)
    assert target_moments(law, np.eye(8)) == pytest.approx(first_moments(GRAMMAR, 3, OWN))


def test_the_noise_is_that_of_the_vectors() -> None:
    law, vectors = patch_law(GRAMMAR, 3, signal=OWN), np.random.default_rng(0).random((8, 5))
    vectors /= vectors.sum(axis=1, keepdims=True)
    noise = [
        sum(q[k] * np.square(vectors[k] - q @ vectors).sum() for k in range(8))
        for q in law.posterior
    ]
    found = target_moments(law, vectors)
    assert found.spread == pytest.approx(np.mean(noise / law.probability))


def test_clusters_and_leaves_cost_nothing_and_whitened_latents_next_to_nothing() -> None:
    assert set(TARGET_NAMES) == set(targets.TARGETS)
    for target in TARGET_NAMES:
        assert target_costs(GRAMMAR, target)[-1].cost == pytest.approx(1)
    assert [one.cost for one in target_costs(GRAMMAR, "clustered")] == pytest.approx([1] * 3)
    wide = [draw("uniform-first-token", V=32, m=4, s=2, L=4, seed=seed) for seed in range(3)]
    costs = [one.cost for grammar in wide for one in target_costs(grammar, "whitened")]
    assert costs == pytest.approx([1] * len(costs), abs=0.1)


def test_raw_targets_are_the_laws_learned_below() -> None:
    law = patch_law(GRAMMAR, 4, signal=OWN)
    learned = np.array([law.posterior[law.parent == symbol][0] for symbol in range(8)])
    above = patch_law(GRAMMAR, 3, signal=OWN)
    found = {one.level: one for one in target_costs(GRAMMAR, "raw")}
    assert found[3].crossover == pytest.approx(target_moments(above, learned).crossover)
    assert found[3].ideal == crossover_samples(above)


def test_whitening_is_that_of_training() -> None:
    points = np.random.default_rng(1).random((8, 8))
    points /= points.sum(axis=1, keepdims=True)
    shares = np.arange(1, 9) / 36
    trained = targets.whitened(torch.from_numpy(points), torch.from_numpy(shares)).numpy()
    assert _whitened(points, shares) == pytest.approx(trained)


def test_a_grammar_without_own_latents_is_refused() -> None:
    with pytest.raises(InputError, match="f < 1"):
        target_costs(draw("uniform-first-token", V=4, m=4, s=2, L=3, seed=0), "raw")
