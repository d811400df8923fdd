"""Strings, subtrees and counts draw from one law, the exact one of every cell.

A cell is (leaves below the first patch, signal value). Cell counts are compared with the exact
probabilities, enumerated in rational arithmetic, by Pearson's chi-square. Each case fails by chance
with probability ERROR; seeds are fixed, so a pass stays a pass. The control shifts the law and must
be caught by the same statistic.
"""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy import stats

from layerproof.layerwise.sampling.batch import Batch, merge
from layerproof.layerwise.sampling.counts import distinct_strings, multinomial
from layerproof.layerwise.sampling.routes import ROUTES, choose_route, stage_batches
from layerproof.layerwise.sampling.strings import string_batches
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import Label, Signal
from tests.layerwise.instances import BINARY, EXAMPLES, UNEVEN, LastToken, exact_cells

ERROR = 1e-6
SAMPLES = 30_000
CPU = torch.device("cpu")
CASES = [
    (name, level) for name, grammar in EXAMPLES.items() for level in range(1, grammar.levels + 1)
]
SIGNALS: list[Signal] = [Label(), LastToken()]

Cells = dict[tuple[tuple[int, ...], int], int]


def drawn_counts(
    route: str, grammar: Grammar, level: int, signal: Signal, samples: int = SAMPLES, seed: int = 0
) -> Cells:
    batches = stage_batches(route, grammar, level, samples, seed=seed, signal=signal, device=CPU)  # type: ignore[arg-type]
    batch = merge(batches, grammar.vocabularies[-1])
    return {
        (tuple(leaves), value): count
        for leaves, row in zip(batch.leaves.tolist(), batch.counts.tolist(), strict=True)
        for value, count in enumerate(row)
        if count
    }


def p_value(counts: Cells, law: dict[tuple[tuple[int, ...], int], Fraction]) -> float:
    """Pearson's test; cells of expectation below 5 are pooled. 0 where a cell is impossible."""
    if any(cell not in law for cell in counts):
        return 0.0
    samples = sum(counts.values())
    expected = np.array([float(p) * samples for p in law.values()])
    observed = np.array([counts.get(cell, 0) for cell in law], dtype=float)
    rare = expected < 5
    if expected[rare].sum() >= 5:
        expected = np.append(expected[~rare], expected[rare].sum())
        observed = np.append(observed[~rare], observed[rare].sum())
    else:
        expected, observed = expected[~rare], observed[~rare]
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return float(stats.chi2.sf(statistic, max(1, len(expected) - 1)))


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
@pytest.mark.parametrize(("name", "level"), CASES)
@pytest.mark.parametrize("route", ROUTES)
def test_cells_have_their_exact_law(route: str, name: str, level: int, signal: Signal) -> None:
    grammar = EXAMPLES[name]
    counts = drawn_counts(route, grammar, level, signal)
    assert sum(counts.values()) == SAMPLES
    assert p_value(counts, exact_cells(grammar, level, signal)) > ERROR


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_rule_probability_off_by_a_twentieth_is_caught(route: str, level: int) -> None:
    assert UNEVEN.probabilities is not None
    shifted = [[row.tolist() for row in rows] for rows in UNEVEN.probabilities]
    shifted[1][0], shifted[2][0] = [0.45, 0.55], [0.175, 0.825]
    shifted[0][0] = [0.3, 0.7]
    wrong = Grammar(UNEVEN.vocabularies, UNEVEN.rules, shifted, UNEVEN.label_prior)  # type: ignore[arg-type]
    counts = drawn_counts(route, wrong, level, Label())
    assert p_value(counts, exact_cells(UNEVEN, level, Label())) < ERROR


def test_a_signal_that_is_not_clean_is_caught() -> None:
    """Independent draws of label and leaves, the right marginals: what must not be mistaken."""
    law = exact_cells(BINARY, 3, Label())
    counts = drawn_counts("strings", BINARY, 3, Label())
    leaves = [cell[0] for cell, count in counts.items() for _ in range(count)]
    labels = [cell[1] for cell, count in counts.items() for _ in range(count)]
    np.random.default_rng(0).shuffle(labels)
    mixed: Cells = {}
    for cell in zip(leaves, labels, strict=True):
        mixed[cell] = mixed.get(cell, 0) + 1
    assert p_value(mixed, law) < ERROR


