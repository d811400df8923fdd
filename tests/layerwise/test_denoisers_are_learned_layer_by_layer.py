"""Networks of rules are exact where the rules are; learned ones pay what their rules miss."""

import itertools
import math

import numpy as np
import pytest
import torch

from layerproof.layerwise.clustering import true_chain
from layerproof.layerwise.denoising import (
    ExactDenoiser,
    MaskingProcess,
    RuleNetwork,
    UniformProcess,
    decoded,
    layerwise_denoiser,
    level_information,
    noise_schedule,
    reversed_process,
    sampled_strings,
    valid_patches,
)
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar

CPU = torch.device("cpu")


def _uneven() -> Grammar:
    """Three tokens a patch, rules of unequal numbers and weights, a patch of two parents."""
    rules = [
        [[[0, 1, 0], [1, 1, 1]], [[0, 0, 1]]],
        [[[0, 1, 2], [1, 1, 1]], [[2, 0, 1], [0, 1, 2]]],
    ]
    probabilities = [[[0.3, 0.7], [1.0]], [[0.9, 0.1], [0.5, 0.5]]]
    return Grammar((2, 2, 3), rules, probabilities, label_prior=[0.2, 0.8])


GRAMMARS = {
    "uneven": _uneven(),
    "uniform": draw("uniform", vocabulary=6, rules=3, branching=2, levels=3, seed=0),
}


@pytest.fixture(scope="module")
def grammar():
    return draw("uniform-first-token", vocabulary=8, rules=3, branching=2, levels=3, seed=2)


@pytest.fixture(scope="module")
def learned(grammar):
    return layerwise_denoiser(grammar, 20_000, seed=0)


@pytest.mark.parametrize("process", [MaskingProcess, UniformProcess])
@pytest.mark.parametrize("name", GRAMMARS)
def test_true_rules_give_the_exact_denoiser(name, process):
    grammar = GRAMMARS[name]
    noise = process(grammar.vocabularies[-1])
    exact, network = ExactDenoiser(grammar, noise, CPU), RuleNetwork.of(grammar)
    (strings,) = sampled_strings(grammar, 50, seed=0)
    noisy = noise.corrupted(strings, 0.4, torch.Generator().manual_seed(1))
    evidence = noise.log_evidence(noisy, 0.4).exp()
    means = network(evidence).softmax(-1)
    torch.testing.assert_close(means, exact.means(noisy, 0.4), rtol=0, atol=1e-12)
    likelihood = exact.log_likelihood(noisy, 0.4)
    torch.testing.assert_close(network.log_likelihood(evidence), likelihood, rtol=0, atol=1e-12)


def test_what_the_rules_cannot_produce_has_no_likelihood():
    impossible = torch.nn.functional.one_hot(torch.zeros(1, 9, dtype=torch.int64), 3)
    network = RuleNetwork.of(_uneven())
    assert network.log_likelihood(impossible).item() == -math.inf
    assert (network(impossible) == -math.inf).all()


def test_the_information_of_all_levels_is_the_likelihood(grammar, learned):
    (strings,) = sampled_strings(grammar, 20, seed=3)
    evidence = torch.nn.functional.one_hot(strings, 8)
    nodes = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    total = level_information(learned, strings) @ nodes
    total += learned.window_likelihoods(evidence)[-1].sum(1)
    torch.testing.assert_close(total, learned.log_likelihood(evidence), rtol=0, atol=1e-11)


def test_masked_losses_add_up_to_the_likelihood():
    """Σ over k of the mean loss of a masked token, k hidden: both passes are of one law."""
    grammar = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=2)
    network = layerwise_denoiser(grammar, 200, seed=0)
    (strings,) = sampled_strings(grammar, 10, seed=3)
    clean, total = torch.nn.functional.one_hot(strings, 4), torch.zeros(10, dtype=torch.float64)
    for count in range(1, 5):
        for places in itertools.combinations(range(4), count):
            evidence = clean.clone()
            evidence[:, places] = 1
            costs = -network(evidence).log_softmax(-1).gather(2, strings[..., None])[:, places, 0]
            total += costs.sum(1) / (count * math.comb(4, count))
    torch.testing.assert_close(total, -network.log_likelihood(clean), rtol=0, atol=1e-12)


