"""Exact laws of a grammar's patches and of a signal, for any number of levels.

The laws of tokens that they are made of stand in :mod:`layerproof.theory.token_laws`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from layerproof.theory.exact_law import (
    ExactLaw,
    alike_but_for_rounding,
    possible_first_tokens,
    spread,
    square_root,
)
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Booleans, Floats, Integers, read_only
from layerproof.theory.signals import LABEL, Signal

# Entries of one block of the table of pairwise distances: bounds the memory at any vocabulary.
BLOCK_ENTRIES = 2**22


MOST_EXACT_STEPS = 300_000
"""Products of probabilities that are worked out exactly, as fractions: some seconds."""

TRUSTED = 2.0**-960
"""A patch as rare as this may owe its q to products that underflow: each is then off by some
2^-1075, which is a share of 2^-100 of a patch that is more common, far below any rounding."""


class ClosestPair(NamedTuple):
    """The least separation rho of two non-synonyms, and the patches; inf and None without any.

    unknown: why it cannot be told whether rho, given as 0.0, is not a small positive number.
    """

    rho: float
    first: tuple[int, ...] | None
    second: tuple[int, ...] | None
    unknown: str = ""


@dataclass(frozen=True, eq=False)
class PatchLaw:
    """The joint law of the first level-l patch and the label (R26 eq. 4), or another signal.

    patch (n_p, s): P_l, sorted. joint (n_p, n): P[first patch = mu, signal = zeta].
    parent_mask (n_p, V_{l-1}): which symbols produce the patch.
    rounding: bound on the error of any |q_mu - q_mu'| computed from `joint`.
    position: which level-l patch of the string, 0 for the first; None for one drawn uniformly.
    signal: what q is the law of; n is its size at this level.
    """

    grammar: Grammar
    level: int
    patch: Integers
    joint: Floats
    parent_mask: Booleans
    rounding: float
    position: int | None = 0
    signal: Signal = LABEL

    @cached_property
    def probability(self) -> Floats:
        """P[first level-l patch = mu], (n_p,)."""
        return read_only(self.joint.sum(axis=1))

    @cached_property
    def can_come_first(self) -> Booleans:
        """Whether a patch is ever the first of its level, (n_p,)."""
        return read_only(self.probability > 0)

    @cached_property
    def posterior(self) -> Floats:
        """q: the signal's law given that the first patch is mu, (n_p, n); nan where it never is."""
        q = np.full_like(self.joint, np.nan)
        first = self.can_come_first
        q[first] = self.joint[first] / self.probability[first, None]
        return read_only(q)

    @cached_property
    def parent(self) -> Integers:
        """The symbol that produces the patch, (n_p,); -1 where there are several."""
        single = self.parent_mask.sum(axis=1) == 1
        return read_only(np.where(single, self.parent_mask.argmax(axis=1), -1))

    def tokens(self, index: int) -> tuple[int, ...]:
        """Return a patch as a tuple of tokens."""
        return tuple(int(token) for token in self.patch[index])


def patch_law(
    grammar: Grammar, level: int, position: int | None = 0, signal: Signal = LABEL
) -> PatchLaw:
    """Return the joint law of the level-l patch at `position` and the signal; level from 1 to L.

    The first patch by default; None is a patch drawn uniformly from the s^(level-1).
    """
    patch, law = grammar.patches(level)
    joint = signal.joint(grammar, level, position)
    rounding = separation_rounding(grammar, level, 2, signal)
    mask = read_only((law > 0).T)
    return PatchLaw(grammar, level, patch, read_only(joint), mask, rounding, position, signal)


