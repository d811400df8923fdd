"""Laws of single tokens and of pairs of them, by products of transition matrices.

Only the tokens on the way from the label to a token decide its law, so it is a product of V x V
matrices (R26 Sec. 2.1, Lemma 20); no string is enumerated.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from layerproof.theory.errors import whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, read_only

Place = tuple[int, int]
"""A token's level, from 0 to L, and its position, from 0 to s^level - 1."""


def first_token_law(grammar: Grammar, level: int) -> Floats:
    """Return P[first level-l token = nu | label], an (n, V_level) array; level from 0 to L.

    It is the product of the first-child transition matrices P_1 ... P_l (R26 Lemma 20).
    """
    return token_law(grammar, level, 0)


def token_law(grammar: Grammar, level: int, position: int | None) -> Floats:
    """Return P[level-l token at `position` = nu | label], an (n, V_level) array.

    The transition to the child on the way there takes the place of the first one. None is a
    position drawn uniformly from the s^level: the mean transition over all children.
    """
    _check_place(grammar, level, 0 if position is None else position)
    law: Floats = read_only(np.eye(grammar.classes))
    if position == 0:  # for every level, from that of the level above
        for above in range(level):
            law = grammar.once(("first token", above + 1), partial(_step, law, grammar, above, [0]))
        return law
    for above in range(level):
        law = _step(law, grammar, above, _children_on_the_way(grammar, level, above, position))
    return law


def pair_law(grammar: Grammar, one: Place, other: Place) -> Floats:
    """Return P[token at `one` = nu, token at `other` = k], wherever the two stand.

    From the last token above both down to each of them. One may stand above the other, or be it.

    >>> grammar = Grammar((2, 2), [[[[0, 1]], [[1, 1], [1, 0]]]])
    >>> pair_law(grammar, (1, 0), (1, 1))  # the two children of the label
    array([[0.  , 0.5 ],
           [0.25, 0.25]])
    >>> pair_law(grammar, (1, 0), (0, 0))  # the first child and the label
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    first, second = _way_to(grammar, *one), _way_to(grammar, *other)
    shared = 0
    while first[: shared + 1] == second[: shared + 1] and shared < min(len(first), len(second)):
        shared += 1
    position = sum(
        child * grammar.branching**power for power, child in enumerate(reversed(first[:shared]))
    )
    law = grammar.label_prior @ token_law(grammar, shared, position)
    if shared in (len(first), len(second)):
        start, both = shared, np.diag(law)
    else:
        rules, start = grammar.level_rules(shared), shared + 1
        both = np.zeros((grammar.vocabularies[start],) * 2)
        children = rules.patch[:, first[shared]], rules.patch[:, second[shared]]
        np.add.at(both, children, law[rules.parent] * rules.probability)
    for above in range(start, len(first)):
        both = transition(grammar, above, [first[above]]).T @ both
    for above in range(start, len(second)):
        both = both @ transition(grammar, above, [second[above]])
    return read_only(both)


def transition(grammar: Grammar, level: int, children: Sequence[int]) -> Floats:
    """Return P[child = nu' | level-l symbol = nu], (V_level, V_(level+1)), the mean of `children`.

    Children count from 0; the rows of symbols follow their rules' probabilities.
    """
    rules = grammar.level_rules(level)
    found = np.zeros((grammar.vocabularies[level], grammar.vocabularies[level + 1]))
    for child in children:
        np.add.at(found, (rules.parent, rules.patch[:, child]), rules.probability)
    return np.asarray(found / len(children))


def path_roundings(grammar: Grammar, level: int) -> int:
    """Those of the transitions above a level, and of the product over level-(l-1) symbols."""
    # Every rule enters a mean transition once for each child, which is then divided.
    most = grammar.once(("most rules", 0), lambda: [max(map(len, lv)) for lv in grammar.rules])
    steps = sum(
        grammar.branching * most[above] + 1 + grammar.vocabularies[above]
        for above in range(level - 1)
    )
    return steps + grammar.vocabularies[level - 1]


def _step(law: Floats, grammar: Grammar, above: int, children: Sequence[int]) -> Floats:
    """The law of a token one level below `above`: any of the `children` of one with that law."""
    return read_only(law @ transition(grammar, above, children))


def _children_on_the_way(
    grammar: Grammar, level: int, above: int, position: int | None
) -> list[int]:
    """Return the child to take at a level: the digit of the position in base s; all for None."""
    if position is None:
        return list(range(grammar.branching))
    return [position // grammar.branching ** (level - 1 - above) % grammar.branching]


def _way_to(grammar: Grammar, level: int, position: int) -> list[int]:
    """Return the child to take at each level above a token, from the label on."""
    _check_place(grammar, level, position)
    return [_children_on_the_way(grammar, level, above, position)[0] for above in range(level)]


def _check_place(grammar: Grammar, level: int, position: int) -> None:
    whole_number("level", level, minimum=0, maximum=grammar.levels)
    whole_number("position", position, minimum=0, maximum=grammar.branching**level - 1)
