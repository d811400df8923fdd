"""Any network goes in, and comes out bit for bit as it was, with every generator."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.verify.measure.invariance import matrix

GRAMMAR = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0)


class Convolutions(nn.Module):
    """All that keeps or draws something: batch statistics, dropout, noise, a counting buffer."""

    calls: Tensor

    def __init__(self, fails: bool = False) -> None:
        super().__init__()
        self.first = nn.Conv1d(4, 8, 2, 2)
        self.norm = nn.BatchNorm1d(8)
        self.relu = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(16, 4))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.fails = fails

    def forward(self, points: Tensor) -> Tensor:
        self.calls += 1
        self.norm.running_mean = self.norm.running_mean + 1  # type: ignore[operator,has-type]
        np.random.rand()  # noqa: NPY002
        random.random()
        hidden = self.drop(self.relu(self.norm(self.first(points))))
        if self.fails:
            raise RuntimeError("no such thing")
        found: Tensor = self.head(hidden + 0.01 * torch.randn(hidden.shape, device=hidden.device))
        return found


def _trained(fails: bool = False) -> tuple[Convolutions, torch.optim.Optimizer]:
    torch.manual_seed(1)
    model = Convolutions(fails)
    model.first.bias.requires_grad_(False)  # type: ignore[union-attr]
    model.norm.eval()
    optimiser = torch.optim.Adam(p for p in model.parameters() if p.requires_grad)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.randn(parameter.shape)
    optimiser.step()
    return model, optimiser


def _streams() -> tuple[object, ...]:
    numpy_state: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    return (
        torch.get_rng_state().numpy().tobytes(),
        numpy_state["state"]["key"].tobytes(),
        numpy_state["state"]["pos"],
        random.getstate(),
    )


def _everything(model: nn.Module) -> tuple[object, ...]:
    return (
        {name: t.numpy().tobytes() for name, t in model.state_dict().items()},
        {name: id(t) for name, t in (*model.named_parameters(), *model.named_buffers())},
        {name: p.requires_grad for name, p in model.named_parameters()},
        {n: None if p.grad is None else p.grad.numpy().tobytes()
         for n, p in model.named_parameters()},
        {name: module.training for name, module in model.named_modules()},
        {name: len(module._forward_hooks) for name, module in model.named_modules()},
        torch.is_grad_enabled(),
    )  # fmt: skip


@pytest.mark.parametrize("normalisation", ["c24", "cosine"])
def test_parameters_buffers_gradients_modes_and_streams_are_bit_equal(normalisation: str) -> None:
    model, _ = _trained()
    before = _everything(model), _streams()
    matrix(model, GRAMMAR, samples=40, normalisation=normalisation, batch_size=16)
    assert (_everything(model), _streams()) == before


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_device_keeps_its_stream_and_agrees_with_the_cpu() -> None:
    model, _ = _trained()
    there = nn.Sequential(nn.Conv1d(4, 8, 2, 2), nn.Dropout()).double()
    here = matrix(there, GRAMMAR, ["0"], samples=40)
    for network in (model, there):
        network.to("cuda")
    before = torch.cuda.get_rng_state().numpy().tobytes(), _streams()
    matrix(model, GRAMMAR, samples=40)
    found = matrix(there, GRAMMAR, ["0"], samples=40)
    assert (torch.cuda.get_rng_state().numpy().tobytes(), _streams()) == before
    # float64 sums of eight products in another order.
    np.testing.assert_allclose(np.array(found.values), np.array(here.values), rtol=1e-12)


def test_nothing_is_left_behind_by_a_forward_pass_that_fails() -> None:
    model, _ = _trained(fails=True)
    before = _everything(model), _streams()
    with pytest.raises(InputError, match=r"float32 \(7, 4, 4\).*RuntimeError: no such thing"):
        matrix(model, GRAMMAR, ["first"], samples=40)
    assert (_everything(model), _streams()) == before


def test_training_goes_on_as_if_nothing_had_been_measured() -> None:
    def ended(between: Callable[[nn.Module], object]) -> dict[str, bytes]:
        model, optimiser = _trained()
        for _ in range(3):
            between(model)
            loss = model(torch.randn(5, 4, 4)).square().sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return {name: t.numpy().tobytes() for name, t in model.state_dict().items()}

    state = torch.get_rng_state()
    plain = ended(lambda model: None)
    torch.set_rng_state(state)
    assert ended(lambda model: matrix(model, GRAMMAR, samples=20)) == plain


def test_a_network_that_draws_gives_the_same_result_whatever_was_drawn_before() -> None:
    model, _ = _trained()
    first = matrix(model, GRAMMAR, samples=20)
    torch.rand(3)
    assert matrix(model, GRAMMAR, samples=20) == first


def test_outputs_are_taken_before_a_later_layer_works_in_place() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(4, 8, 2, 2), nn.ReLU(inplace=True))
    plain = nn.Sequential(model[0], nn.ReLU())
    assert matrix(model, GRAMMAR, ["0"], samples=30) == matrix(plain, GRAMMAR, ["0"], samples=30)


class Shapes(nn.Module):
    """Layers that give a tuple, a dictionary, nothing, a batch that is not first, two calls."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(4, 6, batch_first=True)
        self.named, self.empty = Named(), Empty()
        self.time_first, self.twice, self.unused = nn.LSTM(4, 6), nn.ReLU(), nn.ReLU()
        self.image = nn.Unflatten(1, (2, 2))

    def forward(self, points: Tensor) -> Tensor:
        self.named(points)
        self.empty(points)
        self.time_first(points.transpose(0, 1))
        self.image(points)
        self.twice(self.twice(points))
        found: Tensor = self.rnn(points)[0]
        return found