def equally_likely_first(law: PatchLaw) -> bool:
    """Whether κ = 1: all patches come first with one probability, in rational arithmetic.

    Floating point is asked first, and believed where it differs by more than it can be off.
    """
    p = law.probability
    off = 2.0 * law.joint.shape[1] * joint_rounding(law.grammar, law.level, law.signal)
    if np.ptp(p) > off * p.max():
        return False
    exact = ExactLaw(law.grammar)
    tokens = exact.first_tokens(law.level - 1)
    shares = [
        sum((tokens[parent] * share for parent, share in parents.items()), Fraction(0))
        for parents in exact.patches(law.level).values()
    ]
    return spread(shares) == 0


def mean_square_separation(law: PatchLaw) -> float:
    """Return the mean of |q_mu - q_mu'|^2 over unordered pairs of non-synonyms that can come first.

    nan where there is no such pair.
    """
    groups = _groups(law)
    total = weight = 0.0
    for rows, distance, separate in _separate_pairs(groups):
        weights = np.outer(groups.size[rows], groups.size) * separate
        total += float((weights * distance**2).sum())
        weight += float(weights.sum())
    return total / weight if weight else math.nan


def mean_square_norm(law: PatchLaw) -> float:
    """Return the mean of |q_mu|^2 over the patches that can come first."""
    return float((law.posterior[law.can_come_first] ** 2).sum(axis=1).mean())


def crossover_samples(law: PatchLaw) -> float:
    """Return the sample size at which noise between synonyms equals the separation of others.

    N_x = 2 mean_mu[(1 - |q_mu|^2)/p_mu] / mean |q_mu - q_mu'|^2, since N samples estimate q_mu with
    mean-square error (1 - |q_mu|^2)/(N p_mu). Averages are over patches that can come first. inf
    where the separation is zero within rounding, nan where there are no non-synonyms.
    """
    separation = mean_square_separation(law)
    if separation <= law.rounding**2:
        return math.inf
    return 2.0 * mean_noise(law) / separation


def mean_noise(law: PatchLaw) -> float:
    """Return mean_mu[(1 - |q_mu|^2)/p_mu] over patches that can come first: N times their noise."""
    first = law.can_come_first
    spread = np.maximum(0.0, 1.0 - (law.posterior[first] ** 2).sum(axis=1))
    with np.errstate(over="ignore"):  # inf where a patch is as rare as that
        return float((spread / law.probability[first]).mean())


def closest_non_synonyms(law: PatchLaw) -> ClosestPair:
    """Return rho^(l), the least |q_mu - q_mu'| over non-synonyms that can come first, and the pair.

    rho is exactly 0.0 where the two share q. Where floating point cannot tell, below `law.rounding`
    or for patches that come first more rarely than a double holds, pairs are compared in exact
    arithmetic. It says `unknown` where numbers of the grammar that were rounded to doubles explain
    the difference, where the pairs are too many, off the first position, and where the signal does
    not say how.
    """
    groups = _groups(law, possible_first(law))
    rho, pair, doubtful = math.inf, None, False
    for rows, distance, separate in _separate_pairs(groups):
        certain = separate & (distance > law.rounding)  # false for nan
        doubtful |= bool((separate & ~certain).any())
        masked = np.where(certain, distance, math.inf)
        i, j = divmod(int(masked.argmin()), masked.shape[1])
        if masked[i, j] < rho:
            rho, pair = float(masked[i, j]), (rows.start + i, j)
    if doubtful:
        return _settled(law, groups, ClosestPair(rho, *_tokens(law, groups, pair)))
    return ClosestPair(rho, *_tokens(law, groups, pair))


def possible_first(law: PatchLaw) -> Booleans:
    """Whether a patch is ever the first of its level, (n_p,), also where a double has p_mu as 0."""
    if law.position != 0 or law.can_come_first.all():
        return law.can_come_first
    tokens = possible_first_tokens(law.grammar, law.level - 1)
    return np.asarray(law.parent_mask[:, tokens].any(axis=1))


def has_non_synonyms(law: PatchLaw) -> bool:
    """Return whether there is a pair of non-synonyms that can come first."""
    mask = _groups(law).parent_mask.astype(np.float32)
    return bool((mask @ mask.T == 0).any())


