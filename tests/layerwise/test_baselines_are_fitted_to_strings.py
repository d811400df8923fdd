"""Baselines have one interface, learn what they can, and find nothing where nothing is."""

import pytest
import torch

from layerproof.layerwise.baselines.base import Fitted, Strings, error_on, whitened
from layerproof.layerwise.baselines.data import distinct_strings, split, with_label_noise
from layerproof.layerwise.baselines.end_to_end import Descent, EndToEnd
from layerproof.layerwise.baselines.kernels import NTK, RBF
from layerproof.layerwise.baselines.learners import LEARNERS, as_in_c24, learner
from layerproof.layerwise.baselines.one_step import OneStepClustering
from layerproof.layerwise.baselines.ridge import KernelRidge
from layerproof.layerwise.baselines.stagewise import Stagewise, shares
from layerproof.layerwise.progress import ProgressEvent
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError

GRAMMAR = draw("uniform-first-token", vocabulary=6, rules=2, branching=2, levels=2, seed=3)
"""P_max = 6 · 2³ = 48 strings."""
DEEPER = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=0)
CPU = torch.device("cpu")

QUICK = [
    Stagewise(),
    OneStepClustering(),
    *(
        EndToEnd(shape, width=32, descent=Descent(rate=0.2, most_steps=600))
        for shape in ("convolutional", "locally connected", "fully connected", "two-layer")
    ),
    KernelRidge(RBF()),
    KernelRidge(NTK(2)),
]
"""Every baseline, small."""


def by_name(found: object) -> str:
    return str(getattr(found, "name", found))


@pytest.mark.parametrize("baseline", QUICK, ids=by_name)
def test_every_baseline_knows_the_strings_it_was_fitted_to(baseline) -> None:
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


@pytest.mark.parametrize("baseline", QUICK, ids=by_name)
def test_the_same_seed_gives_the_same_predictions_and_moves_no_global_state(baseline) -> None:
    strings = split(DEEPER, 200, 200, seed=1)
    before = torch.get_rng_state()
    first, again = (
        baseline.fit(DEEPER, strings.train, seed=5, device=CPU, dtype=torch.float32)
        for _ in range(2)
    )
    assert torch.equal(before, torch.get_rng_state())
    leaves = strings.test.leaves
    assert torch.equal(first.predict(leaves), again.predict(leaves))


@pytest.mark.parametrize("baseline", QUICK, ids=by_name)
def test_labels_that_mean_nothing_teach_nothing(baseline) -> None:
    """The negative control: with uniform labels the test error is that of guessing."""
    strings = split(DEEPER, 400, 1000, seed=2)
    labels = with_label_noise(strings.train.labels, 1.0, 8, seed=2)
    fitted = baseline.fit(
        DEEPER, Strings(strings.train.leaves, labels), seed=0, dtype=torch.float32
    )
    # Predictions are independent of the true labels, so each string is right with probability 1/8,
    # by symmetry over the uniform labels. Predictions of similar strings hang together: at worst
    # by label, whose shares of the 1000 strings are within 5 · 0.0105 of 1/8; so at 5 standard
    # errors sqrt(7/64/1000) = 0.0105 of a share, the error is 7/8 within 0.0523.
    assert abs(error_on(fitted, strings.test) - 7 / 8) < 0.0523


@pytest.mark.parametrize(
    ("baseline", "samples"),
    [
        (Stagewise(), 16 * 512),
        (EndToEnd("convolutional", width=64, descent=Descent(rate=0.2)), 4 * 512),
    ],
    ids=by_name,
)
def test_deep_learners_generalise(baseline, samples: int) -> None:
    """At a few times n m^L = 512 of the 131072 strings the error is below a tenth of chance."""
    strings = split(DEEPER, samples, 2000, seed=0)
    fitted = baseline.fit(DEEPER, strings.train, seed=0, dtype=torch.float32)
    assert error_on(fitted, strings.test) < 7 / 80
    assert fitted.converged


def test_a_kernel_of_whole_strings_does_not() -> None:
    strings = split(DEEPER, 2048, 2000, seed=0)
    assert error_on(KernelRidge(NTK()).fit(DEEPER, strings.train, seed=0), strings.test) > 0.3


