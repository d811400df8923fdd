"""The strings that baselines are fitted to, and the settings that they refuse."""

import pytest
import torch

from layerproof.layerwise.architectures.convolutional import Convolutional
from layerproof.layerwise.architectures.fully_connected import FullyConnected
from layerproof.layerwise.baselines.base import Fitted
from layerproof.layerwise.baselines.data import distinct_strings, split, with_label_noise
from layerproof.layerwise.baselines.end_to_end import Descent, EndToEnd
from layerproof.layerwise.baselines.kernels import NTK, RBF
from layerproof.layerwise.baselines.learners import as_in_c24
from layerproof.layerwise.baselines.one_step import OneStepClustering
from layerproof.layerwise.baselines.ridge import KernelRidge
from layerproof.layerwise.baselines.stagewise import shares
from layerproof.layerwise.labelled_strings import whitened
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError

GRAMMAR = draw("uniform-first-token", vocabulary=6, rules=2, branching=2, levels=2, seed=3)
"""P_max = 6 · 2³ = 48 strings."""
DEEPER = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=0)


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
    "wrong",
    [
        lambda: split(GRAMMAR, 48, 5, seed=0),
        lambda: split(GRAMMAR, 10, 0, seed=0),
        lambda: Descent(rate=-1.0),
        lambda: Descent(momentum=1.0),
        lambda: Descent(batch=0),
        lambda: FullyConnected(depth=0),
        lambda: KernelRidge(ridge=0.0),
        lambda: RBF(0.0),
        lambda: NTK(0),
        lambda: OneStepClustering(step=0.0),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong) -> None:
    with pytest.raises(InputError):
        wrong()


STRINGS = split(GRAMMAR, 20, 5, seed=0).train


def test_divergence_is_refused_by_name() -> None:
    wild = EndToEnd(FullyConnected(32), Descent(rate=1e30, most_steps=50))
    with pytest.raises(InputError, match="rate"):
        wild.fit(GRAMMAR, STRINGS, seed=0)


def test_the_network_of_c24_has_its_width() -> None:
    assert as_in_c24(8, 2).architecture == Convolutional(256)


def test_a_fit_that_ran_out_of_steps_says_so() -> None:
    short = EndToEnd(Convolutional(16), Descent(most_steps=2))
    fitted: Fitted = short.fit(GRAMMAR, STRINGS, seed=0)
    assert not fitted.converged
    assert fitted.steps == 2
    assert fitted.loss is not None
    assert fitted.loss > 1e-3