def closest_distinct(law: PatchLaw) -> float:
    """Return the least |q_mu - q_mu'| that is not zero within rounding, of patches that come first.

    The separation of the pairs that can be told apart at all; inf where there are none.
    """
    least = math.inf
    for _, distance, _ in _separate_pairs(_groups(law)):
        least = min(least, float(distance.min(initial=math.inf, where=distance > law.rounding)))
    return least


class _Groups(NamedTuple):
    """Patches that can come first, grouped where they have one and the same parent, hence one q:
    all by themselves with a signal that is not synonym-blind.

    leader: the first patch of each group; size: its number of patches; posterior (k, n);
    parent_mask (k, V).
    """

    leader: Integers
    size: Integers
    posterior: Floats
    parent_mask: Booleans


def _groups(law: PatchLaw, candidates: Booleans | None = None) -> _Groups:
    """The groups of the candidates, by default those that come first; q is nan of rarer ones."""
    # A patch with several parents mixes their laws with its own weights: a group of its own.
    several = law.parent_mask.shape[1] + np.arange(len(law.patch))
    blind = "synonym-blind" not in law.signal.broken(law.grammar, law.level)
    key = np.where((law.parent >= 0) & blind, law.parent, several)
    found = np.flatnonzero(law.can_come_first if candidates is None else candidates)
    _, first, size = np.unique(key[found], return_index=True, return_counts=True)
    order = np.argsort(first)
    leader = found[first[order]]
    q = law.posterior[leader]
    if candidates is not None:
        q = np.where(law.probability[leader, None] > TRUSTED, q, np.nan)
    return _Groups(leader, size[order], q, law.parent_mask[leader])


def _tokens(
    law: PatchLaw, groups: _Groups, pair: tuple[int, int] | None
) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
    if pair is None:
        return None, None
    return law.tokens(groups.leader[pair[0]]), law.tokens(groups.leader[pair[1]])