def test_enough_strings_teach_all_levels_and_few_the_lower_ones(grammar, learned):
    assert valid_patches(learned, grammar).grammatical > 0.99
    few = valid_patches(layerwise_denoiser(grammar, 300, seed=0), grammar).shares
    assert few[0] < 0.5 < few[1] < 0.9 < few[2]


def test_valid_patches_are_those_of_strings_that_are_drawn(grammar):
    network = layerwise_denoiser(grammar, 300, seed=0)
    generator = torch.Generator().manual_seed(0)
    strings = network.joint(torch.ones(4000, 8, 8), generator)
    exact = ExactDenoiser(grammar, MaskingProcess(8), CPU)
    seen = float(exact.log_likelihood(strings, 0.0).isfinite().double().mean())
    expected = valid_patches(network, grammar)
    assert abs(seen - expected.grammatical) < 4 * math.sqrt(0.25 / 4000)
    pairs = strings.reshape(-1, 2)
    rules = {tuple(patch) for patch in grammar.patches(3).patch.tolist()}
    valid = np.mean([tuple(pair) in rules for pair in pairs.tolist()])
    assert abs(valid - expected.shares[2]) < 0.01
    assert valid_patches(RuleNetwork.of(grammar), grammar).shares == pytest.approx((1, 1, 1))


def test_reverse_processes_take_it(grammar, learned):
    process, generator = UniformProcess(8), torch.Generator().manual_seed(0)

    def guess(noisy, noise, generator):
        return learned.joint(process.log_evidence(noisy, noise).exp(), generator)

    strings = reversed_process(
        process, guess, noise_schedule(3), strings=300, length=8, generator=generator
    )
    exact = ExactDenoiser(grammar, MaskingProcess(8), CPU)
    assert exact.log_likelihood(strings, 0.0).isfinite().double().mean() > 0.97


def test_a_decoder_of_children_is_exact_only_where_siblings_tell_rules_apart():
    apart = Grammar((1, 3), ([[[0, 0], [1, 1], [2, 2]]],))
    shared = Grammar((1, 3), ([[[0, 0], [1, 0], [2, 2]]],))
    evidence = torch.tensor([[[1.0, 1.0, 1.0], [1.0, 1.0, 0.5]]])
    for grammar, same in ((apart, True), (shared, False)):
        exact = RuleNetwork.of(grammar)
        other = RuleNetwork(exact.tables, 2, conditional=True)
        found = exact(evidence).softmax(-1), other(evidence).softmax(-1)
        assert torch.allclose(*found) is same


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (lambda g, n: n(torch.ones(2, 7, 8)), "the shape of the evidence"),
        (lambda g, n: n(torch.ones(0, 8, 8)), "at least one string"),
        (lambda g, n: n.joint(torch.ones(2, 8, 9), torch.Generator()), "shape of the evidence"),
        (lambda g, n: layerwise_denoiser(g, 0, seed=0), "samples"),
        (lambda g, n: decoded(true_chain(g, 3), 100, seed=0), "the encoder's levels"),
        (lambda g, n: valid_patches(n, GRAMMARS["uniform"]), "network"),
        (lambda g, n: valid_patches(RuleNetwork.of(_uneven()), _uneven()), "ambiguous"),
        (lambda g, n: RuleNetwork.of(_wide()), "pairs of a token and a patch"),
    ],
)
def test_bad_input_is_refused(grammar, learned, act, what):
    with pytest.raises(InputError, match=what):
        act(grammar, learned)


def _wide() -> Grammar:
    return draw("uniform", vocabulary=512, rules=2, branching=2, levels=2, seed=0)
