"""What every denoiser's body must do, whoever brings it: one matrix over the registry."""

from dataclasses import FrozenInstanceError, replace
from itertools import product

import pytest
import torch
from torch import Tensor, nn

from layerproof.layerwise.architectures import BODIES, DenoiserBody, InputSizes
from layerproof.theory.errors import InputError

SIZES = [
    InputSizes(vocabulary=V, branching=s, levels=L, outputs=V)
    for V, s, L in [(4, 2, 3), (3, 3, 2), (6, 2, 1), (1, 1, 2), (2, 5, 1)]
]
CASES = [
    pytest.param(replace(known, width=7), sizes, id=f"{name}-{sizes}")
    for (name, known), sizes in product(BODIES.items(), SIZES)
]
every = pytest.mark.parametrize(("body", "sizes"), CASES)
each = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


def built(body: DenoiserBody, sizes: InputSizes, seed: int = 0) -> nn.Module:
    return body.build(sizes, torch.Generator().manual_seed(seed))


def evidence_for(sizes: InputSizes, count: int = 16) -> Tensor:
    shape = count, sizes.length, sizes.vocabulary
    drawn = torch.rand(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return drawn + 0.01


@every
def test_evidence_becomes_logits_of_every_leaf(body: DenoiserBody, sizes: InputSizes) -> None:
    evidence = evidence_for(sizes)
    logits = built(body, sizes)(evidence)
    assert logits.shape == evidence.shape
    assert logits.dtype == torch.float64
    assert bool(logits.isfinite().all())


@every
def test_a_factor_of_a_leaf_says_nothing(body: DenoiserBody, sizes: InputSizes) -> None:
    network, evidence = built(body, sizes), evidence_for(sizes)
    factor = evidence_for(sizes)[:, :, :1]
    found, scaled = network(evidence), network(evidence * factor)
    assert torch.allclose(found, scaled, atol=1e-10, rtol=0)


@every
def test_the_formula_counts_the_weights(body: DenoiserBody, sizes: InputSizes) -> None:
    weights = list(built(body, sizes).parameters())
    assert body.parameter_count(sizes) == sum(weight.numel() for weight in weights)
    wider = replace(body, width=body.width + 1)
    assert wider.parameter_count(sizes) > body.parameter_count(sizes)


@every
def test_every_leaf_is_seen_by_every_other(body: DenoiserBody, sizes: InputSizes) -> None:
    if sizes.vocabulary == 1:
        pytest.skip("one symbol says nothing")
    evidence = evidence_for(sizes).requires_grad_()
    built(replace(body, width=32), sizes)(evidence)[:, 0, 0].sum().backward()
    assert evidence.grad is not None
    assert bool((evidence.grad.abs().sum(dim=(0, 2)) > 0).all())


@every
def test_a_string_is_read_without_its_batch(body: DenoiserBody, sizes: InputSizes) -> None:
    network, evidence = built(body, sizes), evidence_for(sizes)
    alone = torch.cat([network(evidence[k : k + 1]) for k in range(16)])
    assert torch.allclose(network(evidence), alone, atol=1e-12, rtol=0)


@every
def test_the_start_comes_from_the_generator_alone(body: DenoiserBody, sizes: InputSizes) -> None:
    before = torch.get_rng_state()
    one, same, other = (list(built(body, sizes, k).parameters()) for k in (3, 3, 4))
    assert torch.equal(before, torch.get_rng_state())
    assert all(map(torch.equal, one, same))
    assert not all(map(torch.equal, one, other))


@each
def test_it_goes_by_its_name_and_says_what_it_is(body: DenoiserBody) -> None:
    assert BODIES[body.name] is body
    assert body.help
    with pytest.raises(FrozenInstanceError):
        body.width = 1  # type: ignore[misc]
    with pytest.raises(InputError, match="width"):
        replace(body, width=0)
