"""What the layerwise learner attains when some symbols cannot be told apart by their label law.

At N -> infinity and perfect resolution, stage l maps the tuple of representations of a level-l
patch's tokens to q_t = P(label | the first patch's tuple = t). Tuples with the same q_t become one
representation, and whatever distinguished them is lost to the levels above. A tuple that never
comes first was never trained on; all of these share one representation, "unseen".
"""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from theory.errors import InputError
from theory.grammar import Grammar
from theory.grammar_checks import Floats, Integers
from theory.population import first_token_law, separation_rounding

# The law of the representation of one symbol: {representation: probability}.
RepresentationLaw = dict[int, float]


class _Tuples(NamedTuple):
    """The law of the tuple of representations of a patch, given the symbol that produces it.

    law: (tuples, V_{l-1}) sparse. roundings: a bound on those behind an entry of the law.
    """

    law: csr_array
    roundings: int


def attainable_accuracy(grammar: Grammar, *, most_tuples: int = 10**5) -> float:
    """Return the accuracy of the layerwise learner (R26 Sec. 2.2) with unlimited samples.

    It is 1 where the grammar is non-ambiguous, every patch can come first and no two non-synonyms
    share q; otherwise representations merge, and this is what remains. Let R_l(nu, r) be the law of
    the representation r of a level-l symbol nu, the identity at the leaves. Each level computes
    the law of the tuple t given the parent, then q_t, and merges tuples of one q_t into R_{l-1}.
    The accuracy is the sum over top tuples of max_label P[t, label]. Values of q_t that agree
    within rounding count as one.

    Raises InputError where the tuples of a level are more than `most_tuples`: an ambiguous symbol
    has as many representations as there are different guesses about it.
    """
    laws: list[RepresentationLaw] = [{token: 1.0} for token in range(grammar.vocabularies[-1])]
    roundings = 0
    for level in range(grammar.levels, 1, -1):
        tuples = _tuple_law(grammar, level, laws, roundings, most_tuples)
        joint = _joint(grammar, level, tuples)
        tolerance = separation_rounding(grammar, level, tuples.roundings)
        laws, roundings = _merge(tuples, _representations(joint, tolerance))
    top = _joint(grammar, 1, _tuple_law(grammar, 1, laws, roundings, most_tuples))
    return min(1.0, float(top.max(axis=1).sum()))


def _tuple_law(
    grammar: Grammar, level: int, laws: list[RepresentationLaw], roundings: int, most: int
) -> _Tuples:
    """Compute the law of tuples at a level from that of the representations of its tokens."""
    rules = grammar.level_rules(level - 1)
    _check_count(level, rules.patch, laws, most)
    index: dict[tuple[int, ...], int] = {}
    entries: list[tuple[int, int, float]] = []
    for parent, patch, probability in zip(*rules, strict=True):
        if probability > 0:
            for representations, weight in _expansions([laws[token] for token in patch]):
                column = index.setdefault(representations, len(index))
                entries.append((column, int(parent), float(probability) * weight))
    rows, columns, values = zip(*entries, strict=True)
    shape = (len(index), grammar.vocabularies[level - 1])
    # A product of s representation laws and a rule's probability, then a sum of repeated entries.
    terms = int(np.unique(np.array(rows) * shape[1] + columns, return_counts=True)[1].max())
    branching = grammar.branching
    return _Tuples(
        csr_array((values, (rows, columns)), shape=shape),
        branching * (roundings + 1) + 2 + terms,
    )


def _expansions(laws: Sequence[RepresentationLaw]) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield the tuples of representations that a patch can take, with their probabilities."""
    for choice in product(*(law.items() for law in laws)):
        yield tuple(representation for representation, _ in choice), prod(p for _, p in choice)


def _check_count(level: int, patches: Integers, laws: list[RepresentationLaw], most: int) -> None:
    count = sum(prod(len(laws[token]) for token in patch) for patch in patches)
    if count > most:
        field = f"the number of representations of level-{level} patches"
        raise InputError(field, count, f"at most {most}, to compute the attainable accuracy")


def _joint(grammar: Grammar, level: int, tuples: _Tuples) -> Floats:
    """Return P[tuple of the first level-l patch, label], (tuples, n)."""
    labels = grammar.label_prior[:, None] * first_token_law(grammar, level - 1)
    joint: Floats = tuples.law @ labels.T
    return joint


def _representations(joint: Floats, tolerance: float) -> Integers:
    """Number the distinct values of q_t; tuples that never come first share the last number.

    A tuple joins the first one whose q is within the tolerance, which bounds the difference of two
    computed values of one q.
    """
    probability = joint.sum(axis=1)
    seen = np.flatnonzero(probability > 0)
    q = joint[seen] / probability[seen, None]
    tree = cKDTree(q)
    number = np.full(len(seen), -1, dtype=np.int64)
    count = 0
    for row in range(len(seen)):
        if number[row] < 0:
            near = np.array(tree.query_ball_point(q[row], tolerance))
            number[near[number[near] < 0]] = count
            count += 1
    representations = np.full(len(joint), count, dtype=np.int64)
    representations[seen] = number
    return representations


def _merge(tuples: _Tuples, representations: Integers) -> tuple[list[RepresentationLaw], int]:
    """Return the representation laws one level up, and the roundings behind their entries."""
    width = tuples.law.shape[1]
    laws: list[RepresentationLaw] = [{} for _ in range(width)]
    most = 0
    by_parent = tuples.law.tocsc()
    for parent, law in enumerate(laws):
        column = slice(by_parent.indptr[parent], by_parent.indptr[parent + 1])
        rows, values = by_parent.indices[column], by_parent.data[column]
        for representation in np.unique(representations[rows]):
            law[int(representation)] = float(values[representations[rows] == representation].sum())
        most = max(most, len(rows))
        if len(law) == 1:  # certain, whatever was rounded on the way
            laws[parent] = dict.fromkeys(law, 1.0)
    certain = all(len(law) == 1 for law in laws)
    return laws, 0 if certain else tuples.roundings + most
