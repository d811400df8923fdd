"""`patches="all"`: every patch of whole strings, with the string's label, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch

from layerproof.layerwise.models import load_model, save_model
from layerproof.layerwise.sampling.batch import merge
from layerproof.layerwise.sampling.routes import stage_batches
from layerproof.layerwise.training import train
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.population import patch_law
from layerproof.theory.schedule import practical
from layerproof.theory.signals import Label

SIZES = {"vocabulary": 8, "rules": 4, "branching": 2, "levels": 3}
CPU = torch.device("cpu")


def _grammar(seed: int = 0, zipf: float = 0.0):
    return draw("uniform-first-token", **SIZES, zipf=zipf, seed=seed)


@pytest.mark.parametrize("zipf", [0.0, 1.0])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_rows_are_all_patches_of_the_strings(level: int, zipf: float) -> None:
    """The first patches among them are those of the route "strings" (one stream draws both)."""
    grammar, samples = _grammar(zipf=zipf), 500
    about = {"seed": 3, "signal": Label(), "device": CPU}
    every = list(stage_batches("strings", grammar, level, samples, **about, patches="all"))
    first = list(stage_batches("strings", grammar, level, samples, **about))
    patches = 2 ** (level - 1)
    assert sum(batch.samples for batch in every) == samples * patches
    for batch, kept in zip(every, first, strict=True):
        assert torch.equal(batch.leaves[::patches], kept.leaves)
        assert torch.equal(batch.counts[::patches], kept.counts)
        strings = batch.leaves.reshape(-1, grammar.input_length)
        assert len(strings) == len(kept.leaves)


@pytest.mark.parametrize("zipf", [0.0, 1.0])
def test_frequencies_are_those_of_the_mean_law_over_positions(zipf: float) -> None:
    """Leaf patches of 40,000 strings against the exact law, cell by cell, in standard errors.

    A cell's share of N s^(L−1) dependent pairs has at most the variance p/N, for at most s^(L−1)
    of them are equal. Of 256 cells none is beyond 5 but with probability 2e-4. The law of the first
    patch is another, by more than that.
    """
    grammar, N = _grammar(1, zipf), 40_000
    batches = stage_batches(
        "strings", grammar, 3, N, seed=0, signal=Label(), device=CPU, patches="all"
    )
    found = merge(batches, 8)
    law = patch_law(grammar, 3, None)
    index = {tuple(map(int, p)): k for k, p in enumerate(law.patch)}
    shares = np.zeros_like(law.joint)
    for leaves, counts in zip(found.leaves, found.counts, strict=True):
        shares[index[tuple(map(int, leaves))]] = counts.numpy() / (4 * N)

    def worst(exact: np.ndarray) -> float:
        return float((np.abs(shares - exact) / np.sqrt(np.maximum(exact, 1 / N) / N)).max())

    assert worst(law.joint) < 5.0
    assert worst(patch_law(grammar, 3).joint) > 10.0


@pytest.mark.parametrize("features", [None, 512])
def test_the_output_estimates_the_mean_law(features: int | None) -> None:
    """At 100 n m^3 strings h is within the sampling error of q̄, and not of the first patch's q.

    ‖h − q̄‖² has mean about |P|/(4 N) ~ 3e-4 with the exact kernel; 0.1 is five standard errors.
    With 512 random features the features' error comes on top.
    """
    grammar = _grammar(2)
    N = 100 * 8 * 4**3
    schedule = practical(grammar, samples_per_level=[N] * 3, features=features).down_from(3)
    learner = train(grammar, schedule, seed=0, patches="all", device="cpu").learner
    law, first = patch_law(grammar, 3, None), patch_law(grammar, 3)
    h = learner.embed(torch.from_numpy(law.patch.copy()), 2)[:, 0].numpy()

    def off(q: np.ndarray) -> float:
        return float(np.nanmean(np.linalg.norm(h - q, axis=1)))

    assert off(law.posterior) < (0.1 if features is None else 0.2)
    assert off(first.posterior) > 2 * off(law.posterior)


@pytest.mark.parametrize("route", ["counts", "subtrees"])
def test_routes_without_whole_strings_are_refused(route: str) -> None:
    schedule = practical(_grammar(), multiple=1.0)
    with pytest.raises(InputError, match="all patches"):
        train(_grammar(), schedule, seed=0, patches="all", route=route)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="first or all"):
        train(_grammar(), schedule, seed=0, patches="some")  # type: ignore[arg-type]


def test_a_model_file_says_which_patches_it_learnt_from(tmp_path: Path) -> None:
    grammar = _grammar()
    for patches in ("first", "all"):
        training = train(grammar, practical(grammar, multiple=2.0), seed=0, patches=patches)
        save_model(tmp_path / patches, training)
        loaded = load_model(tmp_path / patches)
        assert loaded.patches == patches
        assert loaded.stages == training.stages
        if patches == "all":
            assert {stage.route for stage in loaded.stages} == {"strings"}
