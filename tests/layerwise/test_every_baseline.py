"""What every baseline must do, whoever brings it: one matrix over the registry."""

import math
from dataclasses import replace

import pytest
import torch

from layerproof.layerwise.baselines import BASELINES, Baseline
from layerproof.layerwise.baselines.base import error_on
from layerproof.layerwise.baselines.data import split, with_label_noise
from layerproof.layerwise.baselines.end_to_end import Descent, EndToEnd
from layerproof.layerwise.baselines.one_step import OneStepClustering
from layerproof.layerwise.baselines.stagewise import Stagewise
from layerproof.layerwise.labelled_strings import Strings
from layerproof.layerwise.progress import ProgressEvent
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.thresholds import chance, success_error

GRAMMAR = draw("uniform-first-token", vocabulary=6, rules=2, branching=2, levels=2, seed=3)
"""P_max = 6 · 2³ = 48 strings."""
DEEPER = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=0)
TERNARY = draw("uniform-first-token", vocabulary=3, rules=2, branching=3, levels=2, seed=1)
CPU = torch.device("cpu")


def cheap(baseline: Baseline, steps: int = 600) -> Baseline:
    """The same with fewer steps and hidden units, where it is a network."""
    if not isinstance(baseline, EndToEnd):
        return baseline
    narrow = replace(baseline.architecture, width=32)
    return replace(baseline, architecture=narrow, descent=Descent(rate=0.2, most_steps=steps))


each = pytest.mark.parametrize(
    "baseline", [cheap(found) for found in BASELINES.values()], ids=BASELINES
)


@each
def test_it_learns_the_strings_it_was_fitted_to(baseline: Baseline) -> None:
    strings = split(GRAMMAR, 45, 3, seed=0).train
    seen: list[ProgressEvent] = []
    fitted = baseline.fit(GRAMMAR, strings, seed=0, device=CPU, progress=seen.append)
    labels = fitted.predict(strings.leaves)
    assert labels.shape == (45,)
    assert labels.dtype == torch.int64
    # Learners by stages tell strings apart only by their clusters, the first by 15 strings at its
    # top stage: better than guessing (error 5/6), not more. The others fit what they were given.
    staged = isinstance(baseline, Stagewise | OneStepClustering)
    assert error_on(fitted, strings) <= (0.5 if staged else 0.0)
    assert seen[-1].fraction > 0


@each
def test_another_branching_factor_is_learned_too(baseline: Baseline) -> None:
    """Of the 3 · 2⁴ strings 45 are enough for each learner to be right on half of them."""
    strings = split(TERNARY, 45, 3, seed=0).train
    fitted = baseline.fit(TERNARY, strings, seed=0)
    assert error_on(fitted, strings) < chance(TERNARY) - 1 / 6


@each
def test_a_seed_decides_and_no_global_state_is_moved(baseline: Baseline) -> None:
    strings = split(DEEPER, 200, 200, seed=1)
    before = torch.get_rng_state()
    short = cheap(baseline, steps=60)
    first, again = (short.fit(DEEPER, strings.train, seed=5, device=CPU) for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    leaves = strings.test.leaves
    labels = first.predict(leaves)
    assert torch.equal(labels, again.predict(leaves))
    one_by_one = torch.cat([first.predict(leaves[k : k + 1]) for k in range(20)])
    assert torch.equal(labels[:20], one_by_one)


@each
def test_labels_that_mean_nothing_teach_nothing(baseline: Baseline) -> None:
    """The negative control: with uniform labels the test error is that of guessing."""
    strings = split(DEEPER, 400, 1000, seed=2)
    labels = with_label_noise(strings.train.labels, 1.0, 8, seed=2)
    noisy = Strings(strings.train.leaves, labels)
    fitted = baseline.fit(DEEPER, noisy, seed=0, dtype=torch.float32)
    # Predictions are independent of the true labels, so each string is right with probability 1/8,
    # by symmetry over the uniform labels. Predictions of similar strings hang together: at worst
    # by label, whose shares of the 1000 strings are within 5 · 0.0105 of 1/8; so at 5 standard
    # errors sqrt(7/64/1000) = 0.0105 of a share, the error is 7/8 within 0.0523.
    assert abs(error_on(fitted, strings.test) - 7 / 8) < 0.0523


@each
def test_its_walk_leads_from_its_start_to_its_end(baseline: Baseline) -> None:
    walk = baseline.walk
    assert walk.first(1000.0, 625000.0) > 0
    assert 1 <= walk.largest(1000.0, 625000.0) <= 0.95 * 625000
    if baseline.depth == "shallow":
        assert not baseline.claimed


@each
def test_it_goes_by_its_name_and_says_what_it_is(baseline: Baseline) -> None:
    known = BASELINES[baseline.name]
    assert (known.name, known.help) == (baseline.name, baseline.help)
    assert baseline.help


STRINGS = split(GRAMMAR, 20, 5, seed=0).train


@each
@pytest.mark.parametrize(
    ("strings", "field"),
    [
        (Strings(STRINGS.leaves[:, :3], STRINGS.labels), "shape of leaves"),
        (Strings(STRINGS.leaves[:0], STRINGS.labels[:0]), "shape of leaves"),
        (Strings(STRINGS.leaves, STRINGS.labels[:4]), "shape of labels"),
        (Strings(STRINGS.leaves + 1, STRINGS.labels), "leaf token"),
        (Strings(STRINGS.leaves, STRINGS.labels - 6), "label"),
        (Strings(STRINGS.leaves.double(), STRINGS.labels), "dtype of every leaf token"),
    ],
)
def test_strings_that_do_not_fit_the_grammar_are_refused(
    baseline: Baseline, strings: Strings, field: str
) -> None:
    with pytest.raises(InputError) as refusal:
        baseline.fit(GRAMMAR, strings, seed=0)
    assert refusal.value.field == field


LEARN = {"layerwise": 16 * 512, "convolutional": 4 * 512}
"""A few times n m^L = 512 of the 131072 strings."""


@pytest.mark.parametrize("name", LEARN)
def test_deep_learners_generalise(name: str) -> None:
    strings = split(DEEPER, LEARN[name], 2000, seed=0)
    baseline = BASELINES[name]
    if isinstance(baseline, EndToEnd):
        baseline = replace(baseline, architecture=replace(baseline.architecture, width=64))
    fitted = baseline.fit(DEEPER, strings.train, seed=0, dtype=torch.float32)
    assert error_on(fitted, strings.test) < success_error(DEEPER)
    assert fitted.converged


def test_a_kernel_of_whole_strings_does_not() -> None:
    strings = split(DEEPER, 2048, 2000, seed=0)
    fitted = BASELINES["kernel ridge, NTK"].fit(DEEPER, strings.train, seed=0)
    assert error_on(fitted, strings.test) > 0.3


def test_shallow_learners_are_first_tried_at_their_largest_size() -> None:
    shallow = {
        name: found.walk for name, found in BASELINES.own.items() if found.depth == "shallow"
    }
    assert list(shallow) == ["two-layer", "kernel ridge, RBF", "kernel ridge, NTK"]
    assert {walk.start for walk in shallow.values()} == {math.inf}
