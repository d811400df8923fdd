"""The patches that a layer was trained on are those of its sample, at the leaves and above."""

import numpy as np
import pytest
import torch

from layerproof.layerwise.sampling.routes import stage_batches
from layerproof.layerwise.training import train
from layerproof.theory.ensembles import draw
from layerproof.theory.schedule import practical
from layerproof.theory.signals import Label
from layerproof.verify.measure.in_sample import in_sample
from tests.verify.measure.learners import parsed


@pytest.mark.parametrize(("level", "samples"), [(3, 20), (2, 20), (2, 400)])
@pytest.mark.parametrize("seed", range(3))
def test_seen_patches_are_those_of_the_sample(level: int, samples: int, seed: int) -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=seed)
    sizes = [1, 5000, 5000]
    sizes[level - 1] = samples
    schedule = practical(grammar, samples_per_level=sizes).down_from(level)
    training = train(grammar, schedule, seed=seed)
    (route,) = {stage.route for stage in training.stages if stage.level == level}
    batches = stage_batches(
        route,  # type: ignore[arg-type]
        grammar,
        level,
        samples,
        seed=seed,
        signal=Label(),
        device=torch.device("cpu"),
    )
    expected = np.zeros(len(grammar.patches(level).patch), dtype=bool)
    for batch in batches:
        leaves = batch.leaves[batch.counts.sum(dim=1) > 0].numpy()
        expected[parsed(grammar, level, leaves)] = True
    found = in_sample(training.learner, grammar, level, seed=0)
    assert (found == expected).all()
    assert 0 < expected.sum() <= min(samples, 32)


def test_a_layer_of_random_features_keeps_no_points() -> None:
    grammar = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
    schedule = practical(grammar, samples_per_level=[1, 3], features=64).down_from(2)
    learner = train(grammar, schedule, seed=0).learner
    assert in_sample(learner, grammar, 2, seed=0).all()
