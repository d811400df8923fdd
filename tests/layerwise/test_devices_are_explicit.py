"""The device is chosen by name, and a request that cannot be met says so before it starts."""

import numpy as np
import pytest
import torch

from layerwise.devices import (
    CPU_CHUNK_BYTES,
    WORKSPACE_BYTES,
    free_memory,
    on_device,
    require_memory,
    resolve_device,
    rows_per_chunk,
)
from theory.errors import InputError

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
    with pytest.raises(InputError, match=r"features is 10; allowed: fewer \(it needs .* GiB"):
        require_memory(10 * free_memory(CPU), CPU, "features", 10, "fewer")


def test_arrays_are_copied() -> None:
    array = np.arange(3)
    array.flags.writeable = False
    tensor = on_device(array, CPU)
    tensor[0] = 7
    assert array.tolist() == [0, 1, 2]
    assert tensor.dtype == torch.int64
