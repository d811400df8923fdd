"""Hypothesis strategies for grammars small enough to list: at most 512 derivations."""

import itertools
from typing import Any

from hypothesis import strategies as st

from layerproof.theory.ensembles import ENSEMBLES, draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar

# (branching, levels, most rules per symbol): at most n m^((s^L - 1)/(s - 1)) derivations, 512.
SHAPES = [(2, 1, 4), (2, 2, 3), (2, 3, 2), (3, 1, 4), (3, 2, 3)]


@st.composite
def grammars(draw_from: st.DrawFn) -> Grammar:
    """Any grammar of Definition 3: per-level vocabularies, unequal rules, laws, ambiguity."""
    branching, levels, most = draw_from(st.sampled_from(SHAPES))
    vocabularies = [draw_from(st.integers(1, 4)) for _ in range(levels + 1)]
    rules = [
        [
            draw_from(_patches(vocabularies[level + 1], branching, most))
            for _ in range(vocabularies[level])
        ]
        for level in range(levels)
    ]
    probabilities = None
    if draw_from(st.booleans()):
        probabilities = [[draw_from(_law(len(row))) for row in level] for level in rules]
    prior = draw_from(st.one_of(st.none(), _law(vocabularies[0])))
    return Grammar(vocabularies, rules, probabilities, prior)  # type: ignore[arg-type]


@st.composite
def nonambiguous_grammars(draw_from: st.DrawFn) -> Grammar:
    """Grammars whose patches have one parent each, with unequal rules and any laws."""
    branching, levels, most = draw_from(st.sampled_from(SHAPES))
    vocabularies = [draw_from(st.integers(2, 4)) for _ in range(levels + 1)]
    rules = []
    for level in range(levels):
        tuples = list(itertools.product(range(vocabularies[level + 1]), repeat=branching))
        symbols = vocabularies[level]
        shuffled = draw_from(st.permutations(tuples))
        share = min(most, len(tuples) // symbols)
        counts = [draw_from(st.integers(1, share)) for _ in range(symbols)]
        starts = itertools.accumulate(counts, initial=0)
        rules.append([shuffled[a : a + n] for a, n in zip(starts, counts, strict=False)])
    probabilities = None
    if draw_from(st.booleans()):
        probabilities = [[draw_from(_law(len(row))) for row in level] for level in rules]
    prior = draw_from(st.one_of(st.none(), _law(vocabularies[0])))
    return Grammar(vocabularies, rules, probabilities, prior)  # type: ignore[arg-type]


@st.composite
def drawn_grammars(draw_from: st.DrawFn) -> Grammar:
    """Grammars of both ensembles, with as many classes as tokens or fewer or more."""
    branching, levels, most = draw_from(st.sampled_from(SHAPES))
    vocabulary = draw_from(st.integers(2, 4))
    rules = draw_from(st.integers(1, min(most, vocabulary ** (branching - 1))))
    ensemble = draw_from(st.sampled_from(sorted(ENSEMBLES)))
    fitting = [n for n in range(1, 5) if _fits(ensemble, n, vocabulary, rules, branching)]
    return draw(
        ensemble,
        vocabulary=vocabulary,
        rules=rules,
        branching=branching,
        levels=levels,
        classes=draw_from(st.sampled_from(fitting)),
        seed=draw_from(st.integers(0, 2**32)),
    )


def small_grammars() -> st.SearchStrategy[Grammar]:
    """All of the above."""
    return st.one_of(grammars(), nonambiguous_grammars(), drawn_grammars())


def _fits(ensemble: str, classes: int, vocabulary: int, rules: int, branching: int) -> bool:
    sizes: dict[str, Any] = {"vocabulary": vocabulary, "rules": rules, "branching": branching}
    try:
        draw(ensemble, classes=classes, levels=1, seed=0, **sizes)
    except InputError:
        return False
    return True


def _patches(
    vocabulary: int, branching: int, most: int
) -> st.SearchStrategy[list[tuple[int, ...]]]:
    tuples = list(itertools.product(range(vocabulary), repeat=branching))
    return st.lists(st.sampled_from(tuples), min_size=1, max_size=most, unique=True)


@st.composite
def _law(draw_from: st.DrawFn, size: int) -> list[float]:
    """A law whose entries are quotients of small integers, some of them zero."""
    weights = draw_from(st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any))
    return [weight / sum(weights) for weight in weights]
