"""The device is chosen by name, and a request that cannot be met says so before it starts."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from layerproof.layerwise.devices import (
    CPU_CHUNK_BYTES,
    WORKSPACE_BYTES,
    full_precision,
    on_device,
    require_memory,
    resolve_device,
    rows_per_chunk,
    usable_memory,
)
from layerproof.layerwise.distributed import _own_device
from layerproof.layerwise.training import train
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.memory import allowed_memory
from layerproof.theory.schedule import practical

CPU = torch.device("cpu")


def test_without_a_name_cuda_is_taken_where_there_is_one() -> None:
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert resolve_device().type == expected
    assert resolve_device("cpu") == CPU


@pytest.mark.parametrize("name", ["gpu", "meta", "cuda:x", "", "cpu cuda"])
def test_an_unknown_device_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="--device"):
        resolve_device(name)


@pytest.mark.parametrize("name", ["cuda", "cuda:99"])
def test_an_absent_cuda_device_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "cuda":
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="--device is 'cuda"):
        resolve_device(name)


def test_a_chunk_fills_the_workspace_and_never_vanishes() -> None:
    like = torch.zeros(1, dtype=torch.float64)
    rows = rows_per_chunk(1000, like)
    assert rows * 1000 * 8 <= CPU_CHUNK_BYTES < (rows + 1) * 1000 * 8
    assert rows_per_chunk(1000, like.float()) in (2 * rows, 2 * rows + 1)
    assert rows_per_chunk(CPU_CHUNK_BYTES, like) == 1
    elsewhere = like.to("meta")
    assert rows_per_chunk(1000, elsewhere) == WORKSPACE_BYTES // 8000


def test_what_does_not_fit_into_memory_is_refused_with_both_sizes() -> None:
    require_memory(2**20, CPU, "features", 10, "fewer")
    with pytest.raises(InputError, match=r"features is 10; allowed: fewer \(it needs .* GiB, more"):
        require_memory(10 * usable_memory(CPU), CPU, "features", 10, "fewer")


@pytest.mark.parametrize(
    ("groups", "limits", "allowed"),
    [
        ("0::/job/step", {"job/step/memory.max": "max", "job/memory.max": "700"}, 700),
        ("0::/", {"memory.max": "900"}, 900),
        ("5:cpu:/job\n4:memory:/job", {"memory/job/memory.limit_in_bytes": "800"}, 800),
        ("4:memory,cpu:/job", {"memory/memory.limit_in_bytes": "600"}, 600),
        ("0::/job", {"job/memory.max": "max", "other/memory.max": "500"}, math.inf),
        (None, {}, math.inf),
    ],
)
def test_the_least_limit_of_the_control_groups_is_what_may_be_used(
    groups: str | None, limits: dict[str, str], allowed: float, tmp_path: Path
) -> None:
    if groups is not None:
        (tmp_path / "cgroup").write_text(groups)
    for name, text in limits.items():
        file = tmp_path / "root" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    assert allowed_memory(tmp_path / "cgroup", tmp_path / "root") == allowed


def test_memory_that_torch_holds_unused_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"mem_get_info": (5, 100), "memory_reserved": 60, "memory_allocated": 20}
    for name, value in sizes.items():
        monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value)
    assert usable_memory(torch.device("cuda")) == 45


@pytest.mark.parametrize(("rank", "chosen"), [(None, []), ("1", [torch.device("cuda:1")])])
def test_a_process_takes_a_device_of_its_own_only_where_there_are_several(
    rank: str | None, chosen: list[torch.device], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[torch.device] = []
    for name, value in (
        ("is_available", lambda: True),
        ("device_count", lambda: 2),
        ("set_device", taken.append),  # refuses a device without an index
    ):
        monkeypatch.setattr(torch.cuda, name, value)
    if rank is None:
        monkeypatch.delenv("LOCAL_RANK", raising=False)
    else:
        monkeypatch.setenv("LOCAL_RANK", rank)
    assert _own_device("cuda") == (chosen or [torch.device("cuda")])[0]
    assert taken == chosen


def test_training_and_embedding_do_without_reduced_precision() -> None:
    """A process that allows it elsewhere keeps it, and its learner is the same, bit for bit."""
    grammar = draw("uniform-first-token", vocabulary=6, rules=3, branching=2, levels=2, seed=0)
    leaves = torch.from_numpy(grammar.patches(2).patch.copy()).repeat(1, 2)
    schedule = practical(grammar, multiple=8.0)
    seen: list[str] = []

    def trained() -> torch.Tensor:
        def progress(event: object) -> None:
            seen.append(torch.get_float32_matmul_precision())

        training = train(
            grammar, schedule, seed=0, device=CPU, dtype=torch.float32, progress=progress
        )
        return training.learner(leaves)

    expected = trained()
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        assert torch.equal(trained(), expected)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)
    assert set(seen) == {"highest"}


@pytest.mark.skipif(
    not hasattr(torch.backends.mkldnn, "matmul"), reason="torch has no fp32_precision"
)
def test_reduced_precision_is_kept_away_however_it_was_allowed() -> None:
    matmul: Any = torch.backends.cuda.matmul
    before = matmul.fp32_precision
    try:
        matmul.fp32_precision = "tf32"
        with full_precision():
            assert matmul.fp32_precision == "ieee"
        assert matmul.fp32_precision == "tf32"
    finally:
        matmul.fp32_precision = before


def test_arrays_are_copied() -> None:
    array = np.arange(3)
    array.flags.writeable = False
    tensor = on_device(array, CPU)
    tensor[0] = 7
    assert array.tolist() == [0, 1, 2]
    assert tensor.dtype == torch.int64
