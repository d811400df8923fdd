"""Exact laws of a grammar's first patches, for any number of levels, by first-child transitions.

Only the first token of every level lies on the way from the label to the first patch, so the law of
the first patch is a product of V x V matrices (R26 Sec. 2.1, Lemma 20); no string is enumerated.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from theory.errors import whole_number
from theory.grammar import Grammar
from theory.grammar_checks import Booleans, Floats, Integers, read_only

# Entries of one block of the table of pairwise distances: bounds the memory at any vocabulary.
BLOCK_ENTRIES = 2**22


class ClosestPair(NamedTuple):
    """The least separation rho of two non-synonyms, and the patches; inf and None without any."""

    rho: float
    first: tuple[int, ...] | None
    second: tuple[int, ...] | None


@dataclass(frozen=True, eq=False)
class PatchLaw:
    """The joint law of the first level-l patch and the label (R26 eq. 4).

    patch (n_p, s): P_l, sorted. joint (n_p, n): P[first patch = mu, label = zeta].
    parent_mask (n_p, V_{l-1}): which symbols produce the patch.
    rounding: bound on the error of any |q_mu - q_mu'| computed from `joint`.
    position: which level-l patch of the string, 0 for the first; None for one drawn uniformly.
    """

    grammar: Grammar
    level: int
    patch: Integers
    joint: Floats
    parent_mask: Booleans
    rounding: float
    position: int | None = 0

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
        """q: the label's law given that the first patch is mu, (n_p, n); nan where it never is."""
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
    whole_number("level", level, minimum=0, maximum=grammar.levels)
    if position is not None:
        whole_number("position", position, minimum=0, maximum=grammar.branching**level - 1)
    law: Floats = read_only(np.eye(grammar.classes))
    if position == 0:  # for every level, from that of the level above
        for above in range(level):
            law = grammar.once(("first token", above + 1), partial(_step, law, grammar, above, [0]))
        return law
    for above in range(level):
        law = _step(law, grammar, above, _children_on_the_way(grammar, level, above, position))
    return law


def _step(law: Floats, grammar: Grammar, above: int, children: list[int]) -> Floats:
    """The law of a token one level below `above`: any of the `children` of one with that law."""
    rules = grammar.level_rules(above)
    transition = np.zeros((grammar.vocabularies[above], grammar.vocabularies[above + 1]))
    for child in children:
        np.add.at(transition, (rules.parent, rules.patch[:, child]), rules.probability)
    return read_only(law @ (transition / len(children)))