@pytest.mark.parametrize("samples", [1, 7, 10**9 + 7, 10**18])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_counts_add_up_exactly_at_any_size(samples: int, level: int) -> None:
    (batch,) = stage_batches("counts", UNEVEN, level, samples, seed=3, signal=Label(), device=CPU)
    assert sum(itertools.chain.from_iterable(batch.counts.tolist())) == samples
    assert int(batch.counts.min()) >= 0
    assert bool((batch.counts.sum(1) > 0).all())


def test_counts_of_the_largest_size_have_their_law() -> None:
    """10^18 samples: the relative deviation of a cell is 10^−9 √(1/p), which must be seen."""
    law = exact_cells(BINARY, 1, Label())
    assert p_value(drawn_counts("counts", BINARY, 1, Label(), 10**18), law) > ERROR
    wrong = {
        cell: p * (1 + (-1) ** i * Fraction(5, 10**8)) for i, (cell, p) in enumerate(law.items())
    }
    assert p_value(drawn_counts("counts", BINARY, 1, Label(), 10**18), wrong) < ERROR


def test_multinomial_parts_have_mean_variance_and_covariance_of_their_law() -> None:
    probabilities = np.array([0.1, 0.0, 0.2, 0.3, 0.4])
    draws = multinomial(np.random.default_rng(0), np.full(40_000, 1000), probabilities)
    assert (draws.sum(axis=1) == 1000).all()
    assert not draws[:, 1].any()
    kept = [0, 2, 3, 4]
    p = probabilities[kept]
    covariance = 1000 * (np.diag(p) - np.outer(p, p))
    standard_error = np.sqrt(np.diag(covariance) / len(draws))
    # Four means: 5 standard errors are passed with probability below 3e-6.
    assert (np.abs(draws[:, kept].mean(0) - 1000 * p) < 5 * standard_error).all()
    # A covariance has variance (Σ_ii Σ_jj + Σ_ij²)/n for near-Gaussian counts; 10 distinct entries.
    spread = np.sqrt(
        (np.outer(np.diag(covariance), np.diag(covariance)) + covariance**2) / len(draws)
    )
    assert (np.abs(np.cov(draws[:, kept].T) - covariance) < 5 * spread).all()


@pytest.mark.parametrize("rare", [0, 1])
@pytest.mark.parametrize("share", [2e-17, 1e-16, 3e-16, 1e-14])
def test_few_of_very_many_keep_their_mean_and_variance(share: float, rare: int) -> None:
    """Of 10^18, 20 to 10^4; NumPy alone is off by 15 standard errors of the mean at 1e-16.

    A Poisson variance v has the standard error √((2 v² + v)/n); five are passed once in 10^6.
    """
    totals, n = np.full(40_000, 10**18), 40_000
    probabilities = np.array([1.0, 1.0])
    probabilities[rare] = share
    draws = multinomial(np.random.default_rng(0), totals, probabilities)
    assert (draws.sum(axis=1) == 10**18).all()
    v, few = share * 10**18, draws[:, rare]
    assert abs(few.mean() - v) < 5 * np.sqrt(v / n)
    assert abs(few.var() - v) < 5 * np.sqrt((2 * v**2 + v) / n)


def test_rare_and_common_parts_are_drawn_side_by_side() -> None:
    totals, probabilities = np.array([10**18, 10, 10**18]), np.array([1e-16, 0.5, 0.5, 0.0])
    draws = multinomial(np.random.default_rng(0), np.tile(totals, (1000, 1)), probabilities)
    assert (draws.sum(axis=-1) == totals).all()
    assert not draws[..., 3].any()
    # 2000 draws of mean 100: 5 standard errors.
    assert abs(draws[:, [0, 2], 0].mean() - 100) < 5 * np.sqrt(100 / 2000)
    assert 0 < draws[:, 1, 1].mean() < 10


