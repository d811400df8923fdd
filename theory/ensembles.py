"""Ways to draw a random Grammar: R26's ensemble, uniform in the first token, and C24's, uniform."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import LARGEST_VOCABULARY, Integers
from layerproof.theory.randomness import generator
from layerproof.theory.zipf import check_exponent, reweighted

# The largest grammar that is drawn, in tokens over all its rules: 8 bytes each, and some 100 bytes
# while it is written or read as JSON.
LARGEST_GRAMMAR = 2 * 10**7

# Draws the distinct patches of one level, dealt to the parents: (parents, m, s).
LevelDraw = Callable[[np.random.Generator, int, int, int, int], Integers]


def draw(
    ensemble: str,
    *,
    vocabulary: int,
    rules: int,
    branching: int,
    levels: int,
    classes: int | None = None,
    zipf: float = 0.0,
    label_zipf: float = 0.0,
    seed: int,
) -> Grammar:
    """Draw a non-ambiguous grammar with `rules` rules per symbol.

    ensemble: "uniform-first-token" (R26 App. B): every token starts equally many patches of a
        level, so that the first token is exactly uniform and kappa = 1; or "uniform" (C24 Sec. II):
        the patches of a level are drawn without replacement among all V^s.
    vocabulary, rules, branching, levels, classes: V = V_1 = ... = V_L, m, s, L, and n = V_0 (V
        where None).
    zipf, label_zipf: exponents a of Zipf's law k^(-a) (:mod:`layerproof.theory.zipf`) on the rules
    of every
        symbol and on the labels; uniform by default. The rules do not depend on them.

    The patches of a level are dealt to the parents at random, m each, independently between levels.
    Raises InputError for sizes that are not positive, or where V^s has too few distinct patches.
    """
    whole_number("seed", seed, minimum=0)
    check_drawn(ensemble, vocabulary, rules, branching, levels, classes)
    top = vocabulary if classes is None else classes
    check_exponent("zipf", zipf, rules)
    check_exponent("label_zipf", label_zipf, top)
    parents = [top, *[vocabulary] * (levels - 1)]
    draw_level = ENSEMBLES[ensemble].draw
    drawn = [
        draw_level(generator(seed, "draw", ensemble, level), count, vocabulary, rules, branching)
        for level, count in enumerate(parents)
    ]
    grammar = Grammar((*parents, vocabulary), tuple(tuple(level) for level in drawn))
    if not (zipf or label_zipf):
        return grammar
    return reweighted(grammar, zipf=zipf, label_zipf=label_zipf)


def check_sizes(
    ensemble: str,
    vocabulary: int,
    rules: int,
    branching: int,
    levels: int,
    classes: int | None = None,
) -> None:
    """Raise InputError unless `ensemble` has grammars of these sizes."""
    if ensemble not in ENSEMBLES:
        raise InputError("ensemble", ensemble, " or ".join(ENSEMBLES))
    whole_number("vocabulary", vocabulary, minimum=1, maximum=LARGEST_VOCABULARY)
    whole_number("rules", rules, minimum=1)
    whole_number("branching", branching, minimum=2)
    whole_number("levels", levels, minimum=1)
    if classes is not None:
        whole_number("classes", classes, minimum=1, maximum=LARGEST_VOCABULARY)
    for parents in {classes or vocabulary, vocabulary if levels > 1 else classes or vocabulary}:
        ENSEMBLES[ensemble].check(parents, vocabulary, rules, branching)


def check_drawn(
    ensemble: str,
    vocabulary: int,
    rules: int,
    branching: int,
    levels: int,
    classes: int | None = None,
) -> None:
    """Raise InputError unless `ensemble` has such grammars, and they are small enough to draw."""
    check_sizes(ensemble, vocabulary, rules, branching, levels, classes)
    top = vocabulary if classes is None else classes
    tokens = (top + vocabulary * (levels - 1)) * rules * branching
    if tokens > LARGEST_GRAMMAR:
        allowed = f"at most {LARGEST_GRAMMAR} in all, as a grammar lists every rule"
        raise InputError("vocabulary*levels*rules*branching", tokens, allowed)


def uniform_first_token(
    rng: np.random.Generator, parents: int, vocabulary: int, rules: int, branching: int
) -> Integers:
    """Draw one level in which every token starts parents*m/V patches (R26 App. B).

    Returns (parents, m, s). With n classes other than V this is the ensemble's extension to the
    top level. The sizes must have passed :func:`check_sizes`.
    """
    completions = parents * rules // vocabulary
    patches = _distinct_tuples(rng, vocabulary, completions, vocabulary, branching - 1)
    return rng.permutation(patches).reshape(parents, rules, branching)


def _check_first_token(parents: int, vocabulary: int, rules: int, branching: int) -> None:
    completions, left = divmod(parents * rules, vocabulary)
    if left:
        allowed = f"a divisor of classes*rules = {parents * rules}, so that first tokens share it"
        raise InputError("vocabulary", vocabulary, allowed)
    if _exceeds(completions, vocabulary, branching - 1):
        _refuse_rules(parents, vocabulary, rules, branching)


def uniform(
    rng: np.random.Generator, parents: int, vocabulary: int, rules: int, branching: int
) -> Integers:
    """Draw one level without replacement among all V^s patches (C24 Sec. II).

    Returns (parents, m, s). The sizes must have passed :func:`check_sizes`.
    """
    patches = _distinct_tuples(rng, 1, parents * rules, vocabulary, branching)[:, 1:]
    return rng.permutation(patches).reshape(parents, rules, branching)


def _check_uniform(parents: int, vocabulary: int, rules: int, branching: int) -> None:
    if _exceeds(parents * rules, vocabulary, branching):
        _refuse_rules(parents, vocabulary, rules, branching)


def _exceeds(count: int, base: int, exponent: int) -> bool:
    """Return whether count > base**exponent, without computing a power of many digits."""
    if base > 1 and exponent >= count.bit_length():
        return False
    return bool(count > base**exponent)


def _refuse_rules(parents: int, vocabulary: int, rules: int, branching: int) -> None:
    most = vocabulary**branching // parents
    allowed = f"at most V^s/n = {most}, since n = {parents} symbols share V^s distinct patches"
    raise InputError("rules", rules, allowed)


class RuleEnsemble(NamedTuple):
    """One level's draw, (parents, m, s), and the check of its sizes."""

    draw: LevelDraw
    check: Callable[[int, int, int, int], None]


