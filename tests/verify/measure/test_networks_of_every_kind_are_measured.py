"""What can be measured of a network is, in the order in which it runs; the rest has a reason."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from layerproof.theory.errors import InputError
from layerproof.theory.jsonable import to_json
from layerproof.verify.measure.invariance import InvarianceMatrix, matrix
from tests.verify.measure.networks import (
    GRAMMAR,
    Function,
    HeadFirst,
    Masked,
    Recurrent,
    body,
    seeded,
)

DEPRECATED = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""TorchScript is, and people have networks in it."""


def measured(
    model: nn.Module, layers: Sequence[str] | None = None, **more: Any
) -> InvarianceMatrix:
    return matrix(model, GRAMMAR, layers, samples=20, **more)


def column(found: InvarianceMatrix, layer: str) -> list[float | None]:
    return [found[level, layer] for level in found.levels]


def test_layers_stand_in_the_order_in_which_they_run() -> None:
    found = measured(seeded(HeadFirst))
    assert found.layers == ("body.0", "body.1", "body.2", "relu#1", "relu#2", "head")
    assert column(found, "relu#1") == column(found, "relu#2")
    # Nobody named them, so nobody says which levels they hold; the output holds the label.
    assert found.predicted is None
    assert found.output is not None
    assert found.output.predicted == (0.0, 0.0)


def test_named_layers_are_predicted_in_the_order_in_which_they_run() -> None:
    model = seeded(HeadFirst)
    found = measured(model, ["head", "body.1"])
    assert found.layers == ("body.1", "head")
    assert found.represents == (1, 0)
    told = measured(model, ["head", "relu#2", "body.1"], represents=np.array([0, None, 2]))
    assert json.loads(to_json(told.to_dict()))["represents"] == [2, None, 0]
    assert (told.layers, told.represents) == (("body.1", "relu#2", "head"), (2, None, 0))


def test_a_body_that_is_called_by_forward_is_measured() -> None:
    direct, called = measured(seeded(lambda: HeadFirst("forward"))), measured(seeded(HeadFirst))
    assert direct.values == called.values
    assert direct.layers == called.layers


def test_a_parametrised_layer_is_measured_as_the_layer_it_is() -> None:
    plain, normed = seeded(HeadFirst), seeded(HeadFirst)
    nn.utils.parametrizations.weight_norm(normed.body[0])
    found = measured(normed)
    assert found.layers == measured(plain).layers
    assert not found.left_out
    # The weight is the same to the rounding of float32.
    np.testing.assert_allclose(found.values, measured(plain).values, rtol=1e-4)


@DEPRECATED
def test_a_compiled_body_is_measured_as_it_was_written() -> None:
    model, plain_model = seeded(HeadFirst), seeded(HeadFirst)
    plain = measured(plain_model)
    model.body = torch.compile(model.body)
    found = measured(model)
    assert found.values == plain.values
    assert found.layers[:2] == ("body._orig_mod.0", "body._orig_mod.1")
    assert (
        measured(model, ["body.1", "head"]).values
        == measured(plain_model, ["body.1", "head"]).values
    )


@DEPRECATED
@pytest.mark.parametrize(
    "make", [torch.jit.script, lambda m: torch.jit.trace(m, torch.ones(3, 4, 4))]
)
def test_of_torchscript_the_output_is_measured_and_the_inside_named(
    make: Callable[[nn.Module], nn.Module],
) -> None:
    plain = seeded(lambda: nn.Sequential(body(), nn.Flatten(), nn.Linear(8, 4)))
    script = make(plain)
    script.train()
    found, whole = measured(script), measured(plain)
    assert found.layers == ()
    assert found.output is not None
    assert whole.output is not None
    assert found.output.values == whole.output.values
    assert found.accuracy == whole.accuracy
    assert {one.layer for one in found.left_out} == {"0.0", "0.1", "0.2", "1", "2"}
    assert all("TorchScript" in one.reason for one in found.left_out)
    assert all(module.training for module in script.modules())


@DEPRECATED
def test_a_script_inside_a_network_is_one_of_its_layers() -> None:
    inner = torch.jit.script(seeded(body))
    found = measured(nn.Sequential(inner, nn.Flatten()))
    assert found.layers == ("0", "1")
    assert column(found, "0") == column(found, "1")
    assert [(one.layer, one.reason) for one in found.left_out] == [
        (f"0.{k}", "not called by 0, which runs as a whole") for k in range(3)
    ]
    assert isinstance(inner.forward, torch.ScriptMethod)


class Counting(nn.Module):
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def forward(self, points: Tensor) -> Tensor:
        self.count = self.count + 1
        return points


@DEPRECATED
def test_the_buffers_of_torchscript_are_left_as_they_were() -> None:
    script = torch.jit.script(Counting())
    measured(script)
    assert float(script.count) == 0.0


