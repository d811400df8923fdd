"""Hypothesis strategies that several searches share: simple values first, as they shrink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from theory.grammar import Grammar

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

LARGEST_VOCABULARY, DEEPEST = 4, 3
"""Sizes of the grammars searched: counterexamples are small or there are none to be found here."""


def uniform_grammars() -> SearchStrategy[Grammar]:
    """(V, m)-uniform, non-ambiguous grammars (Definition 4): V m distinct patches a level."""
    return _grammars(distinct=True)


def any_rules() -> SearchStrategy[Grammar]:
    """V symbols a level and m rules a symbol; two symbols may share a patch."""
    return _grammars(distinct=False)


def _grammars(*, distinct: bool) -> SearchStrategy[Grammar]:
    from hypothesis import strategies as st

    @st.composite
    def grammars(draw: DrawFn) -> Grammar:
        levels = draw(st.integers(1, DEEPEST))
        V = draw(st.integers(2, LARGEST_VOCABULARY))
        m = draw(st.integers(1, V))
        rules = [draw(_level(V, m, distinct=distinct)) for _ in range(levels)]
        return Grammar((V,) * (levels + 1), tuple(rules))

    return grammars()


def _level(V: int, m: int, *, distinct: bool) -> SearchStrategy[Any]:
    """The rules of one level, patches being pairs: symbol by symbol, m patches each."""
    from hypothesis import strategies as st

    pair = st.integers(0, V * V - 1)
    if distinct:
        numbers = st.lists(pair, min_size=V * m, max_size=V * m, unique=True)
        return numbers.map(lambda found: _split(found, V, m))
    symbol = st.lists(pair, min_size=m, max_size=m, unique=True)
    return st.lists(symbol, min_size=V, max_size=V).map(
        lambda symbols: _split([number for found in symbols for number in found], V, m)
    )


def _split(numbers: list[int], V: int, m: int) -> tuple[list[list[int]], ...]:
    """Patches (a, b) numbered a V + b, dealt to V symbols in their order."""
    patches = [list(divmod(number, V)) for number in numbers]
    return tuple(patches[start : start + m] for start in range(0, V * m, m))


def first_token_grammars() -> SearchStrategy[Grammar]:
    """Grammars uniform in the first token: every token starts m patches of every level."""
    from hypothesis import strategies as st

    @st.composite
    def grammars(draw: DrawFn) -> Grammar:
        levels = draw(st.integers(2, DEEPEST + 1))
        V = draw(st.integers(2, LARGEST_VOCABULARY))
        m = draw(st.integers(1, min(V, 3)))
        rules = []
        for _ in range(levels):
            seconds = st.lists(st.integers(0, V - 1), min_size=m, max_size=m, unique=True)
            patches = [[first, second] for first in range(V) for second in draw(seconds)]
            order = draw(st.permutations(range(V * m)))
            dealt = [patches[index] for index in order]
            rules.append(tuple(dealt[start : start + m] for start in range(0, V * m, m)))
        return Grammar((V,) * (levels + 1), tuple(rules))  # type: ignore[arg-type]

    return grammars()


def centred_vectors(size: int, largest: int) -> SearchStrategy[tuple[int, ...]]:
    """Vectors of whole numbers that sum to 0 and are not all 0."""
    from hypothesis import strategies as st

    entries = st.tuples(*[st.integers(-largest, largest)] * (size - 1))
    return entries.filter(any).map(lambda found: (*found, -sum(found)))


def shuffled_balls(
    most_colours: int, most_balls: int, fewest: int = 1
) -> SearchStrategy[dict[str, Any]]:
    """V colours, m balls of each, and an order of them: {"V", "m", "balls"}."""
    from hypothesis import strategies as st

    @st.composite
    def deals(draw: DrawFn) -> dict[str, Any]:
        V, m = draw(st.integers(2, most_colours)), draw(st.integers(fewest, most_balls))
        balls = [colour for colour in range(V) for _ in range(m)]
        return {"V": V, "m": m, "balls": tuple(draw(st.permutations(balls)))}

    return deals()