ENSEMBLES: dict[str, RuleEnsemble] = {
    "uniform-first-token": RuleEnsemble(uniform_first_token, _check_first_token),
    "uniform": RuleEnsemble(uniform, _check_uniform),
}


def _distinct_tuples(
    rng: np.random.Generator, groups: int, count: int, vocabulary: int, width: int
) -> Integers:
    """Draw `count` distinct tuples of {0..V-1}^width for each group: rows (group, *tuple).

    The first `count` distinct values of an iid uniform sequence are a uniform sample without
    replacement; so repeats are dropped and redrawn, and the V^width tuples are never listed (their
    number may exceed 64 bits). Where all must be collected this costs a factor log(count).
    """
    rows = np.empty((0, width + 1), dtype=np.int64)
    lacking = np.arange(groups)
    while len(lacking):
        fresh = np.empty((len(lacking) * count, width + 1), dtype=np.int64)
        fresh[:, 0] = np.repeat(lacking, count)
        fresh[:, 1:] = rng.integers(vocabulary, size=(len(fresh), width))
        rows = np.concatenate([rows, fresh])
        rows = rows[np.sort(_first_of_each(rows, vocabulary))]
        lacking = np.flatnonzero(np.bincount(rows[:, 0], minlength=groups) < count)
    return rows[_rank_within_group(rows[:, 0]) < count]


def _first_of_each(rows: Integers, vocabulary: int) -> Integers:
    """Return the indices at which the distinct rows (group, *tokens) first appear."""
    groups, width = int(rows[:, 0].max()) + 1, rows.shape[1] - 1
    if width * math.log2(vocabulary) + math.log2(groups) < 62:  # one number a row: far quicker
        number = rows[:, 0]
        for token in rows[:, 1:].T:
            number = number * vocabulary + token
        return np.unique(number, return_index=True)[1]
    return np.unique(rows, axis=0, return_index=True)[1]


def _rank_within_group(group: Integers) -> Integers:
    """Return, for each entry, how many earlier entries have the same group."""
    order = np.argsort(group, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(group))])
    rank = np.empty_like(group)
    rank[order] = np.arange(len(group)) - starts[group[order]]
    return rank
