"""Strings per second: `pytest tests/benchmarks/bench_*.py -n 0` (needs the extra `bench`)."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.benchmarks import work

DEVICES = [
    torch.device("cpu"),
    pytest.param(
        torch.device("cuda"),
        marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    ),
]
STRINGS = {"cpu": 2**16, "cuda": 2**22}


@pytest.mark.parametrize("device", DEVICES, ids=str)
@pytest.mark.parametrize("draw", [work.draw_packed, work.draw_plain])
def test_strings(benchmark: Any, draw: Callable[..., None], device: torch.device) -> None:
    instance, strings = work.grammar(8, 8, 6), STRINGS[device.type]
    benchmark.extra_info["tokens"] = strings * instance.input_length
    benchmark(draw, instance, strings, device)


@pytest.mark.parametrize("samples", [10**9, 2 * 10**9, 10**18])
def test_counts(benchmark: Any, samples: int) -> None:
    benchmark(work.draw_counts, work.grammar(8, 4, 3), 1, samples, torch.device("cpu"))
