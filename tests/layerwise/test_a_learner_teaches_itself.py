"""Own latents as they are learned, few labels at level 1; the null learns nothing."""

import math
from pathlib import Path

import pytest
import torch

from layerproof.layerwise.landmarks import fit_landmarks
from layerproof.layerwise.models import load_model, save_model
from layerproof.layerwise.own_latents import Latents, expected_seconds
from layerproof.layerwise.rows import WeightedRows
from layerproof.layerwise.solvers import fit_kernel
from layerproof.layerwise.targets import TARGETS, TargetName, whitened
from layerproof.layerwise.training import Training, train_on_own_latents
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.latent_schedule import own_latent_schedule
from layerproof.theory.schedule import Stage
from layerproof.theory.signals import LABEL
from layerproof.verify.measure.invariance import accuracy, invariance_report
from tests.layerwise.instances import UNEVEN

GRAMMAR = draw("uniform-first-token", V=8, m=3, s=2, L=3, seed=2)
"""The first by seed whose own latents tell all symbols apart (every ρ > 0)."""
SCHEDULE = own_latent_schedule(GRAMMAR, 200)


def _trained(latents: Latents, grammar: Grammar = GRAMMAR) -> Training:
    return train_on_own_latents(grammar, SCHEDULE, seed=0, latents=latents, device="cpu")


def _accuracy(training: Training) -> float:
    return accuracy(training.learner, GRAMMAR, LABEL, strings=2000, seed=1).estimate


@pytest.fixture(scope="module")
def taught() -> Training:
    return _trained(Latents())


def test_a_learner_with_few_labels_reaches_the_label(taught: Training) -> None:
    assert _accuracy(taught) > 0.95
    assert (taught.labels, taught.target, taught.signal.name) == (200, "whitened", "own-latent")


@pytest.mark.parametrize("latents", [Latents("clustered"), Latents(all_patches=True)])
def test_other_ways_reach_it_too(latents: Latents) -> None:
    assert _accuracy(_trained(latents)) > 0.9


def test_latents_of_other_strings_teach_nothing() -> None:
    assert _accuracy(_trained(Latents(shuffled=True))) < 3 / 8


def test_a_model_file_holds_all_of_it(taught: Training, tmp_path: Path) -> None:
    save_model(tmp_path / "model", taught)
    found = load_model(tmp_path / "model", device="cpu")
    assert (found.labels, found.target, found.schedule) == (200, "whitened", taught.schedule)
    report = invariance_report(found, seed=0, strings=500).to_dict()
    assert report == invariance_report(taught, seed=0, strings=500).to_dict()
    assert (report["signal"], report["labels"]) == ("own-latent", 200)
    assert [level["max_error"] is None for level in report["levels"]] == [False, True, False]


def test_the_same_seed_gives_the_same_learner(taught: Training) -> None:
    again = _trained(Latents()).learner.state_dict()
    assert all(torch.equal(again[k], v) for k, v in taught.learner.state_dict().items())


@pytest.mark.parametrize("name", list(TARGETS))
def test_coordinates_of_targets_sum_to_one(name: TargetName) -> None:
    latents = torch.rand(30, 5, dtype=torch.float64)
    latents /= latents.sum(dim=1, keepdim=True)
    shares = torch.full((30,), 1 / 30, dtype=torch.float64)
    found = TARGETS[name](latents, shares)
    assert torch.allclose(found.sum(dim=1), torch.ones(30, dtype=torch.float64))


def test_whitened_targets_vary_alike_in_all_directions() -> None:
    latents = torch.rand(40, 4, dtype=torch.float64) ** 3
    latents /= latents.sum(dim=1, keepdim=True)
    shares = torch.full((40,), 1 / 40, dtype=torch.float64)
    covariance = torch.cov(whitened(latents, shares).T, correction=0)
    one_hot = (torch.eye(4) - 1 / 4).double() / 4
    assert torch.allclose(covariance, one_hot, atol=1e-8)


def test_all_rows_as_landmarks_are_the_exact_kernel() -> None:
    tokens = torch.rand(6, 3, dtype=torch.float64)
    index = torch.cartesian_prod(torch.arange(6), torch.arange(6))
    shares = torch.rand(36, 3, dtype=torch.float64)
    rows, stage = WeightedRows(tokens, index, shares / shares.sum()), Stage(1, 36, None, 0.2, 0.05)
    few, plain = fit_landmarks(rows, stage, 36), fit_kernel(rows, stage)
    assert torch.allclose(few[0](rows.points), plain[0](rows.points), atol=0.02)


def test_what_cannot_be_learned_is_refused() -> None:
    full = draw("uniform-first-token", V=4, m=4, s=2, L=2, seed=0)
    for grammar, says in ((full, "f < 1"), (UNEVEN, "one number of symbols")):
        with pytest.raises(InputError, match=says):
            own_latent_schedule(grammar, 5)
    for labels in (0, 10**9):
        with pytest.raises(InputError, match="labels"):
            own_latent_schedule(GRAMMAR, labels)
    for multiple in (0.0, math.inf, 1e30):
        with pytest.raises(InputError, match="multiple"):
            own_latent_schedule(GRAMMAR, 5, multiple=multiple)


def test_time_is_told_beforehand() -> None:
    assert 0 < expected_seconds(GRAMMAR, SCHEDULE, Latents()) < 60
