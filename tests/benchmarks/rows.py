"""The rows of docs/benchmarks.md: what is measured, at which sizes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import NamedTuple

import torch

from tests.benchmarks import machine, work

DTYPES = (torch.float64, torch.float32)


class Row(NamedTuple):
    """One line of the table: what was measured, and what came out."""

    what: str
    value: str


class Limits(NamedTuple):
    """What the machine does at best: bytes a second, operations a second by dtype."""

    copy: float
    matrix: dict[torch.dtype, float]


def rows(device: torch.device, *, full: bool = False) -> Iterator[Row]:
    """Every row for one device; `full` adds the training on 10^9 strings."""
    limits = Limits(
        machine.copy_bandwidth(device), {d: machine.matrix_rate(device, d) for d in DTYPES}
    )
    yield Row("copy bandwidth, bytes read and written", f"{limits.copy / 1e9:.1f} GB/s")
    for dtype, rate in limits.matrix.items():
        yield Row(f"matrix product, {_name(dtype)}", f"{rate / 1e9:.0f} Gflop/s")
    yield from _strings(device, limits)
    if device.type == "cpu":
        yield from _counts(device)
        yield from _memory()
    yield from _sizes(device)
    yield from _features(device, limits)
    if full:
        yield from _billion(device)


def _strings(device: torch.device, limits: Limits) -> Iterator[Row]:
    instance = work.grammar(8, 8, 6)
    strings = 2**20 if device.type == "cpu" else 2**26
    share = 16  # the plain sampler is given fewer strings
    fast, plain = machine.medians(
        [
            lambda: work.draw_packed(instance, strings, device),
            lambda: work.draw_plain(instance, strings // share, device),
        ],
        device,
    )
    tokens = strings * instance.input_length
    sizes = "L = 6, V = m = 8, s = 2"
    yield Row(f"packed strings, {sizes}", f"{tokens / fast / 1e9:.2f} G tokens/s")
    yield Row("plain strings, one randint a node", f"{tokens / share / plain / 1e9:.4f} G tokens/s")
    yield Row("packed over plain, in turns", f"{share * plain / fast:.0f} ×")
    moved = strings * work.packed_bytes(instance, device) / fast / limits.copy
    written = tokens / fast / limits.copy
    yield Row("packed: bytes of all passes over copy bandwidth", f"{moved:.0%}")
    yield Row("packed: bytes of tokens alone over copy bandwidth", f"{written:.1%}")


def _counts(device: torch.device) -> Iterator[Row]:
    instance = work.grammar(8, 4, 3)
    sizes = [10**6, 10**9, 10**12, 10**18]
    times = machine.medians(
        [lambda n=n: work.draw_counts(instance, 1, n, device) for n in sizes],  # type: ignore[misc]
        device,
    )
    for size, taken in zip(sizes, times, strict=True):
        yield Row(
            f"counts, level 1 of V = 8, m = 4, L = 3, N = {size:.0e}", f"{taken * 1e3:.0f} ms"
        )
    ratios = []
    for turn in range(100):
        pair = {}
        for size in (10**9, 2 * 10**9)[:: 1 if turn % 2 else -1]:
            start = time.process_time()
            work.draw_counts(instance, 1, size, device)
            pair[size] = time.process_time() - start
        ratios.append(pair[2 * 10**9] / pair[10**9])
    error = 1.25 * statistics.stdev(ratios) / len(ratios) ** 0.5  # of a median
    what = "counts: N doubled from 1e9, median of 100 pairs"
    yield Row(what, f"processor time × {statistics.median(ratios):.3f} ± {error:.3f}")


def _memory() -> Iterator[Row]:
    yield Row("10^9 tokens: rise of the peak memory", f"{work.peak_memory(10**9) / 1e6:.0f} MB")


def _sizes(device: torch.device) -> Iterator[Row]:
    """Training at N = 32 n m^l, exact kernel; one of V, m and L doubled or raised at a time."""
    for vocabulary, rules, levels in [(8, 4, 3), (8, 8, 3), (8, 4, 4), (16, 4, 3), (32, 4, 3)]:
        instance = work.grammar(vocabulary, rules, levels)
        plan = work.schedule(instance)
        taken = machine.seconds(lambda i=instance, p=plan: work.trained(i, p, device), device, 3)  # type: ignore[misc]
        what = f"training, exact kernel, N = 32 V m^l, V = {vocabulary}, m = {rules}, L = {levels}"
        yield Row(what, f"{taken:.3f} s")


def _features(device: torch.device, limits: Limits) -> Iterator[Row]:
    features, rows = (256, 2**16) if device.type == "cpu" else (1024, 2**22)
    for dtype in DTYPES:
        taken = machine.seconds(lambda d=dtype: work.add_up(features, rows, device, d), device, 3)  # type: ignore[misc]
        rate = 2 * rows * (2 * features) ** 2 / taken
        yield Row(
            f"stage with M = {features} random features, {rows} rows, {_name(dtype)}",
            f"{rate / 1e9:.0f} Gflop/s in the Gram matrix,"
            f" {rate / limits.matrix[dtype]:.0%} of the matrix rate",
        )
    instance = work.grammar(8, 8, 6)
    sizes = (2**15, 2**16) if device.type == "cpu" else (2**22, 2**23)
    plans = [work.schedule(instance, size, features=128) for size in sizes]
    times = machine.medians(
        [lambda p=plan: work.trained(instance, p, device, "strings") for plan in plans],  # type: ignore[misc]
        device, 3,
    )  # fmt: skip
    for size, taken in zip(sizes, times, strict=True):
        what = f"training by strings, L = 6, V = m = 8, M = 128, N = {size} a level"
        yield Row(what, f"{taken:.2f} s, {6 * size / taken / 1e6:.2f} M strings/s")


def _billion(device: torch.device) -> Iterator[Row]:
    """N = 10^9 strings at every level of L = 6, through random features, none held."""
    instance = work.grammar(8, 8, 6)
    plan = work.schedule(instance, 10**9, features=128)
    start = time.perf_counter()
    training = work.trained(instance, plan, device, "strings", torch.float32)
    machine.wait(device)
    taken = time.perf_counter() - start
    levels = ", ".join(f"{stage.level}: {stage.seconds:.0f} s" for stage in training.stages)
    yield Row(
        "training by strings, L = 6, V = m = 8, M = 128, float32, N = 10^9 a level",
        f"{taken:.0f} s ({levels})",
    )


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
