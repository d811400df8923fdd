"""Time of training against N, m, L and V; see bench_sampling.py for the command."""

from typing import Any

import pytest
import torch

from tests.benchmarks import work

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("vocabulary", "rules", "levels"), [(8, 2, 3), (8, 4, 3), (8, 4, 4), (16, 4, 3)]
)
def test_whole_training(benchmark: Any, vocabulary: int, rules: int, levels: int) -> None:
    instance = work.grammar(vocabulary, rules, levels)
    benchmark.pedantic(work.trained, (instance, work.schedule(instance), CPU), rounds=3)


@pytest.mark.parametrize("samples", [2**15, 2**16])
def test_strings_through_random_features(benchmark: Any, samples: int) -> None:
    instance = work.grammar(8, 8, 6)
    plan = work.schedule(instance, samples, features=128)
    benchmark.pedantic(work.trained, (instance, plan, CPU, "strings"), rounds=3)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_gram_matrix(benchmark: Any, dtype: torch.dtype) -> None:
    benchmark.pedantic(work.add_up, (256, 2**15, CPU, dtype), rounds=5)