class Named(nn.Module):
    def forward(self, points: Tensor) -> dict[str, Tensor]:
        return {"points": points}


class Empty(nn.Module):
    def forward(self, points: Tensor) -> str:
        return "nothing"


def test_outputs_of_any_shape_count_where_an_axis_holds_the_strings() -> None:
    found = matrix(Shapes(), GRAMMAR, samples=20, positions="middle")
    assert found.layers == ("named", "time_first", "image", "twice#1", "twice#2", "rnn")
    # All hold the inputs themselves.
    for level in found.levels:
        same = [found[level, name] for name in ("image", "twice#1", "twice#2")]
        assert same == [found[level, "named"]] * 3
    assert {one.layer for one in found.left_out} == {"empty", "unused"}


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        ("empty", "no tensor"),
        ("twice", "called 2 times'; allowed: one call of a layer: twice#1 or twice#2"),
        ("unused", "called 0 times"),
    ],
)
def test_other_outputs_are_refused_where_they_are_asked_for(layer: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        matrix(Shapes(), GRAMMAR, [layer], samples=20, positions="middle")


def test_networks_without_parameters_yet_and_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="lazy"):
        matrix(nn.Sequential(nn.Flatten(), nn.LazyLinear(3)), GRAMMAR, ["0"], samples=20)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    with torch.no_grad():
        model[1].weight.fill_(float("nan"))
    with pytest.raises(InputError, match="not finite"):
        matrix(model, GRAMMAR, ["1"], samples=20)


@pytest.mark.parametrize(
    ("encode", "positions", "shape"),
    [("one-hot", "last", (4, 4)), ("one-hot", "middle", (4, 4)), ("whitened", "flat", (16,)),
     ("tokens", "last", (4,)), (lambda leaves: leaves[:, :3], "last", (3,))],
)  # fmt: skip
def test_inputs_are_encoded_as_asked(encode: Any, positions: str, shape: tuple[int, ...]) -> None:
    seen: list[Tensor] = []
    model = nn.Sequential(nn.Identity())
    model.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    matrix(model, GRAMMAR, ["0"], samples=20, encode=encode, positions=positions)
    strings = seen[-1]
    assert strings.shape == (20, *shape)
    if encode in ("one-hot", "whitened"):
        off = 0.0 if encode == "one-hot" else -1 / np.sqrt(3)
        values = strings.reshape(20, 4, 4) if positions != "last" else strings.transpose(1, 2)
        ones = values == 1.0
        assert (ones.sum(dim=2) == 1).all()
        np.testing.assert_allclose(values[~ones].numpy(), off, rtol=1e-6)  # float32