def _separate_pairs(groups: _Groups) -> Iterator[tuple[slice, Floats, Booleans]]:
    """Yield, for blocks of rows, the distances to all groups and which pairs are non-synonyms.

    Every unordered pair is marked once. Distances are taken from differences: a Gram matrix would
    lose separations below sqrt(eps).
    """
    from scipy.spatial.distance import cdist  # here: see `patch_law`

    count = len(groups.leader)
    mask = groups.parent_mask.astype(np.float32)
    height = max(1, BLOCK_ENTRIES // max(count, 1))
    for start in range(0, count, height):
        rows = slice(start, min(start + height, count))
        later = np.arange(count) > np.arange(rows.start, rows.stop)[:, None]
        separate = later & (mask[rows] @ mask.T == 0)
        yield rows, cdist(groups.posterior[rows], groups.posterior), separate


def _settled(law: PatchLaw, groups: _Groups, certain: ClosestPair) -> ClosestPair:
    """The closest pair, by exact arithmetic on those that floating point cannot tell apart."""
    blocks = [
        np.argwhere(separate & ~(distance > law.rounding)) + np.array([rows.start, 0])
        for rows, distance, separate in _separate_pairs(groups)
    ]
    pairs = np.concatenate(blocks)  # there may be millions, of which the first may settle it
    rules = sum(len(patches) for level in law.grammar.rules[: law.level - 1] for patches in level)
    rounded = not law.grammar.rules_equally_likely
    if law.position != 0 or (rounded and rules * len(np.unique(pairs)) > MOST_EXACT_STEPS):
        why = f"{len(pairs)} pairs lie closer than rounding, too many to be settled exactly"
        return ClosestPair(0.0, *_tokens(law, groups, tuple(pairs[0])), why)
    exact, least, alike = _ExactPosteriors(law, groups), None, None
    behind = law.signal.rules_behind(law.grammar, law.level)
    for pair in map(tuple, pairs):
        q, other = exact[pair[0]], exact[pair[1]]
        if q is None or other is None:
            why = f"q of the signal {law.signal.name} differs by less than rounding"
            return ClosestPair(0.0, *_tokens(law, groups, pair), why)
        square = sum(((a - b) ** 2 for a, b in zip(q, other, strict=True)), Fraction(0))
        if not square:
            return ClosestPair(0.0, *_tokens(law, groups, pair))
        if alike is None and alike_but_for_rounding(law.grammar, behind, q, other):
            alike = square, pair
        if least is None or square < least[0]:
            least = square, pair
    if alike is not None:
        why = f"q differs by {square_root(alike[0]):.2g} only, as numbers rounded to doubles may"
        return ClosestPair(0.0, *_tokens(law, groups, alike[1]), why)
    assert least is not None  # there is a doubtful pair
    rho = square_root(least[0])
    if rho == 0.0:
        why = "q differs by less than the smallest double"
        return ClosestPair(0.0, *_tokens(law, groups, least[1]), why)
    return min(certain, ClosestPair(rho, *_tokens(law, groups, least[1])), key=lambda p: p.rho)


class _ExactPosteriors(dict[int, list[Fraction] | None]):
    """q of each group in rational arithmetic, worked out when it is first asked for; None where the
    signal does not say how.
    """

    def __init__(self, law: PatchLaw, groups: _Groups) -> None:
        self._law, self._leader, self._exact = law, groups.leader, ExactLaw(law.grammar)
        self._patches = self._exact.patches(law.level)

    def __missing__(self, group: int) -> list[Fraction] | None:
        parents = self._patches[self._law.tokens(self._leader[group])]
        symbols = range(self._law.grammar.vocabularies[self._law.level - 1])
        upward = [parents.get(symbol, Fraction(0)) for symbol in symbols]
        self[group] = self._law.signal.exact_posterior(self._exact, self._law.level, upward)
        return self[group]


def separation_rounding(
    grammar: Grammar, level: int, roundings: int, signal: Signal = LABEL
) -> float:
    """Bound the error of a computed |q - q'|, by counting roundings (Higham 2002, Sec. 3.1).

    roundings: those behind the probability of what is seen, given the level-(l-1) symbol.

    Nothing is subtracted on the way to q, so every entry carries a relative error: each rounding
    adds at most u = eps/2, and k of them at most k u / (1 - k u). A rule's probability takes two
    (a sum rounded once and a quotient), a transition entry up to s m more, and a product with a
    transition V_l: one multiplication and V_l - 1 additions, in any order.
    """
    n = signal.size(grammar, level)
    # q: the quotient of P[seen, label] with P[seen], a sum of n of these
    steps = 2 * (3 + signal.roundings(grammar, level) + roundings) + n
    relative = relative_rounding(steps)
    # |q| <= 1 for both; the distance takes at most n + 3 roundings of a number below sqrt(2)
    return 2.0 * relative + math.sqrt(2.0) * (n + 3) * UNIT


def joint_rounding(grammar: Grammar, level: int, signal: Signal = LABEL) -> float:
    """Bound the error of a computed P[first patch = mu, label = zeta], at most 1.

    As in :func:`separation_rounding`, against the exact law of the grammar's numbers
    (:mod:`layerproof.theory.exact_law`). A label's law that is left as given adds up to 1 within n
    eps, hence 2 n + 2 roundings of a label's share; then its factor, and two for the rule of the
    patch.
    """
    return relative_rounding(2 * grammar.classes + 5 + signal.roundings(grammar, level))


UNIT = float(np.finfo(np.float64).eps) / 2
"""u, the most by which one operation is off, relative to its result."""


def relative_rounding(steps: int) -> float:
    """What `steps` roundings, each by at most u, make at most: k u / (1 - k u)."""
    return steps * UNIT / (1.0 - steps * UNIT)
