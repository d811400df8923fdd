"""With Zipf weights every route, and whole strings, have the exact law; packed tables refuse them.

Cell counts are compared with the enumerated law by Pearson's chi-square, and the routes with each
other by a two-sample test. Each case fails by chance with probability ERROR; seeds are fixed. The
control compares with the law of another exponent, or of uniform rules, and must be caught.
"""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy import stats

from layerproof.layerwise.sampling.batch import merge
from layerproof.layerwise.sampling.packed import PackedSampler, can_pack
from layerproof.layerwise.sampling.routes import ROUTES, Route, stage_batches
from layerproof.layerwise.sampling.strings import sample_strings
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import Label
from tests.layerwise.instances import exact_cells

ERROR = 1e-6
SAMPLES = 30_000
CPU = torch.device("cpu")
Cells = Counter[tuple[tuple[int, ...], int]]


def _grammar(zipf: float, label_zipf: float = 0.0) -> Grammar:
    return draw(
        "uniform-first-token",
        vocabulary=3,
        rules=3,
        branching=2,
        levels=2,
        zipf=zipf,
        label_zipf=label_zipf,
        seed=3,
    )


GRAMMARS = {"rules": _grammar(1.5), "labels": _grammar(0.0, 1.5), "both": _grammar(1.0, 1.0)}


def _cells(route: Route, grammar: Grammar, level: int) -> Cells:
    batches = stage_batches(route, grammar, level, SAMPLES, seed=0, signal=Label(), device=CPU)
    batch = merge(batches, 3)
    found: Cells = Counter()
    for leaves, row in zip(batch.leaves.tolist(), batch.counts.tolist(), strict=True):
        for value, count in enumerate(row):
            found[(tuple(leaves), value)] += count
    return found


def _p_value(counts: Cells, grammar: Grammar, level: int) -> float:
    """Pearson's test against the enumerated law; cells of expectation below 5 are pooled."""
    law = exact_cells(grammar, level, Label())
    assert all(cell in law for cell, count in counts.items() if count)
    expected = np.array([float(p) for p in law.values()]) * counts.total()
    observed = np.array([counts[cell] for cell in law], dtype=float)
    rare = expected < 5
    expected = np.append(expected[~rare], expected[rare].sum())
    observed = np.append(observed[~rare], observed[rare].sum())
    keep = expected >= 5
    statistic = float(((observed - expected)[keep] ** 2 / expected[keep]).sum())
    return float(stats.chi2.sf(statistic, keep.sum() - 1))


@pytest.mark.parametrize("name", GRAMMARS)
@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_every_route_has_the_exact_law(route: Route, level: int, name: str) -> None:
    grammar = GRAMMARS[name]
    assert _p_value(_cells(route, grammar, level), grammar, level) > ERROR


@pytest.mark.parametrize("route", ROUTES)
def test_another_exponent_is_caught(route: Route) -> None:
    counts = _cells(route, GRAMMARS["rules"], 2)
    for other in (0.0, 1.4):
        assert _p_value(counts, _grammar(other), 2) < ERROR


@pytest.mark.parametrize(("first", "second"), list(combinations(ROUTES, 2)))
def test_two_routes_agree_in_law(first: Route, second: Route) -> None:
    a, b = (_cells(route, GRAMMARS["both"], 2) for route in (first, second))
    table = np.array([[a[cell], b[cell]] for cell in exact_cells(GRAMMARS["both"], 2, Label())])
    common = table[table.sum(axis=1) >= 10]
    assert stats.chi2_contingency(common).pvalue > ERROR


@pytest.mark.parametrize("name", GRAMMARS)
def test_whole_strings_have_the_exact_law(name: str) -> None:
    grammar = GRAMMARS[name]
    counts: Cells = Counter()
    for leaves, labels in sample_strings(grammar, SAMPLES, seed=0):
        rows = zip(map(tuple, leaves.tolist()), labels.tolist(), strict=True)
        counts.update(rows)
    assert _p_value(counts, grammar, 1) > ERROR


@pytest.mark.parametrize("name", GRAMMARS)
def test_packed_tables_which_know_no_weights_are_not_used(name: str) -> None:
    assert can_pack(_grammar(0.0))
    assert not can_pack(GRAMMARS[name])
    with pytest.raises(InputError, match="grammar"):
        PackedSampler(GRAMMARS[name], CPU)
