"""Noise, rotations and counterfactual pairs: laws and premises, by listing every string.

Nothing of the laws under test is used but the grammars that the signals are told with.
"""

import itertools
from collections import defaultdict
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.exact_law import ExactLaw
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import closest_non_synonyms, joint_rounding, patch_law
from layerproof.theory.predict import predict_instance
from layerproof.theory.signals import Signal, signal_named
from layerproof.theory.signals.counterfactual import Counterfactual, edits
from tests.theory import brute_force

EVEN = draw("uniform-first-token", vocabulary=3, rules=2, branching=2, levels=3, seed=1)
WEIGHTED = Grammar(
    EVEN.vocabularies, EVEN.rules, [[[0.25, 0.75]] * 3, [[0.4, 0.6]] * 3, [[0.125, 0.875]] * 3]
)
DEALT = draw("uniform", vocabulary=3, rules=2, branching=2, levels=3, classes=3, seed=3)
TRIPLES = draw("uniform-first-token", vocabulary=2, rules=2, branching=3, levels=2, seed=0)
GRAMMARS = {"even": EVEN, "weighted": WEIGHTED, "dealt": DEALT, "triples": TRIPLES}

NAMES = (
    "noise:iid", "noise:level-1", "noise:level-2", "noise:blocks", "rotation", "permutation"
)  # fmt: skip

OTHERS = [signal_named(name) for name in NAMES]

Cells = dict[tuple[tuple[int, ...], int, tuple[int, ...]], Fraction]


@cache
def _reading(grammar: Grammar, level: int) -> dict[tuple[int, ...], tuple[int, ...]]:
    """The level-`level` patch above every string of leaves that one makes."""
    found = {}
    for patch in grammar.patches(level).patch.tolist():
        strings = [tuple(patch)]
        for lower in range(level, grammar.levels):
            strings = [
                tuple(itertools.chain(*choice))
                for tokens in strings
                for choice in itertools.product(
                    *(map(tuple, grammar.rules[lower][token].tolist()) for token in tokens)
                )
            ]
        found |= dict.fromkeys(strings, tuple(patch))
    return found


@cache
def _leaves(grammar: Grammar) -> dict[tuple[int, ...], Fraction]:
    found: dict[tuple[int, ...], Fraction] = defaultdict(Fraction)
    for probability, levels in brute_force.derivations(grammar):
        found[levels[-1]] += probability
    return found


@cache
def _cells(name: str, signal: Signal, level: int, place: int = 0) -> Cells:
    """P[patch, origin, leaves below | they can be read], by the leaves of each origin's strings."""
    grammar = GRAMMARS[name]
    width, reading = grammar.leaves_below(level), _reading(grammar, level)
    found: Cells = defaultdict(Fraction)
    for number, origin in enumerate(signal.origins(grammar)):
        for leaves, probability in _leaves(origin).items():
            below = leaves[place * width : (place + 1) * width]
            if below in reading:
                found[reading[below], number, below] += probability
    total = sum(found.values())
    return {cell: share / total for cell, share in found.items()}


@pytest.mark.parametrize("name", GRAMMARS)
@pytest.mark.parametrize("signal", OTHERS, ids=NAMES)
def test_the_law_is_that_of_the_strings_that_can_be_read(signal: Signal, name: str) -> None:
    grammar = GRAMMARS[name]
    for level in signal.taught(grammar):
        for place in {0, grammar.branching ** (level - 1) - 1}:
            law = patch_law(grammar, level, place, signal)
            exact = np.zeros_like(law.joint)
            rows = {law.tokens(row): row for row in range(len(law.patch))}
            for (patch, number, _), share in _cells(name, signal, level, place).items():
                exact[rows[patch], number] += float(share)
            off = 2 * joint_rounding(grammar, level, signal)
            assert (np.abs(law.joint - exact) <= off * exact).all()


def _broken(name: str, signal: Signal, level: int) -> set[str]:
    """Which premises do not hold, from the list of strings."""
    cells, grammar = _cells(name, signal, level), GRAMMARS[name]
    both: dict[object, Fraction] = defaultdict(Fraction)
    patches: dict[object, Fraction] = defaultdict(Fraction)
    leaves: dict[object, Fraction] = defaultdict(Fraction)
    for (patch, number, below), share in cells.items():
        both[patch, number] += share
        patches[patch] += share
        leaves[below] += share
    parent = {
        tuple(patch): symbol
        for symbol, rows in enumerate(grammar.rules[level - 1])
        for patch in rows.tolist()
    }
    size = signal.size(grammar, level)
    q = {p: tuple(both[p, k] / patches[p] for k in range(size)) for p in patches}
    laws = {(parent[patch], found) for patch, found in q.items()}  # type: ignore[index]
    found = {"synonym-blind"} if len(laws) > len({symbol for symbol, _ in laws}) else set()
    unclean = any(
        cells.get((patch, number, below), Fraction(0)) != q[patch][number] * leaves[below]
        for (patch, _, below) in cells
        for number in range(size)
    )
    return found | ({"clean"} if unclean else set())