def test_multinomial_broadcasts_and_keeps_single_outcomes() -> None:
    rng = np.random.default_rng(0)
    totals = np.array([[5, 0], [7, 10**18]])
    probabilities = np.array([[[1.0, 0.0, 0.0]], [[0.0, 0.0, 2.0]]])
    draws = multinomial(rng, totals, probabilities)
    assert draws.tolist() == [[[5, 0, 0], [0, 0, 0]], [[0, 0, 7], [0, 0, 10**18]]]
    assert multinomial(rng, totals, np.ones((1, 1, 1))).tolist() == totals[..., None].tolist()


def test_the_number_of_strings_is_exact() -> None:
    for grammar in EXAMPLES.values():
        for level in range(1, grammar.levels + 1):
            cells = exact_cells(grammar, level, Label())
            strings = {leaves for leaves, _ in cells}
            assert distinct_strings(grammar, level) >= len(strings)
    for level, exponent in ((1, 2 + 4), (2, 2), (3, 0)):
        assert distinct_strings(BINARY, level) == 8 * 2**exponent
    deep = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=12, seed=0)
    assert distinct_strings(deep, 1) == 32 * 4 ** (2**12 - 2)
    assert distinct_strings(deep, 1, at_most=1000) == 1000
    assert distinct_strings(deep, 12, at_most=1000) == 32


def test_the_default_route_is_counts_where_there_are_fewer_cells_than_samples() -> None:
    cells = distinct_strings(BINARY, 2) * 4
    assert choose_route("auto", BINARY, 2, cells, Label()) == "counts"
    assert choose_route("auto", BINARY, 2, cells - 1, Label()) == "subtrees"
    assert choose_route("strings", BINARY, 2, cells, Label()) == "strings"
    with pytest.raises(InputError, match="route is 'count'"):
        choose_route("count", BINARY, 2, cells, Label())  # type: ignore[arg-type]
    endless = draw("uniform-first-token", vocabulary=2, rules=2, branching=2, levels=40, seed=0)
    assert choose_route("auto", endless, 1, 1000, Label()) == "subtrees"


@pytest.mark.parametrize("samples", [0, -3, 10**18 + 1, 2.5, True])
def test_sizes_out_of_range_are_refused(samples: int) -> None:
    with pytest.raises(InputError, match="samples"):
        stage_batches("strings", BINARY, 1, samples, seed=0, signal=Label(), device=CPU)


def test_counts_that_do_not_fit_are_refused_before_they_are_drawn() -> None:
    deep = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=6, seed=0)
    batches = stage_batches("counts", deep, 1, 10**18, seed=0, signal=Label(), device=CPU)
    with pytest.raises(InputError, match=r"route is 'counts'; allowed: strings or subtrees .* GiB"):
        next(batches)


@pytest.mark.parametrize("every_patch", [False, True])
def test_counts_of_short_strings_come_in_bounded_batches(
    every_patch: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    grammar = draw("uniform-first-token", vocabulary=16, rules=4, branching=2, levels=2, seed=0)

    def drawn() -> list[Batch]:
        batches = string_batches(
            grammar, 2, 5000, seed=1, signal=Label(), device=CPU, every_patch=every_patch
        )
        return [*batches]

    (whole,) = drawn()
    monkeypatch.setattr("layerproof.layerwise.sampling.strings.BLOCK_ENTRIES", {"cpu": 1000})
    pieces = drawn()
    assert max(piece.counts.numel() for piece in pieces) <= 1000
    for name in ("leaves", "counts"):
        joined = torch.cat([getattr(piece, name) for piece in pieces])
        assert torch.equal(joined, getattr(whole, name))


def test_merging_is_the_same_whatever_the_batches() -> None:
    rng = np.random.default_rng(0)
    leaves = torch.from_numpy(rng.integers(0, 3, (500, 4))).to(torch.uint8)
    counts = torch.from_numpy(rng.integers(0, 5, (500, 2)))
    whole = merge([Batch(leaves, counts)], 3)
    order = torch.from_numpy(rng.permutation(500))
    pieces = [Batch(leaves[part], counts[part]) for part in order.split(37)]
    split = merge(pieces, 3)
    assert torch.equal(whole.leaves, split.leaves)
    assert torch.equal(whole.counts, split.counts)
    assert split.samples == int(counts.sum())
