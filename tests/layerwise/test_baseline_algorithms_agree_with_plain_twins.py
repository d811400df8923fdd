"""Networks, the one gradient step and ridge regression against textbook versions."""

import math

import numpy as np
import torch
from torch import nn

from layerproof.layerwise.architectures import InputSizes
from layerproof.layerwise.architectures.convolutional import Convolutional
from layerproof.layerwise.architectures.fully_connected import FullyConnected
from layerproof.layerwise.architectures.layers import Dense, Patches, Readout
from layerproof.layerwise.architectures.locally_connected import LocallyConnected
from layerproof.layerwise.architectures.two_layer import TwoLayer
from layerproof.layerwise.baselines.data import split
from layerproof.layerwise.baselines.kernels import NTK
from layerproof.layerwise.baselines.one_step import OneStepClustering, first_layer
from layerproof.layerwise.baselines.ridge import KernelRidge
from layerproof.layerwise.clustering import tuple_codes
from layerproof.layerwise.labelled_strings import Strings, whitened
from layerproof.theory.ensembles import draw
from layerproof.theory.randomness import generator

GRAMMAR = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=3, seed=0)
TERNARY = draw("uniform-first-token", vocabulary=3, rules=2, branching=3, levels=2, seed=1)
ROUNDING = 1e-12
"""Sums of some hundred products of order 1 in double precision: 100 · 2^-52, and to spare."""


def tokens_of(grammar, count: int) -> torch.Tensor:
    leaves = split(grammar, count, 1, seed=0).train.leaves
    return whitened(leaves, grammar.vocabularies[-1], torch.float64)


def start(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_convolutional_network_is_made_of_convolutions() -> None:
    network = Convolutional(7).build(InputSizes.of(TERNARY), start())
    tokens = tokens_of(TERNARY, 9)
    signal = tokens.transpose(1, 2)
    first, second, head = network
    for layer in (first, second):
        channels = layer.fan_in // 3
        kernel = layer.weight.reshape(3, channels, 7).permute(2, 1, 0)
        signal = nn.functional.conv1d(signal, kernel, stride=3).relu() / math.sqrt(layer.fan_in)
    logits = signal[:, :, 0] @ head.weight / 7
    assert torch.allclose(network(tokens), logits, atol=ROUNDING, rtol=0)
    assert [tuple(p.shape) for p in network.parameters()] == [(9, 7), (21, 7), (7, 3)]


def test_the_locally_connected_network_has_a_filter_for_every_position() -> None:
    network = LocallyConnected(5).build(InputSizes.of(GRAMMAR), start())
    shapes = [tuple(p.shape) for p in network.parameters()]
    assert shapes == [(4, 8, 5), (2, 10, 5), (1, 10, 5), (5, 4)]
    layer, tokens = network[0], tokens_of(GRAMMAR, 6)
    plain = torch.stack(
        [(tokens[:, 2 * p : 2 * p + 2].flatten(1) @ layer.weight[p]).relu() for p in range(4)], 1
    )
    assert torch.allclose(layer(tokens), plain / math.sqrt(8), atol=ROUNDING, rtol=0)


def test_equal_filters_make_it_convolutional() -> None:
    shared = Patches(2, 4, 5, positions=None, generator=start())
    local = Patches(2, 4, 5, positions=4, generator=start())
    with torch.no_grad():
        local.weight.copy_(shared.weight.expand(4, -1, -1))
    tokens = tokens_of(GRAMMAR, 6)
    assert torch.allclose(shared(tokens), local(tokens), atol=ROUNDING, rtol=0)


def test_fully_connected_networks_have_the_depth_they_say() -> None:
    deep = FullyConnected(6).build(InputSizes.of(GRAMMAR), start())
    assert [type(layer) for layer in deep] == [Dense, Dense, Dense, Readout]
    assert len(FullyConnected(6, depth=5).build(InputSizes.of(GRAMMAR), start())) == 6
    shallow = TwoLayer(6).build(InputSizes.of(GRAMMAR), start())
    assert [tuple(p.shape) for p in shallow.parameters()] == [(32, 6), (6, 4)]


def test_the_one_step_is_a_gradient_step() -> None:
    """Against autograd on f(x) = A relu(W x/K)/h with W = 1, step size step · K^(s+1) h."""
    strings = split(GRAMMAR, 40, 1, seed=0).train
    leaves = strings.leaves.numpy().astype(np.int64)
    labels = strings.labels.numpy()
    codes = tuple_codes(leaves, 2, 4)[:, 0]
    width, step = 16, 0.5
    found = first_layer(codes, labels, 16, 4, 4, width=width, step=step, rng=generator(0, "step"))
    readout = torch.from_numpy(generator(0, "step").standard_normal((4, width)))
    weight = torch.ones(width, 16, dtype=torch.float64, requires_grad=True)
    one_hot = nn.functional.one_hot(torch.from_numpy(codes), 16).double()
    logits = (one_hot @ weight.mT / 4).relu() @ readout.mT / width
    loss = nn.functional.cross_entropy(logits, strings.labels)
    (gradient,) = torch.autograd.grad(loss, weight)
    twin = weight.detach() - step * 4**3 * width * gradient
    assert np.allclose(found.columns, twin.numpy(), atol=ROUNDING, rtol=0)
    after = (torch.eye(16, dtype=torch.float64) @ twin.mT / 4).relu() @ readout.mT / width
    assert found.labels().tolist() == after.argmax(1).tolist()


def test_synonyms_are_clustered_once_nearly_all_strings_are_seen() -> None:
    """486 of 512: columns of synonyms agree but for a few counts, and clusters are parents."""
    strings = split(GRAMMAR, 486, 26, seed=0).train
    assert GRAMMAR.derivations() == 512
    fitted = OneStepClustering(width=64).fit(GRAMMAR, strings, seed=0)
    wrong = fitted.predict(strings.leaves) != strings.labels
    assert not bool(wrong.any())


def test_kernel_ridge_is_the_normal_equation() -> None:
    strings = split(GRAMMAR, 60, 20, seed=0)
    fitted = KernelRidge(NTK(2), ridge=1e-2).fit(GRAMMAR, strings.train, seed=0)
    x, z = (
        whitened(part.leaves, 4, torch.float64).flatten(1) for part in (strings.train, strings.test)
    )
    y = nn.functional.one_hot(strings.train.labels, 4).double()
    gram = NTK(2)(x, x)
    ridge = 1e-2 * gram.diagonal().mean() * torch.eye(60, dtype=torch.float64)
    scores = NTK(2)(z, x) @ torch.linalg.inv(gram + ridge) @ (y - y.mean(0)) + y.mean(0)
    assert fitted.predict(strings.test.leaves).tolist() == scores.argmax(1).tolist()


def test_unseen_tuples_share_one_token() -> None:
    strings = Strings(torch.tensor([[0, 0, 1, 1, 0, 0, 1, 1]] * 3), torch.tensor([0, 1, 2]))
    fitted = OneStepClustering(width=8).fit(GRAMMAR, strings, seed=0)
    one, other = torch.tensor([[2, 3] * 4]), torch.tensor([[3, 2] * 4])
    assert fitted.predict(one).tolist() == fitted.predict(other).tolist()
