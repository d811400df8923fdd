"""The machine that benchmarks run on: its name, and what it can do at best."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch


def seconds(work: Callable[[], object], device: torch.device, repeats: int = 5) -> float:
    """Median wall time of `work`, after one run to warm up."""
    return medians([work], device, repeats)[0]


def medians(
    works: list[Callable[[], object]], device: torch.device, repeats: int = 5
) -> list[float]:
    """Median wall times of several pieces of work, run in turns: a busy hour hits all alike."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(repeats + 1):
        for work, seen in zip(works, times, strict=True):
            wait(device)
            start = time.perf_counter()
            work()
            wait(device)
            if turn:
                seen.append(time.perf_counter() - start)
    return [statistics.median(seen) for seen in times]


def wait(device: torch.device) -> None:
    """Until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def name(device: torch.device) -> str:
    """The processor or the GPU, torch and how many threads it may use."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}"
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor()
    cores = f"{len(models)} virtual cores" if models else "cores unknown"
    return f"{model}, {cores}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def copy_bandwidth(device: torch.device) -> float:
    """Bytes read and written per second by a copy larger than any cache."""
    source = torch.ones(2**27 if device.type == "cpu" else 2**30, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * len(source) / seconds(lambda: target.copy_(source), device)


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Operations per second of a square matrix product."""
    size = 2048 if device.type == "cpu" else 8192
    a = torch.randn(size, size, dtype=dtype, device=device)
    return 2 * size**3 / seconds(lambda: a @ a, device)
