"""The U-Net with a grammar's rules for weights has the beliefs of inference and of enumeration."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from layerproof.layerwise.denoising import PROCESSES, BeliefUNet, ExactDenoiser, UNetSizes
from layerproof.theory.ensembles import ENSEMBLES, draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.inference import Weights, infer
from tests.layerwise.instances import EXAMPLES
from tests.theory.brute_force import derivations

CPU = torch.device("cpu")

GRAMMARS = (
    EXAMPLES
    | {f"{name}, L = {depth}": draw(name, vocabulary=4, rules=2, branching=2, levels=depth, seed=3)
       for name in ENSEMBLES.own for depth in (1, 8)}
    | {f"{name}, s = 3": draw(name, vocabulary=5, rules=4, branching=3, levels=2, zipf=0.7, seed=4)
       for name in ENSEMBLES.own}
)  # fmt: skip


def _seen(grammar: Grammar, name: str, noise: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy strings, off the grammar too, and their evidence."""
    generator, process = torch.Generator().manual_seed(7), PROCESSES[name](grammar.vocabularies[-1])
    shape = (4, grammar.input_length)
    clean = torch.full(shape, -1) if name == "masking" else process.pure(*shape, generator, CPU)
    noisy = process.corrupted(clean, noise, generator) if name == "masking" else clean
    return noisy, process.log_evidence(noisy, noise)


@pytest.mark.parametrize(("name", "noise"), [("uniform", 0.2), ("gaussian", 0.7), ("masking", 1.0)])
@pytest.mark.parametrize("of", GRAMMARS)
def test_every_belief_is_the_posterior(of: str, name: str, noise: float) -> None:
    grammar = GRAMMARS[of]
    noisy, seen = _seen(grammar, name, noise)
    network = BeliefUNet.exact(grammar)
    with torch.no_grad():
        found, likelihood = network.beliefs(seen.exp()), network.log_likelihood(seen.exp())
        logits = network(seen.exp())
    expected = infer(grammar, Weights({grammar.levels: seen.numpy()}))
    for one, other in zip(found, expected.levels, strict=True):
        np.testing.assert_allclose(one.numpy(), other, rtol=0, atol=1e-10)
    np.testing.assert_allclose(likelihood.numpy(), expected.log_likelihood, rtol=1e-12, atol=1e-10)
    exact = ExactDenoiser(grammar, PROCESSES[name](grammar.vocabularies[-1]), CPU)
    torch.testing.assert_close(logits.softmax(-1), exact.means(noisy, noise), rtol=0, atol=1e-10)


@pytest.mark.parametrize("of", EXAMPLES)
def test_every_belief_is_that_of_a_list_of_all_derivations(of: str) -> None:
    """By Definition 3 alone: no message is passed."""
    grammar = EXAMPLES[of]
    generator = torch.Generator().manual_seed(1)
    shape = (2, grammar.input_length, grammar.vocabularies[-1])
    evidence = torch.rand(shape, generator=generator, dtype=torch.float64)
    expected = [np.zeros((2, grammar.branching**level, size))
                for level, size in enumerate(grammar.vocabularies)]  # fmt: skip
    for found in derivations(grammar):
        leaves = torch.tensor(found.levels[-1])[None, :, None].expand(2, -1, 1)
        weight = evidence.gather(2, leaves)[..., 0].prod(1).numpy() * float(found.probability)
        for table, tokens in zip(expected, found.levels, strict=True):
            table[:, range(len(tokens)), tokens] += weight[:, None]
    network = BeliefUNet.exact(grammar)
    for belief, table in zip(network.beliefs(evidence), expected, strict=True):
        law = table / table.sum(2, keepdims=True)
        np.testing.assert_allclose(belief.detach().numpy(), law, rtol=0, atol=1e-13)
    total = expected[0].sum((1, 2))
    np.testing.assert_allclose(network.log_likelihood(evidence).exp().detach().numpy(), total)


@pytest.mark.parametrize("of", GRAMMARS)
def test_weights_are_as_many_as_the_formula_says(of: str) -> None:
    sizes = UNetSizes.of(GRAMMARS[of])
    network = BeliefUNet.at_random(sizes, torch.Generator().manual_seed(0))
    assert sum(weight.numel() for weight in network.parameters()) == sizes.parameters


def test_single_precision_is_as_good_as_it_gets() -> None:
    grammar = EXAMPLES["uneven"]
    _, seen = _seen(grammar, "uniform", 0.0)  # off the grammar, and nothing else is possible
    _, other = _seen(grammar, "uniform", 0.3)
    network = BeliefUNet.exact(grammar)
    with torch.no_grad():
        expected = network(other.exp()).softmax(-1)
        single = BeliefUNet.exact(grammar, torch.float32)
        moved = network.float()(other.exp()).softmax(-1)
        found = single(other.exp()).softmax(-1)
        assert single(seen.exp()).isfinite().all()
    assert torch.equal(found, moved)
    torch.testing.assert_close(found, expected.float(), rtol=0, atol=1e-5)


def test_weights_are_0_and_1_where_rules_are_even_but_for_their_number() -> None:
    network = BeliefUNet.exact(GRAMMARS["uniform, L = 1"])
    for block in (*network.up, *network.down):
        assert set(block.inner.unique().tolist()) == {0.0, 1.0}
        assert set((2 * block.root.square()).round(decimals=12).unique().tolist()) == {0.0, 1.0}


def test_a_random_start_is_drawn_from_its_generator_and_learns() -> None:
    grammar = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
    starts = [BeliefUNet.at_random(UNetSizes.of(grammar), torch.Generator().manual_seed(3))
              for _ in range(2)]  # fmt: skip
    assert all(map(torch.equal, starts[0].parameters(), starts[1].parameters()))
    clean = torch.tensor([found.levels[-1] for found in derivations(grammar)])
    hidden = torch.tensor(list(product((False, True), repeat=4)))
    evidence = torch.nn.functional.one_hot(clean, 4).double()[:, None].where(
        ~hidden[None, ..., None], 1.0
    )  # fmt: skip
    evidence, tokens = evidence.flatten(0, 1), clean[:, None].expand(-1, 16, 4).flatten(0, 1)

    def loss(network: BeliefUNet) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(network(evidence).flatten(0, 1), tokens.flatten())

    network, floor = starts[0], loss(BeliefUNet.exact(grammar)).item()
    optimiser, first = torch.optim.Adam(network.parameters(), lr=0.02), loss(network).item()
    for _ in range(60):
        optimiser.zero_grad()
        loss(network).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert floor < loss(network).item() < floor + (first - floor) / 4


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: UNetSizes((2, 2), (2, 2), 2), "rules is"),
        (lambda: UNetSizes((2, 2), (2,), 1), "branching is 1"),
        (lambda: UNetSizes((2, 0), (2,), 2), r"vocabularies[1] is 0"),
        (lambda: BeliefUNet.exact(EXAMPLES["binary"])(torch.ones(1, 3, 2)), "the shape of the"),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, words: str) -> None:
    with pytest.raises(InputError) as refusal:
        make()
    assert str(refusal.value).startswith(words), str(refusal.value)