def test_training_and_test_strings_are_distinct_and_nested() -> None:
    whole = distinct_strings(GRAMMAR, GRAMMAR.derivations(), seed=0)
    assert len({tuple(row) for row in whole.leaves.tolist()}) == 48
    parts = split(GRAMMAR, 40, 1000, seed=0)
    assert len(parts.test) == 8
    assert torch.equal(torch.cat([parts.train.leaves, parts.test.leaves]), whole.leaves)
    fewer = split(GRAMMAR, 10, 38, seed=0)
    assert torch.equal(fewer.train.leaves, parts.train.leaves[:10])


def test_strings_carry_their_own_label() -> None:
    """Each label's strings are those of its 8 derivations: the grammar is unambiguous."""
    whole = distinct_strings(GRAMMAR, 48, seed=0)
    assert torch.bincount(whole.labels).tolist() == [8] * 6


def test_the_rate_falls_to_a_tenth() -> None:
    descent = Descent(rate=0.2, most_steps=100)
    rates = [descent.rate_at(step) for step in (0, 50, 100, 1000)]
    assert rates == pytest.approx([0.2, 0.11, 0.02, 0.02], rel=1e-12)


def test_whitened_tokens_have_mean_0_and_variance_1() -> None:
    tokens = whitened(torch.arange(5)[None], 5, torch.float64)[0]
    # Sums of 5 products: rounding of a few times 2^-52.
    assert torch.allclose(tokens.mean(0), torch.zeros(5, dtype=torch.float64), atol=1e-15)
    assert torch.allclose(tokens.square().mean(0), torch.ones(5, dtype=torch.float64), atol=1e-14)
    assert whitened(torch.zeros(1, 2, dtype=torch.int64), 1, torch.float64).tolist() == [[[0], [0]]]


def test_samples_of_the_stages_add_up() -> None:
    assert shares(DEEPER, 84 * 7) == [28, 112, 448]
    assert sum(shares(DEEPER, 1001)) == 1001
    with pytest.raises(InputError, match="strings is 2"):
        shares(DEEPER, 2)


def test_label_noise_replaces_its_share() -> None:
    labels = torch.zeros(4000, dtype=torch.int64)
    assert with_label_noise(labels, 0.0, 4, seed=0) is labels
    changed = (with_label_noise(labels, 0.5, 4, seed=0) != 0).double().mean()
    # 3/8 of the labels differ; 5 standard errors of a share of 4000.
    assert abs(float(changed) - 3 / 8) < 5 * (15 / 64 / 4000) ** 0.5


STRINGS = split(GRAMMAR, 20, 5, seed=0).train


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
@pytest.mark.parametrize("baseline", QUICK, ids=by_name)
def test_strings_that_do_not_fit_the_grammar_are_refused(baseline, strings, field: str) -> None:
    with pytest.raises(InputError) as refusal:
        baseline.fit(GRAMMAR, strings, seed=0)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: split(GRAMMAR, 48, 5, seed=0),
        lambda: split(GRAMMAR, 10, 0, seed=0),
        lambda: Descent(rate=-1.0),
        lambda: Descent(momentum=1.0),
        lambda: Descent(batch=0),
        lambda: EndToEnd("recurrent"),
        lambda: EndToEnd(width=0),
        lambda: EndToEnd("fully connected", depth=0),
        lambda: KernelRidge(ridge=0.0),
        lambda: RBF(0.0),
        lambda: NTK(0),
        lambda: OneStepClustering(step=0.0),
        lambda: learner("transformer"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong) -> None:
    with pytest.raises(InputError):
        wrong()


def test_divergence_is_refused_by_name() -> None:
    wild = EndToEnd("fully connected", width=32, descent=Descent(rate=1e200, most_steps=50))
    with pytest.raises(InputError, match="rate"):
        wild.fit(GRAMMAR, STRINGS, seed=0)


def test_baselines_go_by_their_names() -> None:
    assert all(learner(name).name == name for name in LEARNERS)
    assert as_in_c24(8, 2).width == 256


def test_a_fit_that_ran_out_of_steps_says_so() -> None:
    short = EndToEnd("convolutional", width=16, descent=Descent(most_steps=2))
    fitted: Fitted = short.fit(GRAMMAR, STRINGS, seed=0)
    assert not fitted.converged
    assert fitted.steps == 2
    assert fitted.loss is not None
    assert fitted.loss > 1e-3