def test_a_layer_with_the_sequence_first_is_the_same_layer() -> None:
    first, second = (measured(seeded(lambda b=b: Recurrent(b))) for b in (True, False))
    assert second.layers == ("rnn", "head")
    np.testing.assert_allclose(first.values, second.values, rtol=1e-4)  # float32
    with_cell = measured(seeded(lambda: Recurrent(False)), ["rnn[1][0]", "head"])
    assert with_cell.layers[0] == "rnn[1][0]"
    whole = measured(seeded(lambda: nn.Sequential(nn.LSTM(4, 6))), encode=_sequence_first)
    assert whole.layers == ("0",)
    plain = measured(seeded(lambda: Recurrent(True)), positions="middle")
    assert column(whole, "0") == pytest.approx(column(plain, "rnn"), rel=1e-4)


def _sequence_first(leaves: Tensor) -> Tensor:
    return nn.functional.one_hot(leaves.T, 4).float()


@pytest.mark.parametrize(
    "fold", [lambda x: x.flatten(0, 1), lambda x: x.transpose(0, 1).flatten(0, 1)]
)
def test_strings_folded_into_another_axis_are_unfolded(fold: Callable[[Tensor], Tensor]) -> None:
    folded = seeded(lambda: nn.Sequential(Function(fold), nn.Linear(4, 3)))
    plain = seeded(lambda: nn.Sequential(nn.Identity(), nn.Linear(4, 3)))
    np.testing.assert_allclose(measured(folded).values, measured(plain).values, rtol=1e-4)


@pytest.mark.parametrize(
    ("layer", "same"),
    [
        (lambda x: x[:, 0].to_sparse(), lambda x: x[:, 0]),
        (lambda x: torch.complex(x, -x), lambda x: torch.stack([x, -x])),
        (lambda x: torch.stack([x, x]), lambda x: torch.cat([x, x], dim=1)),
        (lambda x: {"a": x, "b": 3}, lambda x: x),
        (lambda x: x.to(torch.bfloat16), lambda x: x),
        (lambda x: x > 0, lambda x: x),
    ],
)
def test_tensors_of_every_kind_are_numbers(layer: Any, same: Any) -> None:
    found, plain = (measured(nn.Sequential(Function(one))) for one in (layer, same))
    assert found.layers == plain.layers == ("0",)
    np.testing.assert_allclose(found.values, plain.values, rtol=1e-12)


def test_attention_is_measured_though_its_read_out_is_not_called() -> None:
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    found = measured(nn.Sequential(layer), positions="middle")
    assert found.layers[0] == "0.self_attn"
    (left_out,) = found.left_out
    assert left_out.layer == "0.self_attn.out_proj"


def test_what_is_called_too_often_or_mixes_sizes_is_named_with_its_reason() -> None:
    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.pair, self.text, self.unused = (nn.ReLU(), Function(lambda x: x[:3]),
                                                            Function(str), nn.ReLU())  # fmt: skip

        def forward(self, points: Tensor) -> Tensor:
            self.pair(points)
            self.text(points)
            for _ in range(12):
                points = self.cell(points)
            return points

    found = measured(Loop())
    reasons = {one.layer: one.reason for one in found.left_out}
    assert reasons["cell"] == "called 12 times; name a call, such as cell#12"
    assert reasons["unused"] == "not called in a forward pass"
    assert reasons["text"] == "it gives no tensor, but str"
    assert reasons["pair"].endswith("(3, 4, 4) for 7 of them, (3, 4, 4) for 11")
    assert {"layer": "pair", "reason": reasons["pair"]} in found.to_dict()["left_out"]
    assert "  unused: not called in a forward pass" in str(found)
    assert measured(Loop(), ["cell#12"]).layers == ("cell#12",)


def test_inputs_are_given_by_name_as_they_are_asked_for() -> None:
    table = {"input_ids": "tokens", "attention_mask": "ones"}
    named = measured(seeded(Masked), encode=table, scores="scores")
    functions = measured(
        seeded(Masked), encode=lambda leaves: (leaves, torch.ones_like(leaves)), scores="scores"
    )
    assert named == functions
    assert named.layers == ("embed", "head")
    assert named.output is not None
    assert named.output.layer == "head"
    undecided = measured(seeded(Masked), encode=table)
    assert undecided.output is None
    assert "`scores` says which counts: hidden, scores" in " ".join(str(undecided).split())


def test_a_dict_is_measured_part_by_part() -> None:
    model = nn.Sequential(Function(lambda x: {"a": x, "b": x[:, :2]}))
    assert measured(model).layers == ("0[a]", "0[b]")
    assert measured(model, ["0[b]"]).layers == ("0[b]",)


@dataclass
class Hidden:
    state: Tensor
    text: str = "no tensor"


def test_a_dataclass_is_measured_as_a_dict() -> None:
    model = nn.Sequential(Function(lambda x: Hidden(x)))
    assert column(measured(model), "0") == column(measured(nn.Sequential(nn.Identity())), "0")


def test_a_layer_inside_vmap_is_named_and_the_rest_is_measured() -> None:
    class Mapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.flat = nn.Linear(4, 4), nn.Flatten()

        def forward(self, points: Tensor) -> Tensor:
            found: Tensor = self.flat(torch.vmap(self.one)(points))
            return found

    found = measured(seeded(Mapped))
    assert found.layers == ("flat",)
    assert [one.layer for one in found.left_out] == ["one"]


