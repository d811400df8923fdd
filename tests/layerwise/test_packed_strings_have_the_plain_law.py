"""Strings drawn several levels a look-up have the law of those drawn a node at a time.

Two samples of STRINGS strings are compared by the joint counts of pairs of tokens, at every
distance that is a power of two, and of the label with pairs of tokens, by Pearson's chi-square for
two samples. A comparison fails by chance with probability ERROR; seeds are fixed.
"""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from layerproof.layerwise.sampling import blocks, packed
from layerproof.layerwise.sampling.derivations import StringSampler
from layerproof.layerwise.sampling.packed import PackedSampler, can_pack, packed_strings
from layerproof.layerwise.sampling.strings import sample_strings
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from tests.layerwise.instances import TERNARY, UNEVEN

ERROR = 1e-6
STRINGS = 40_000
CPU = torch.device("cpu")


def _grammar(vocabulary: int, rules: int, branching: int, levels: int, classes: int) -> Grammar:
    return draw(
        "uniform-first-token", vocabulary=vocabulary, rules=rules, branching=branching,
        levels=levels, classes=classes, seed=0,
    )  # fmt: skip


PACKABLE = {
    "powers of two": _grammar(8, 8, 2, 6, 8),
    "m = 3": _grammar(6, 3, 2, 4, 6),
    "n below V": _grammar(8, 4, 2, 3, 6),
    "n above V": _grammar(6, 2, 2, 4, 9),
    "s = 4": _grammar(4, 3, 4, 2, 4),
    "s = 8": _grammar(4, 2, 8, 2, 4),
    "one rule": _grammar(4, 1, 2, 3, 4),
}


def _plain(grammar: Grammar) -> tuple[Tensor, Tensor]:
    tree = StringSampler(grammar, CPU).trees(STRINGS, torch.Generator().manual_seed(1))
    return tree[-1], tree[0][:, 0]


def _packed(grammar: Grammar) -> tuple[Tensor, Tensor]:
    parts = list(packed_strings(grammar, STRINGS, CPU, seed=0, path=("test",)))
    return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])


def _cells(grammar: Grammar, sample: tuple[Tensor, Tensor]) -> Iterator[NDArray[np.int64]]:
    """Counts of each statistic's cells: token pairs at each distance, the label with two tokens."""
    leaves, labels = (part.to(torch.int64) for part in sample)
    vocabulary, length = grammar.vocabularies[-1], leaves.shape[1]
    cells = grammar.classes * vocabulary**2
    for distance in 2 ** np.arange(length.bit_length() - 1):
        for start in {0, length - 1 - int(distance)}:
            pair = leaves[:, start] * vocabulary + leaves[:, start + int(distance)]
            yield torch.bincount(pair, minlength=vocabulary**2).numpy()
            whole = labels * vocabulary**2 + pair
            yield torch.bincount(whole, minlength=cells).numpy()


def _p_values(
    grammar: Grammar, one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]
) -> list[float]:
    values = []
    for a, b in zip(_cells(grammar, one), _cells(grammar, other), strict=True):
        often = a + b >= 10  # at least five expected in each sample
        table = np.stack(
            (np.append(a[often], a[~often].sum()), np.append(b[often], b[~often].sum()))
        )
        table = table[:, table.sum(0) > 0]
        values.append(float(stats.chi2_contingency(table).pvalue) if table.shape[1] > 1 else 1.0)
    return values


@pytest.mark.parametrize("name", PACKABLE)
def test_pairs_of_tokens_and_labels_have_the_plain_law(name: str) -> None:
    grammar = PACKABLE[name]
    values = _p_values(grammar, _packed(grammar), _plain(grammar))
    assert min(values) > ERROR / len(values)


@pytest.mark.parametrize("name", ["powers of two", "m = 3", "s = 4"])
def test_a_table_with_one_wrong_entry_is_caught(name: str) -> None:
    """The first derivation of the last table's first symbol is replaced by another symbol's."""
    grammar = PACKABLE[name]
    sampler = PackedSampler(grammar, CPU)
    last = sampler._expansions[-1]
    last.table[: max(1, last.width // 8)] = last.table[last.width]
    sample = sampler.strings(sampler.codes(STRINGS, torch.Generator().manual_seed(0)))
    values = _p_values(grammar, sample, _plain(grammar))
    assert min(values) < ERROR / len(values)


def test_a_label_that_is_off_is_caught() -> None:
    grammar = PACKABLE["n below V"]
    leaves, labels = _packed(grammar)
    values = _p_values(grammar, (leaves, (labels + 1) % 6), _plain(grammar))
    assert min(values) < ERROR / len(values)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("width", [1, 2, 8, 3, 12, 2**13, 5**4, 2**15])
def test_codes_are_uniform(width: int, device: str) -> None:
    """CUDA's way of drawing them works on the CPU too, with torch's generator."""
    generator = torch.Generator().manual_seed(0)
    bits = packed._bits(generator) if device == "cpu" else generator
    codes = packed._codes(64 * width + 3, width, bits)
    assert codes.dtype == torch.int16
    assert len(codes) == 64 * width + 3
    counts = torch.bincount(codes.to(torch.int64))
    assert len(counts) == width
    assert width == 1 or float(stats.chisquare(counts.numpy()).pvalue) > ERROR


@pytest.mark.parametrize("name", ["powers of two", "m = 3"])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_strings_do_not_depend_on_threads_chunks_or_the_batch(
    name: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ENTRIES", {"cpu": 2**10})  # many blocks
    grammar, before = PACKABLE[name], torch.get_num_threads()
    leaves = torch.cat([part for part, _ in sample_strings(grammar, 500, seed=0)])
    monkeypatch.setattr(packed, "CHUNK_LOOKUPS", 24)
    try:
        torch.set_num_threads(threads)
        again = torch.cat([part for part, _ in sample_strings(grammar, 500, seed=0, batch_size=7)])
    finally:
        torch.set_num_threads(before)
    assert torch.equal(leaves, again)


def test_what_does_not_pack_is_refused_and_drawn_plainly() -> None:
    assert all(can_pack(grammar) for grammar in PACKABLE.values())
    many = _grammar(256, 256, 2, 1, 256)  # V m exceeds a 16-bit index
    edge = _grammar(256, 2**15, 2, 1, 1)  # one too many
    for grammar in (UNEVEN, TERNARY, many, edge):
        assert not can_pack(grammar)
        assert sum(len(leaves) for leaves, _ in sample_strings(grammar, 10, seed=0)) == 10
        with pytest.raises(InputError, match="grammar is"):
            PackedSampler(grammar, CPU)
