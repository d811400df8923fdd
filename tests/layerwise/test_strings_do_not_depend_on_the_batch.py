"""The strings drawn depend on the seed and the stream's name, and on nothing else."""

import numpy as np
import pytest
import torch
from torch import Tensor

from layerproof.layerwise.sampling import blocks
from layerproof.layerwise.sampling.rules import RuleTable
from layerproof.layerwise.sampling.strings import sample_strings, token_dtype
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from tests.layerwise.instances import BINARY, TERNARY, UNEVEN


def _all(grammar: Grammar, samples: int, **options: int | str | None) -> tuple[Tensor, Tensor]:
    parts = list(sample_strings(grammar, samples, **options))  # type: ignore[arg-type]
    return torch.cat([leaves for leaves, _ in parts]), torch.cat([labels for _, labels in parts])


@pytest.mark.parametrize("grammar", [UNEVEN, BINARY, TERNARY], ids=["uneven", "binary", "ternary"])
@pytest.mark.parametrize("batch_size", [1, 7, 64, 1000])
def test_batch_size_changes_nothing(
    grammar: Grammar, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ENTRIES", {"cpu": 500})  # several blocks
    leaves, labels = _all(grammar, 200, seed=0)
    again, same = _all(grammar, 200, seed=0, batch_size=batch_size)
    assert torch.equal(leaves, again)
    assert torch.equal(labels, same)
    sizes = [len(part) for part, _ in sample_strings(grammar, 200, seed=0, batch_size=batch_size)]
    assert sum(sizes) == 200
    assert set(sizes[:-1]) <= {batch_size}


def test_seeds_and_names_are_streams_of_their_own() -> None:
    leaves, _ = _all(BINARY, 100, seed=0)
    assert not torch.equal(leaves, _all(BINARY, 100, seed=1)[0])
    assert not torch.equal(leaves, _all(BINARY, 100, seed=0, name="other")[0])


def test_global_generators_neither_matter_nor_move() -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first, _ = _all(BINARY, 100, seed=0)
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(1)
    assert torch.equal(first, _all(BINARY, 100, seed=0)[0])


def test_every_string_is_one_that_the_grammar_makes() -> None:
    leaves, labels = _all(BINARY, 300, seed=0)
    assert leaves.dtype == torch.uint8
    tokens = leaves.to(torch.int64).numpy()
    for level in range(BINARY.levels, 0, -1):
        table = BINARY.patches(level)
        parent = table.law.argmax(axis=0).tolist()
        parents = {tuple(p): q for p, q in zip(table.patch.tolist(), parent, strict=True)}
        patches = tokens.reshape(len(tokens), -1, 2)
        tokens = np.array([[parents[tuple(p)] for p in string] for string in patches.tolist()])
    np.testing.assert_array_equal(tokens[:, 0], labels.numpy())


def test_a_rule_of_probability_zero_is_never_chosen() -> None:
    table = RuleTable.of(UNEVEN, 2, torch.device("cpu"))
    assert [2, 0] not in table.patch.tolist()
    edge = torch.tensor([[0.0, 1 - 2**-53]], dtype=torch.float64)
    for symbol in range(3):
        tokens = torch.full((1, 2), symbol)
        rules = table._choose(tokens, edge)[0].tolist()
        first, number = int(table.first[symbol]), int(table.number[symbol])
        assert rules == [first, first + number - 1]


def test_the_smallest_dtype_is_used() -> None:
    sizes = {256: torch.uint8, 257: torch.int16, 2**15: torch.int16, 2**15 + 1: torch.int32}
    for vocabulary, dtype in sizes.items():
        assert token_dtype(vocabulary) == dtype
    assert token_dtype(2**31 + 1) == torch.int64


def test_long_strings_are_drawn_in_bounded_blocks() -> None:
    deep = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=12, seed=0)
    sizes = [leaves.numel() for leaves, _ in sample_strings(deep, 600, seed=0)]
    assert max(sizes) <= 4 * blocks.BLOCK_ENTRIES["cpu"]  # packed: a byte a token


@pytest.mark.parametrize("sizes", [{"samples": 0}, {"samples": 5, "batch_size": 0}])
def test_sizes_that_are_not_positive_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(InputError, match=r"samples is 0|batch_size is 0"):
        sample_strings(BINARY, seed=0, **sizes)  # type: ignore[arg-type]