def test_a_layer_with_two_names_answers_to_both() -> None:
    class Twins(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = self.second = nn.Flatten()

        def forward(self, points: Tensor) -> Tensor:
            found: Tensor = self.second(points)
            return found

    found = measured(Twins(), ["second"])
    assert found.layers == ("second",)
    assert found.values == measured(Twins()).values


def test_sparse_buffers_are_left_as_they_were() -> None:
    class Graph(nn.Module):
        links: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("links", torch.eye(4).to_sparse())
            self.sums = nn.Flatten()

        def forward(self, points: Tensor) -> Tensor:
            found: Tensor = self.sums(torch.sparse.mm(self.links, points[:, 0].T).T)
            return found

    model = Graph()
    links = model.links
    assert measured(model).layers == ("sums",)
    assert model.links is links
    assert torch.equal(links.to_dense(), torch.eye(4))


def test_nothing_of_the_watching_is_left() -> None:
    model = seeded(HeadFirst)
    before = {name: set(vars(module)) for name, module in model.named_modules()}
    measured(model)
    assert {name: set(vars(module)) for name, module in model.named_modules()} == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"layers": ["relu"]}, "'relu, called 2 times'; allowed: one call of a layer: relu#1 or"),
        ({"layers": ["relu#3"]}, "called 2 times"),
        ({"layers": ["head[3]"]}, r"layer is 'head\[3\]'"),
        ({"layers": ["head", "head"]}, "each layer once"),
        ({"layers": [0]}, r"layers is \[0\]"),
        ({"layers": "head"}, "layers is 'head'"),
        ({"layers": 3}, "layers is 3"),
        ({"scores": "logits"}, "scores is 'logits'"),
        ({"seed": -1}, "seed is -1"),
        ({"device": "foo"}, "device is 'foo'"),
        ({"device": "meta"}, "device is 'meta'"),
        ({"encode": 3}, "encode is 3"),
        ({"encode": {"points": "bits"}}, "input points is 'bits'"),
        ({"encode": lambda leaves: leaves.numpy()}, "gives a tensor, not a ndarray"),
        ({"encode": lambda leaves: leaves.nothing()}, "AttributeError"),
        ({"encode": lambda leaves: (leaves, leaves)}, r"int64 \(7, 4\), int64 \(7, 4\)"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        measured(seeded(HeadFirst), **change)


def test_missing_inputs_come_with_the_options_that_give_them() -> None:
    says = "--input input_ids=strings --input attention_mask=ones"
    with pytest.raises(InputError, match=says):
        measured(seeded(Masked), encode="tokens")


@pytest.mark.parametrize(
    ("model", "grammar", "says"),
    [
        (seeded(HeadFirst), "grammar.json", "grammar is 'grammar.json'"),
        ("net", GRAMMAR, "model is 'net'"),
        (seeded(HeadFirst).to("meta"), GRAMMAR, "on the meta device"),
        (nn.Sequential(nn.LazyLinear(3)), GRAMMAR, "lazy"),
        (nn.Sequential(Function(lambda x: x.sum(0))), GRAMMAR, "layers is 'none of 0'"),
    ],
)
def test_what_is_no_network_or_no_grammar_is_refused(model: Any, grammar: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        matrix(model, grammar, samples=20)


def test_a_seed_of_numpy_is_a_seed() -> None:
    model = seeded(HeadFirst)
    assert measured(model, seed=np.int64(3)) == measured(model, seed=3)


@pytest.mark.parametrize("layers", [None, ["head"]])
def test_the_layer_is_named_that_runs_first_with_numbers_that_are_not_finite(
    layers: list[str] | None,
) -> None:
    model = seeded(HeadFirst)
    with torch.no_grad():
        model.body[2].bias.fill_(float("inf"))
    with pytest.raises(InputError, match=r"output of layer body\.2 is 'not finite'"):
        measured(model, layers)
    early = measured(model, ["body.1"])
    assert early.output is None
    assert "body.2 ran first with that" in str(early)


def test_numbers_that_few_strings_have_are_named_too() -> None:
    """The first strings are fine, so that only the measurement itself finds them."""
    rare = nn.Sequential(nn.Flatten(), Function(lambda x: x / (len(x) < 12)), nn.Linear(16, 4))
    with pytest.raises(InputError, match="output of layer 1 is 'not finite'"):
        measured(rare, ["2"])


def test_an_output_that_is_not_always_finite_leaves_the_layers_measured() -> None:
    class Rare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.flat = nn.Flatten()

        def forward(self, points: Tensor) -> Tensor:
            found: Tensor = self.flat(points)[:, :4] / (len(points) < 12)
            return found

    found = measured(Rare())
    assert found.layers == ("flat",)
    assert found.output is found.accuracy is None
    assert [one.layer for one in found.left_out] == ["network's output"]
