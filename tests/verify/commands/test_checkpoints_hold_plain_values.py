"""Of a checkpoint's tensors only the values count; what has none, or others, is refused by name."""

import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from layerproof.theory.errors import InputError
from layerproof.verify.commands.checkpoints import load_checkpoint
from layerproof.verify.commands.modules import network
from tests.verify.fuzz_models_and_stores import other_tensor

CPU = torch.device("cpu")


def small() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))


def load(path: Path, model: nn.Module | None = None) -> nn.Module:
    model = small() if model is None else model
    load_checkpoint(model, str(path), CPU)
    return model


def refused(path: Path, *says: str, model: nn.Module | None = None) -> None:
    with pytest.raises(InputError) as refusal:
        load(path, model)
    sentence = str(refusal.value)
    assert "\n" not in sentence
    assert len(sentence) < 900
    for part in says:
        assert part in sentence, sentence


@pytest.mark.parametrize(
    "kind",
    ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "int64", "uint8",
     "bool", "sparse", "sparse csr", "quantised", "parameter", "view"],
)  # fmt: skip
@pytest.mark.parametrize("zipped", [True, False])
def test_real_values_are_taken_over_whatever_holds_them(
    kind: str, zipped: bool, tmp_path: Path
) -> None:
    state = small().state_dict()
    state["0.weight"] = torch.tensor([[0.0, 1.0, 0.0, 1.0]] * 4)
    state["0.weight"] = other_tensor(kind, state["0.weight"])
    with warnings.catch_warnings(action="ignore"):
        torch.save(state, tmp_path / "net.pt", _use_new_zipfile_serialization=zipped)
    if kind.startswith("float8") and not zipped:  # torch writes what it cannot read
        refused(tmp_path / "net.pt", "safetensors file, or tensors kept by torch.save")
        return
    found = load(tmp_path / "net.pt").state_dict()["0.weight"]
    assert found.dtype == torch.float32
    assert torch.equal(found, torch.tensor([[0.0, 1.0, 0.0, 1.0]] * 4))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("complex64", "0.weight: a complex one"),
        ("meta", "0.weight: one on the meta device, which has no values"),
        ("nested", "0.weight nested, which is (4, 4) in the network"),
        ("expanded", "0.weight (1099511627776,), which is (4, 4)"),
        ("scalar", "0.weight (), which is (4, 4)"),
        ("empty", "0.weight (0,), which is (4, 4)"),
        ("nan", "values that are not finite in: 0.weight"),
        ("inf", "values that are not finite in: 0.weight"),
        ("too large", "values that are not finite in: 0.weight"),
        ("no tensor", "a state dict"),
    ],
)
def test_what_has_no_real_values_is_refused_by_name(kind: str, says: str, tmp_path: Path) -> None:
    state = small().state_dict()
    large = torch.full((4, 4), 1e300, dtype=torch.float64)  # no float32, which the network has
    state["0.weight"] = large if kind == "too large" else other_tensor(kind, state["0.weight"])
    with warnings.catch_warnings(action="ignore"):
        torch.save(state, tmp_path / "net.pt")
    refused(tmp_path / "net.pt", "--checkpoint", says)


@pytest.mark.parametrize("value", [0.5, float("nan"), 1e30, 2j])
def test_a_count_is_not_rounded(value: complex, tmp_path: Path) -> None:
    state = small().state_dict() | {"1.num_batches_tracked": torch.tensor(value)}
    torch.save(state, tmp_path / "net.pt")
    refused(tmp_path / "net.pt", "1.num_batches_tracked")
    torch.save(state | {"1.num_batches_tracked": torch.tensor(3.0)}, tmp_path / "net.pt")
    assert load(tmp_path / "net.pt").state_dict()["1.num_batches_tracked"] == 3


@pytest.mark.parametrize("name", [0, None, (1, 2), b"0.weight", 1.5, "\ud800", "a\x1b[2J"])
def test_a_name_that_is_no_name_is_refused(name: object, tmp_path: Path) -> None:
    state: dict[Any, Any] = dict(small().state_dict())
    torch.save(state | {name: torch.zeros(1)}, tmp_path / "net.pt")
    refused(tmp_path / "net.pt", "a state dict")


def test_a_long_name_is_cut(tmp_path: Path) -> None:
    torch.save(small().state_dict() | {"a" * 5000: torch.zeros(1)}, tmp_path / "net.pt")
    refused(tmp_path / "net.pt", "the network lacks: 'aaa")


def test_a_file_that_unpacks_to_more_than_it_has_is_refused(tmp_path: Path) -> None:
    torch.save(small().state_dict() | {"more": torch.zeros(10_000)}, tmp_path / "net.pt")
    with zipfile.ZipFile(tmp_path / "net.pt") as plain:
        entries = {name: plain.read(name) for name in plain.namelist()}
    with zipfile.ZipFile(tmp_path / "packed.pt", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries.items():
            packed.writestr(name, data)
    refused(tmp_path / "packed.pt", "more than it has")


class Stateful(nn.Linear):
    def get_extra_state(self) -> dict[str, int]:
        return {"epoch": 3}


class Refuses(nn.Linear):
    def load_state_dict(self, *arguments: Any, **options: Any) -> Any:
        raise RuntimeError("not today")


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (nn.LazyLinear(4), "--module: weight is 'not initialised'"),
        (Stateful(4, 4), "--module: _extra_state is 'no tensor'"),
        (Refuses(4, 4), "not today"),
    ],
)
def test_a_network_that_no_checkpoint_fills_is_refused(
    model: nn.Module, says: str, tmp_path: Path
) -> None:
    torch.save(nn.Linear(4, 4).state_dict(), tmp_path / "net.pt")
    refused(tmp_path / "net.pt", says, model=model)


def test_a_network_without_values_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    (tmp_path / "meta_nets.py").write_text(
        "from torch import nn\n\n\ndef net():\n    return nn.Linear(4, 4, device='meta')\n"
    )
    with pytest.raises(InputError, match="moved to cpu"):
        network("meta_nets:net", None, CPU, 0)  # type: ignore[arg-type]


def test_a_complex_network_takes_complex_values(tmp_path: Path) -> None:
    class Complex(nn.Module):
        weight: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(2, dtype=torch.complex64))

    save_file({"weight": torch.tensor([1j, 2.0])}, tmp_path / "net.safetensors")
    assert load(tmp_path / "net.safetensors", Complex()).weight[0] == 1j  # type: ignore[index]
