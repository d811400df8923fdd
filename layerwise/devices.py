"""Where and in which precision to compute: the device and the dtype are always explicit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerproof.theory.errors import InputError
from layerproof.theory.memory import machine_memory, require

WORKSPACE_BYTES = 256 * 2**20
"""Largest temporary matrix of one layer's forward pass or Gram accumulation, in bytes."""

CPU_CHUNK_BYTES = 16 * 2**20
"""That on the CPU, where larger ones gain nothing: the allocator keeps pieces of this size for the
next one, and returns larger ones to the system, page by page."""

DTYPES = {"float64": torch.float64, "float32": torch.float32}
"""The dtypes that a learner can be trained in, by name."""


def resolve_device(name: str | None = None) -> torch.device:
    """The device called `name`; without a name CUDA where there is one, else the CPU.

    Raises InputError for a name that torch does not know, and for a device that is not there.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError("--device", name, "cpu, cuda, or cuda:INDEX") from error
    if device.type not in ("cpu", "cuda"):
        raise InputError("--device", name, "cpu, cuda, or cuda:INDEX")
    _check_present(device, name)
    return device


def _check_present(device: torch.device, name: str) -> None:
    if device.type != "cuda":
        return
    if not torch.cuda.is_available():
        raise InputError("--device", name, "cpu (this machine has no usable CUDA device)")
    count = torch.cuda.device_count()
    if device.index is not None and device.index >= count:
        raise InputError("--device", name, f"cpu, or cuda:0 to cuda:{count - 1}")


def rows_per_chunk(columns: int, like: Tensor) -> int:
    """How many rows of `columns` entries fit into the stated workspace; at least one.

    They have the dtype of `like`, and are where it is.
    """
    limit = CPU_CHUNK_BYTES if like.device.type == "cpu" else WORKSPACE_BYTES
    return max(1, limit // (max(1, columns) * like.itemsize))


def usable_memory(device: torch.device) -> int:
    """Bytes free on a CUDA device; for the CPU all that the machine has and the process may use.

    On CUDA, those that torch holds and does not use are free.
    """
    if device.type == "cuda":
        held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + held
    return machine_memory()


@contextmanager
def full_precision() -> Iterator[None]:
    """Products of float32 matrices in float32, whatever the process allows elsewhere.

    TF32, on by default in some containers, keeps 11 bits of a factor: at practical bandwidths it
    moves values of the kernel by 0.1.
    """
    try:
        before = torch.get_float32_matmul_precision()
    except RuntimeError:  # set by `fp32_precision`, which torch has from 2.9 on
        with _ieee():
            yield
        return
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def _ieee() -> Iterator[None]:
    libraries: tuple[Any, ...] = (torch.backends.cuda, torch.backends.mkldnn)
    before = [library.matmul.fp32_precision for library in libraries]
    for library in libraries:
        library.matmul.fp32_precision = "ieee"
    try:
        yield
    finally:
        for library, precision in zip(libraries, before, strict=True):
            library.matmul.fp32_precision = precision


def has_memory(needed: int, device: torch.device) -> bool:
    """Whether `needed` bytes are at most half of the memory there is."""
    return needed <= usable_memory(device) // 2


def require_memory(needed: int, device: torch.device, field: str, value: object, fits: str) -> None:
    """Refuse work that needs more than half of the memory there is, before it starts.

    `fits` names what to do instead. Raises InputError for `field`, with both sizes.
    """
    require(needed, usable_memory(device), field, value, fits)


def on_device(array: NDArray[np.generic], device: torch.device) -> Tensor:
    """A copy of a NumPy array on the device, in the same dtype."""
    return torch.from_numpy(np.array(array)).to(device)
