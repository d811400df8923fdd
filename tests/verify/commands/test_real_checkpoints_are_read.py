"""Checkpoints as people keep them: under a key, wrapped, tied; what is refused says why."""

import argparse
import pathlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file, save_model
from torch import Tensor, nn

from layerproof.theory.errors import InputError
from layerproof.verify.commands.checkpoint_names import naming
from layerproof.verify.commands.checkpoints import load_checkpoint

CPU = torch.device("cpu")
State = dict[str, Any]


def small() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))


def prefixed(state: State, prefix: str) -> State:
    return {prefix + name: value for name, value in state.items()}


def filled(content: object, folder: Path, key: str | None = None) -> tuple[nn.Module, str]:
    """A fresh network after the checkpoint, and what was told."""
    torch.save(content, folder / "net.pt")
    model = small()
    return model, load_checkpoint(model, str(folder / "net.pt"), CPU, key)


def same(model: nn.Module, state: State) -> bool:
    return all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


WRITTEN: dict[str, tuple[Callable[[State], object], tuple[str, ...]]] = {
    "as it is": (lambda s: s, ()),
    "data parallel": (lambda s: prefixed(s, "module."), ("without module.",)),
    "compiled": (lambda s: prefixed(s, "_orig_mod."), ("without _orig_mod.",)),
    "a model's": (lambda s: prefixed(s, "model."), ("without model.",)),
    "all three": (
        lambda s: prefixed(s, "model._orig_mod.module."), ("without _orig_mod.module.model.",)
    ),
    "the other way": (lambda s: prefixed(s, "module._orig_mod.model."), ("model.",)),
    "a word of one's own": (lambda s: prefixed(s, "net."), ("without net.",)),
    "a compiled part": (
        lambda s: {n.replace("0.", "0._orig_mod."): v for n, v in s.items()}, ("_orig_mod.",)
    ),
    "averaged": (
        lambda s: prefixed(s, "module.") | {"n_averaged": torch.tensor(3)}, ("without module.",)
    ),
    "under a usual key": (lambda s: {"state_dict": s, "epoch": 3}, ("under state_dict",)),
    "under any key": (lambda s: {"net": s, "epoch": 3}, ("under net",)),
    "deep": (lambda s: {"run": {"best": s}, "x": torch.zeros(1)}, ("under run.best",)),
    "beside another network": (
        lambda s: {"net": s, "critic": nn.Linear(3, 3).state_dict()}, ("under net",)
    ),
    "beside its loss": (
        lambda s: {"state_dict": prefixed(s, "model.") | {"loss.weight": torch.zeros(3)}},
        ("under state_dict.model",),
    ),
    "beside its loss, wrapped": (
        lambda s: prefixed(s, "net.module.") | {"loss.weight": torch.zeros(3)}, ("under net",)
    ),
    "of lightning": (
        lambda s: {"state_dict": prefixed(s, "model."), "callbacks": {}},
        ("under state_dict", "without model."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRITTEN)
def test_it_is_read_and_what_was_taken_is_told(kind: str, tmp_path: Path) -> None:
    state = small().state_dict()
    write, says = WRITTEN[kind]
    model, told = filled(write(state), tmp_path)
    assert same(model, state)
    assert bool(told) == bool(says)
    assert all(part in told for part in says), told


@pytest.mark.parametrize(
    ("key", "write"),
    [
        ("ema", lambda s, other: {"ema": s, "raw": other}),
        ("b.net", lambda s, other: {"a": {"net": other}, "b": {"net": s}}),
        ("a.b", lambda s, other: {"a.b": s, "a": other}),
        ("model", lambda s, other: prefixed(s, "model.") | {"loss.weight": torch.zeros(3)}),
        ("state_dict.model", lambda s, other: {
            "state_dict": prefixed(s, "model.") | prefixed(other, "teacher.")}),
        ("best", lambda s, other: {"best": {"net": s, "epoch": 1}, "last": {"net": other}}),
    ],
)  # fmt: skip
def test_a_key_chooses(key: str, write: Callable[..., object], tmp_path: Path) -> None:
    state = small().state_dict()
    model, told = filled(write(state, small().state_dict()), tmp_path, key)
    assert same(model, state)
    assert ("under best.net" in told) == (key == "best")


@pytest.mark.parametrize(
    ("content", "key", "says"),
    [
        ({"a": small().state_dict(), "b": small().state_dict()}, None, "under a, b: --checkpoint"),
        ({"a": small().state_dict()}, "b", "--checkpoint-key is 'b'; allowed: a key of"),
        ({"a": small().state_dict()}, "b", "which has a"),
        ({"a": 3}, "a", "a state dict: names and their tensors, under a"),
        (prefixed(small().state_dict(), "a.") | prefixed(small().state_dict(), "b."), None,
         "a file with one state dict; it has some under a, b: --checkpoint-key names one"),
        (small().state_dict() | {"loss.w": torch.zeros(1)}, None,
         "the network lacks: loss.w; with --checkpoint-key PREFIX"),
        ({"0.weight": torch.zeros(4, 4)}, None, "no values for: 0.bias"),
        (prefixed({"0.weight": torch.zeros(4, 4)}, "module."), None, "no values for: 0.bias"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_refused(
    content: object, key: str | None, says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refusal:
        filled(content, tmp_path, key)
    assert says in str(refusal.value)


def test_a_wrapped_network_takes_plain_names(tmp_path: Path) -> None:
    state = small().state_dict()
    torch.save(state, tmp_path / "net.pt")
    model = nn.DataParallel(small())
    load_checkpoint(model, str(tmp_path / "net.pt"), CPU)
    assert same(model.module, state)


def test_the_number_of_a_layer_is_no_prefix() -> None:
    assert naming(["0.weight"], ["1.weight"]).without == ""
    assert naming(["0.weight"], ["1.weight"]).of == {"0.weight": "0.weight"}


class Tied(nn.Module):
    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(4, 4)
        self.head = nn.Linear(4, 4, bias=False)
        self.head.weight = self.embedding.weight


class TestTiedWeights:
    def test_what_safetensors_leaves_out_is_filled(self, tmp_path: Path) -> None:
        saved, model = Tied(), Tied()
        save_model(saved, str(tmp_path / "net.safetensors"))
        load_checkpoint(model, str(tmp_path / "net.safetensors"), CPU)
        assert torch.equal(model.embedding.weight, saved.embedding.weight)
        assert model.head.weight is model.embedding.weight

    def test_two_values_for_one_tensor_are_refused(self, tmp_path: Path) -> None:
        both = {"embedding.weight": torch.zeros(4, 4), "head.weight": torch.ones(4, 4)}
        torch.save(both, tmp_path / "net.pt")
        with pytest.raises(InputError, match=r"one tensor of the network: embedding\.weight, head"):
            load_checkpoint(Tied(), str(tmp_path / "net.pt"), CPU)


@pytest.mark.parametrize("name", ["net.safetensors", "net.pt", "net.bin", "net"])
@pytest.mark.parametrize("kind", ["safetensors", "zip", "old"])
def test_a_file_is_known_by_its_content(name: str, kind: str, tmp_path: Path) -> None:
    state = small().state_dict()
    path = tmp_path / name
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")
    model = small()
    assert load_checkpoint(model, str(path), CPU) == ""
    assert same(model, state)


class Loud:
    """What a pickle may do to whoever opens it."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("opened"),))


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"net": Loud()}, ["getattr"]),
        ({"model": {}, "a": argparse.Namespace(), "b": pathlib.PurePosixPath("x")},
         ["argparse.Namespace", "pathlib.PurePosixPath"]),
        (small(), ["torch.nn.modules.container.Sequential"]),
        ({"best": np.float64(1.0)}, ["multiarray.scalar"]),
    ],
)  # fmt: skip
def test_all_that_a_pickle_names_is_told_and_nothing_runs(
    content: object, names: list[str], zipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(content, "net.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(InputError) as refusal:
        load_checkpoint(small(), "net.pt", CPU)
    sentence = str(refusal.value)
    for name in names if zipped else names[:1]:  # of an old file torch tells the first
        assert name.split(".")[-1] in sentence, sentence
    assert "could run code, and nothing was run" in sentence
    assert not Path("opened").exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "`git lfs pull`"),
        (b"\x80\x04\x95\x00", "no pickle of plain tensors: Unsupported operand 149"),
        (b"", "EOFError"),
    ],
)
def test_a_file_of_another_kind_says_which(data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(data)
    with pytest.raises(InputError) as refusal:
        load_checkpoint(small(), str(tmp_path / "net.pt"), CPU)
    assert says in str(refusal.value)


def test_a_script_is_not_run(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        torch.jit.save(torch.jit.trace(small().eval(), torch.zeros(2, 4)), tmp_path / "net.pt")
    with pytest.raises(InputError, match="a TorchScript archive, whose code is not run"):
        load_checkpoint(small(), str(tmp_path / "net.pt"), CPU)
