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
