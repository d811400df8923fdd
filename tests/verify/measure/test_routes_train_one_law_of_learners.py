"""Learners trained by different routes have one law; learners trained on other data do not.

The statistic of a learner is its largest error ‖h − q‖ at the level under test, on every string
below the level's patches. Samples of it are compared between routes by Kolmogorov and Smirnov's
test at level 10^-4 a pair, four pairs in all, so that a false alarm has probability 4e-4.
"""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from layerproof.layerwise.sampling.routes import Route
from layerproof.layerwise.training import train
from layerproof.theory.ensembles import draw
from layerproof.theory.population import patch_law
from layerproof.theory.schedule import practical
from layerproof.verify.measure.representations import represent

RUNS = 150
GRAMMAR = draw("uniform-first-token", vocabulary=6, rules=3, branching=2, levels=2, seed=4)
SAMPLES = [120, 300]


def _errors(route: Route, level: int, samples: list[int], offset: int) -> NDArray[np.float64]:
    q = patch_law(GRAMMAR, level).posterior
    schedule = practical(GRAMMAR, samples_per_level=samples)
    found = []
    for seed in range(offset, offset + RUNS):
        learner = train(GRAMMAR, schedule, seed=seed, route=route, device="cpu").learner
        outputs = represent(learner, GRAMMAR, level, seed=0)
        found.append(np.linalg.norm(outputs.embedding - q[outputs.patch], axis=1).max())
    return np.array(found)


@pytest.mark.parametrize("level", [1, 2])
def test_trained_outputs_do_not_tell_the_routes_apart(level: int) -> None:
    plain = _errors("strings", level, SAMPLES, 0)
    for offset, route in ((1000, "subtrees"), (2000, "counts")):
        other = _errors(route, level, SAMPLES, offset)
        assert stats.ks_2samp(plain, other).pvalue > 1e-4, route


@pytest.mark.parametrize("route", ["subtrees", "counts"])
def test_learners_of_twice_the_samples_are_told_apart(route: Route) -> None:
    plain = _errors("strings", 2, SAMPLES, 0)
    other = _errors(route, 2, [size * 2 for size in SAMPLES], 3000)
    assert stats.ks_2samp(plain, other).pvalue < 1e-4
