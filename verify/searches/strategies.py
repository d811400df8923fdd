"""Hypothesis strategies that several searches share: simple values first, as they shrink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from layerproof.theory.grammar import Grammar

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

LARGEST_VOCABULARY, DEEPEST = 4, 3
"""Sizes of the grammars searched: counterexamples are small or there are none to be found here."""


def uniform_grammars(
    most_symbols: int = 4, longest_patch: int = 2, deepest: int = DEEPEST
) -> SearchStrategy[Grammar]:
    """(V, m)-uniform, non-ambiguous grammars (Definition 4): V m distinct patches a level."""
    from hypothesis import strategies as st

    @st.composite
    def grammars(draw: DrawFn) -> Grammar:
        levels = draw(st.integers(1, deepest))
        V = draw(st.integers(2, most_symbols))
        s = draw(st.integers(2, longest_patch))
        m = draw(st.integers(1, V ** (s - 1)))
        orders = [draw(st.permutations(range(V**s))) for _ in range(levels)]
        return _grammar(V, m, s, [order[: V * m] for order in orders])

    return grammars()


def any_rules() -> SearchStrategy[Grammar]:
    """V symbols a level and m rules a symbol; two symbols may share a patch."""
    from hypothesis import strategies as st

    @st.composite
    def grammars(draw: DrawFn) -> Grammar:
        levels = draw(st.integers(1, DEEPEST))
        V = draw(st.integers(2, LARGEST_VOCABULARY))
        m = draw(st.integers(1, V))
        symbol = st.lists(st.integers(0, V * V - 1), min_size=m, max_size=m, unique=True)
        drawn = [[draw(symbol) for _ in range(V)] for _ in range(levels)]
        return _grammar(V, m, 2, [[patch for one in level for patch in one] for level in drawn])

    return grammars()


def binary_grammars(most_rules: int = 8, deepest: int = DEEPEST) -> SearchStrategy[Grammar]:
    """(V, m)-uniform, non-ambiguous grammars with V = 2, told by their first tokens alone.

    At every level symbol 0 has j rules that start with 0 and symbol 1 has k; patches are as short
    as they can be. m and L are at least 2: else the label is a function of every patch.
    """
    from hypothesis import strategies as st

    @st.composite
    def grammars(draw: DrawFn) -> Grammar:
        m = draw(st.integers(2, 3) | st.integers(2, most_rules))
        levels = draw(st.integers(2, deepest))
        zeros = [(draw(st.integers(0, m)), draw(st.integers(0, m))) for _ in range(levels)]
        return _binary_grammar(m, zeros)

    return grammars()


def _binary_grammar(m: int, zeros: Sequence[tuple[int, int]]) -> Grammar:
    starts = [count for j, k in zeros for count in (j + k, 2 * m - j - k)]
    s = max(2, 1 + (max(starts) - 1).bit_length())
    levels = []
    for j, k in zeros:
        first, second = iter(range(2 ** (s - 1))), iter(range(2 ** (s - 1), 2**s))
        level = []
        for count in (j, k):
            level += [next(first) for _ in range(count)] + [next(second) for _ in range(m - count)]
        levels.append(level)
    return _grammar(2, m, s, levels)


def _grammar(V: int, m: int, s: int, numbers: Sequence[Sequence[int]]) -> Grammar:
    """The grammar whose patches are numbered in base V, dealt to the symbols in their order."""
    levels = [
        tuple([_digits(n, V, s) for n in row[at : at + m]] for at in range(0, V * m, m))
        for row in numbers
    ]
    return Grammar((V,) * (len(levels) + 1), tuple(levels))  # type: ignore[arg-type]


def _digits(number: int, base: int, length: int) -> list[int]:
    return [number // base**place % base for place in reversed(range(length))]


def first_token_grammars() -> SearchStrategy[Grammar]:
    """Grammars uniform in the first token: every token starts m patches of every level."""
    from hypothesis import strategies as st

    @st.composite
    def grammars(draw: DrawFn) -> Grammar:
        levels = draw(st.integers(2, DEEPEST + 1))
        V = draw(st.integers(2, LARGEST_VOCABULARY))
        m = draw(st.integers(1, min(V, 3)))
        rules: list[tuple[list[list[int]], ...]] = []
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