@pytest.mark.parametrize("signal", OTHERS, ids=NAMES)
def test_it_breaks_the_premises_that_it_says(signal: Signal) -> None:
    seen: dict[tuple[int, str], list[bool]] = defaultdict(list)
    for name, grammar in GRAMMARS.items():
        for level in signal.taught(grammar):
            said = signal.broken(grammar, level)
            assert "same strings" in said
            shown = _broken(name, signal, level)
            assert shown <= set(said)
            for premise in set(said) - {"same strings"}:
                seen[level, premise].append(premise in shown)
    assert all(any(shown) for shown in seen.values())  # what is said to be broken shows somewhere


def test_noise_tells_grammatical_patches_apart_by_nothing_at_all() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=0)
    for name in ("noise:iid", "noise:level-1", "noise:level-2", "noise"):
        signal = signal_named(name)
        for level in range(1, 4):
            closest = closest_non_synonyms(patch_law(grammar, level, signal=signal))
            assert (closest.rho, closest.unknown) == (0.0, "")
    blocks = signal_named("noise:blocks")
    for place in range(4):
        law = patch_law(grammar, 3, place, blocks)
        assert law.posterior == pytest.approx(0.5, abs=1e-12)


def test_exact_posteriors_are_the_listed_ones() -> None:
    for name in ("noise:iid", "noise:level-2", "noise:blocks", "rotation"):
        signal = signal_named(name)
        for level in signal.taught(EVEN):
            law, exact = patch_law(EVEN, level, signal=signal), ExactLaw(EVEN)
            table = exact.patches(level)
            for row in range(len(law.patch)):
                upward = [table[law.tokens(row)].get(nu, Fraction(0)) for nu in range(3)]
                q = signal.exact_posterior(exact, level, upward)
                if "synonym-blind" in signal.broken(EVEN, level):
                    assert q is None
                    continue
                cells = _cells("even", signal, level)
                here = [
                    sum(v for (p, k, _), v in cells.items() if (p, k) == (law.tokens(row), number))
                    for number in range(signal.size(EVEN, level))
                ]
                assert q == [part / sum(here) for part in here]


@pytest.mark.parametrize("name", ["even", "weighted", "triples"])
def test_edits_are_those_of_every_string_with_a_symbol_replaced(name: str) -> None:
    """Every derivation, every symbol in the parent's place, read again from the bottom up."""
    grammar, signal = GRAMMARS[name], Counterfactual()
    made = [
        {tuple(p): nu for nu, rows in enumerate(level) for p in rows.tolist()}
        for level in grammar.rules
    ]
    for level in range(1, grammar.levels + 1):
        for place in {0, grammar.branching ** (level - 1) - 1}:
            size = grammar.vocabularies[level - 1]
            found = [np.zeros((size, size)) for _ in range(3)]
            for probability, levels in brute_force.derivations(grammar):
                own = levels[level - 1][place]
                for new in range(size):
                    label = _label(levels, made, level - 1, place, new, grammar.branching)
                    kind = 2 if label is None else int(label == levels[0][0])
                    found[kind][own, new] += float(probability)
            for table, exact in zip(edits(grammar, level, place), found, strict=True):
                assert table == pytest.approx(exact, rel=1e-12, abs=1e-15)
            joint = signal.with_parent(grammar, level, place)
            changed = (1 - np.eye(size)) * found[0] / (size - 1)
            assert joint[:, :size] == pytest.approx(changed, abs=1e-15)


def _label(
    levels: tuple[tuple[int, ...], ...],
    made: list[dict[tuple[int, ...], int]],
    level: int,
    place: int,
    new: int,
    branching: int,
) -> int | None:
    """The label of the string whose symbol is replaced; None where no symbol makes it."""
    for above in reversed(range(level)):
        place, child = divmod(place, branching)
        patch = list(levels[above + 1][place * branching : (place + 1) * branching])
        patch[child] = new
        if tuple(patch) not in made[above]:
            return None
        new = made[above][tuple(patch)]
    return new


def test_names_of_noise_are_read_and_refused() -> None:
    assert signal_named("noise") == signal_named("noise:iid")
    assert signal_named("noise:level-3").name == "noise:level-3"
    for name in ("noise:level-0", "noise:level-x", "noise:level-129", "noise:3", "noise:gauss"):
        with pytest.raises(InputError, match="noise:level-K"):
            signal_named(name)
    with pytest.raises(InputError, match="noise"):
        signal_named("noisy")


def test_tuples_that_cannot_be_listed_are_refused() -> None:
    large = draw("uniform", vocabulary=64, rules=2, branching=4, levels=1, seed=0)
    with pytest.raises(InputError, match=r"64\^4"):
        predict_instance(large, signal_named("noise:iid"))
