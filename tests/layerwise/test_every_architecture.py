"""What every architecture must do, whoever brings it: one matrix over the registry."""

from dataclasses import FrozenInstanceError, replace
from itertools import product

import pytest
import torch
from torch import Tensor, nn

from layerproof.layerwise.architectures import ARCHITECTURES, Architecture, InputSizes
from layerproof.theory.errors import InputError

SIZES = [
    InputSizes(vocabulary=V, branching=s, levels=L, outputs=n)
    for V, s, L, n in [(4, 2, 3, 5), (3, 3, 2, 2), (6, 2, 1, 1), (1, 1, 2, 3), (2, 5, 1, 4)]
]
CASES = [
    pytest.param(replace(known, width=7), sizes, id=f"{name}-{sizes}")
    for (name, known), sizes in product(ARCHITECTURES.items(), SIZES)
]
every = pytest.mark.parametrize(("architecture", "sizes"), CASES)
each = pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)


def built(architecture: Architecture, sizes: InputSizes, seed: int = 0) -> nn.Module:
    return architecture.build(sizes, torch.Generator().manual_seed(seed))


def tokens_for(sizes: InputSizes, count: int = 16) -> Tensor:
    shape = count, sizes.length, sizes.vocabulary
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@every
def test_strings_become_outputs_in_double_precision(
    architecture: Architecture, sizes: InputSizes
) -> None:
    outputs = built(architecture, sizes)(tokens_for(sizes))
    assert outputs.shape == (16, sizes.outputs)
    assert outputs.dtype == torch.float64
    assert bool(outputs.isfinite().all())


@every
def test_the_formula_counts_the_weights(architecture: Architecture, sizes: InputSizes) -> None:
    weights = list(built(architecture, sizes).parameters())
    assert architecture.parameter_count(sizes) == sum(weight.numel() for weight in weights)
    assert all(weight.requires_grad for weight in weights)
    wider = replace(architecture, width=architecture.width + 1)
    assert wider.parameter_count(sizes) > architecture.parameter_count(sizes)


@every
def test_the_outputs_depend_on_every_leaf(architecture: Architecture, sizes: InputSizes) -> None:
    tokens = tokens_for(sizes).requires_grad_()
    network = built(replace(architecture, width=32), sizes)
    network(tokens)[:, 0].sum().backward()
    assert tokens.grad is not None
    # Of 16 strings each leaf moves the output of one at least: 32 ReLUs are not all off on all.
    assert bool((tokens.grad.abs().sum(dim=(0, 2)) > 0).all())


@every
def test_a_string_is_read_without_its_batch(architecture: Architecture, sizes: InputSizes) -> None:
    network, tokens = built(architecture, sizes), tokens_for(sizes)
    alone = torch.cat([network(tokens[k : k + 1]) for k in range(16)])
    # Sums of some hundred products of order 1 in another order.
    assert torch.allclose(network(tokens), alone, atol=1e-12, rtol=0)


@every
def test_the_start_comes_from_the_generator_alone(
    architecture: Architecture, sizes: InputSizes
) -> None:
    before = torch.get_rng_state()
    one, same, other = (list(built(architecture, sizes, k).parameters()) for k in (3, 3, 4))
    assert torch.equal(before, torch.get_rng_state())
    assert all(map(torch.equal, one, same))
    assert not any(map(torch.equal, one, other))


@every
def test_a_network_of_single_precision_is_the_same_one(
    architecture: Architecture, sizes: InputSizes
) -> None:
    double, tokens = built(architecture, sizes), tokens_for(sizes)
    single = built(architecture, sizes).to(torch.float32)
    # Some hundred products of order 1, at 2^-24 each.
    assert torch.allclose(double(tokens), single(tokens.float()).double(), atol=1e-4, rtol=0)


@each
def test_it_goes_by_its_name_and_says_what_it_is(architecture: Architecture) -> None:
    assert ARCHITECTURES[architecture.name] is architecture
    assert architecture.help
    with pytest.raises(FrozenInstanceError):
        architecture.width = 1  # type: ignore[misc]


@each
def test_it_has_a_channel_at_least(architecture: Architecture) -> None:
    with pytest.raises(InputError, match="width"):
        replace(architecture, width=0)