def _children_on_the_way(
    grammar: Grammar, level: int, above: int, position: int | None
) -> list[int]:
    """Return the child to take at a level: the digit of the position in base s; all for None."""
    if position is None:
        return list(range(grammar.branching))
    return [position // grammar.branching ** (level - 1 - above) % grammar.branching]


def patch_law(grammar: Grammar, level: int, position: int | None = 0) -> PatchLaw:
    """Return the joint law of the level-l patch at `position` and the label; level from 1 to L.

    The first patch by default; None is a patch drawn uniformly from the s^(level-1).
    """
    from scipy.sparse import csr_array  # here: a prediction for an ensemble does without scipy

    patch, law = grammar.patches(level)
    tokens = token_law(grammar, level - 1, position)
    joint = csr_array(law.T) @ (grammar.label_prior[:, None] * tokens).T
    rounding = separation_rounding(grammar, level, 2)
    mask = read_only((law > 0).T)
    return PatchLaw(grammar, level, patch, read_only(joint), mask, rounding, position)


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

    rho is exactly 0.0 where the two share q. Below `law.rounding` floating point cannot tell: there
    pairs are compared in exact arithmetic where rule probabilities are uniform, hence known
    exactly, and count as equal where they were given as decimals, or off the first position.
    """
    groups = _groups(law)
    rho, pair = math.inf, None
    for rows, distance, separate in _separate_pairs(groups):
        masked = np.where(separate, distance, math.inf)
        i, j = divmod(int(masked.argmin()), masked.shape[1])
        if masked[i, j] < rho:
            rho, pair = float(masked[i, j]), (rows.start + i, j)
    if pair is None:
        return ClosestPair(math.inf, None, None)
    if rho <= law.rounding:
        rho, pair = _below_rounding(law, groups, pair)
    first, second = (law.tokens(groups.leader[group]) for group in pair)
    return ClosestPair(rho, first, second)


def closest_distinct(law: PatchLaw) -> float:
    """Return the least |q_mu - q_mu'| that is not zero within rounding, of patches that come first.

    The separation of the pairs that can be told apart at all; inf where there are none.
    """
    least = math.inf
    for _, distance, _ in _separate_pairs(_groups(law)):
        least = min(least, float(distance.min(initial=math.inf, where=distance > law.rounding)))
    return least


class _Groups(NamedTuple):
    """Patches that can come first, grouped where they have one and the same parent, hence one q.

    leader: the first patch of each group; size: its number of patches; posterior (k, n);
    parent_mask (k, V).
    """

    leader: Integers
    size: Integers
    posterior: Floats
    parent_mask: Booleans


def _groups(law: PatchLaw) -> _Groups:
    # A patch with several parents mixes their laws with its own weights: a group of its own.
    several = law.parent_mask.shape[1] + np.arange(len(law.patch))
    key = np.where(law.parent >= 0, law.parent, several)
    candidates = np.flatnonzero(law.can_come_first)
    _, first, size = np.unique(key[candidates], return_index=True, return_counts=True)
    order = np.argsort(first)
    leader = candidates[first[order]]
    return _Groups(leader, size[order], law.posterior[leader], law.parent_mask[leader])


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


def _below_rounding(
    law: PatchLaw, groups: _Groups, found: tuple[int, int]
) -> tuple[float, tuple[int, int]]:
    """Settle by exact arithmetic which non-synonyms closer than rounding are closest."""
    if law.grammar.probabilities is not None or law.position != 0:
        return 0.0, found
    exact: dict[int, list[Fraction]] = {}
    best: tuple[Fraction, tuple[int, int]] | None = None
    for rows, distance, separate in _separate_pairs(groups):
        for row, j in np.argwhere(separate & (distance <= law.rounding)):
            pair = (rows.start + int(row), int(j))
            for group in pair:
                if group not in exact:
                    exact[group] = _exact_posterior(law, int(groups.leader[group]))
            q, other = exact[pair[0]], exact[pair[1]]
            square = sum(((a - b) ** 2 for a, b in zip(q, other, strict=True)), Fraction(0))
            if best is None or square < best[0]:
                best = (square, pair)
            if not square:
                return 0.0, pair
    assert best is not None  # the pair found is among those within rounding
    return _square_root(best[0]), best[1]


def _exact_posterior(law: PatchLaw, index: int) -> list[Fraction]:
    """Return q_mu in rational arithmetic, walking from the parents up to the labels.

    Uniform rules: symbol nu of m_nu rules takes each with probability exactly 1/m_nu.
    """
    grammar, level = law.grammar, law.level
    upward = [Fraction(0)] * grammar.vocabularies[level - 1]
    for parent in np.flatnonzero(law.parent_mask[index]):
        upward[parent] = Fraction(1, len(grammar.rules[level - 1][parent]))
    for above in reversed(range(level - 1)):
        upward = [
            sum((upward[token] for token in patches[:, 0]), Fraction(0)) / len(patches)
            for patches in grammar.rules[above]
        ]
    joint = [Fraction(float(p)) * u for p, u in zip(grammar.label_prior, upward, strict=True)]
    total = sum(joint, Fraction(0))
    return [entry / total for entry in joint]


def _square_root(square: Fraction) -> float:
    """Return the square root of a fraction that may be below the range of floats when squared."""
    shift = max(0, square.denominator.bit_length() - square.numerator.bit_length()) // 2
    return math.ldexp(math.sqrt(square * 4**shift), -shift)


def separation_rounding(grammar: Grammar, level: int, roundings: int) -> float:
    """Bound the error of a computed |q - q'|, by counting roundings (Higham 2002, Sec. 3.1).

    roundings: those behind the probability of what is seen, given the level-(l-1) symbol.

    Nothing is subtracted on the way to q, so every entry carries a relative error: each rounding
    adds at most u = eps/2, and k of them at most k u / (1 - k u). A rule's probability takes two
    (a sum rounded once and a quotient), a transition entry up to s m more, and a product with a
    transition V_l: one multiplication and V_l - 1 additions, in any order.
    """
    # Every rule enters a mean transition once for each child, which is then divided.
    most = grammar.once(("most rules", 0), lambda: [max(map(len, lv)) for lv in grammar.rules])
    steps = sum(
        grammar.branching * most[above] + 1 + grammar.vocabularies[above]
        for above in range(level - 1)
    )
    # P[seen, label]: the prior (two) and its factor, then a product over level-(l-1) symbols
    steps += 3 + roundings + grammar.vocabularies[level - 1]
    # q: its quotient with P[seen], a sum of n of these
    steps = 2 * steps + grammar.classes
    unit = float(np.finfo(np.float64).eps) / 2
    relative = steps * unit / (1.0 - steps * unit)
    # |q| <= 1 for both; the distance takes at most n + 3 roundings of a number below sqrt(2)
    return 2.0 * relative + math.sqrt(2.0) * (grammar.classes + 3) * unit
