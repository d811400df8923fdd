"""The sample size at which one grammar's learner fails, from its own p, q and rules.

Ensemble averages (:mod:`layerproof.theory.predictions`) say where noise and separation meet in
mean. A string is labelled wrongly where one of its tokens is taken for another, which close pairs
decide; so the size at which strings fail is that of a rate of confusion, summed over pairs.

Derivation: :mod:`layerproof.theory.statements.derived.instance_threshold`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import sympy as sp

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.evaluation import on_arrays
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.inflation import level_inflation
from layerproof.theory.merging import attainable_accuracy
from layerproof.theory.population import (
    BLOCK_ENTRIES,
    PatchLaw,
    closest_non_synonyms,
    mean_noise,
    mean_square_norm,
    patch_law,
)
from layerproof.theory.randomness import derive_seed
from layerproof.theory.schedule import LARGEST_LOG, practical
from layerproof.theory.signals import LABEL, Signal
from layerproof.theory.symbols import (
    N,
    failure,
    inflation,
    l,
    m,
    pair_noise,
    patches,
    probability,
    rho,
    s,
    square_norm,
    square_separation,
)

SMALLEST, LARGEST = 1e-6, 1e9
"""Multiples X of n m^l between which a threshold is looked for."""
AMPLE = 32.0
"""A multiple X of n m^l at which a level is not what fails, by default."""
NEAR = 1.2
"""Two X no further apart than by this factor need no other noise between them."""

FEWEST_RULES, FEWEST_PATCHES, BRANCHING = 3, 36, 2
"""Sizes from which on, and the branching factor at which, X is predicted within a factor 1.5."""

CLOSEST_PAIR = Formula(
    r"N_\rho",
    "sample size at which the noise between synonyms equals the closest pair's separation",
    "derived",
    2 * patches * (1 - square_norm) / rho**2,
)

CONFUSION = Formula(
    r"\pi_{\mu\mu'}",
    "probability that two patches' estimates come closer than half their separation",
    "derived",
    sp.erfc(square_separation * sp.sqrt(N / (8 * inflation * pair_noise))) / 2,
)
"""With d = q_μ' − q_μ, the estimates' difference projected on d has mean ‖d‖² and, at counts N p,
variance I w/N, w = dᵀ(Σ_μ/p_μ + Σ_μ'/p_μ')d, Σ = diag(q) − q qᵀ, I the noise that the levels below
add. Gaussian for many counts, it falls below ‖d‖²/2 with probability ½ erfc(‖d‖² √(N/(8 I w)))."""

UNSEEN = Formula(
    r"u_\mu", "probability that no sample shows a patch", "derived", (1 - probability) ** N
)

FORGOTTEN = Formula(
    r"f_\mu",
    "probability that no sample shows one variant of a patch",
    "derived",
    (1 - probability / m**s) ** N,
)
"""A patch's s tokens come in m variants each, one for a rule, with estimates of their own."""

SURVIVAL = Formula(
    r"1 - E",
    "probability that none of a string's level-l patches is mistaken",
    "derived",
    (1 - failure) ** (s ** (l - 1)),
)

FORMULAS = {
    "confusion": CONFUSION,
    "unseen": UNSEEN,
    "forgotten": FORGOTTEN,
    "survival": SURVIVAL,
}
"""What the prediction is made of, by the names of `derived.instance-threshold`."""


@dataclass(frozen=True, eq=False)
class LevelPairs:
    """Level l as confusions see it: kinds of patches (k,) against the other parents (V_{l-1},).

    Patches of one parent that come first equally often are of one kind: uniform rules have one kind
    a parent. share: the law of the kind at a position drawn at random among all of its level; seen:
    P[first patch = μ] of each patch μ of the kind; separation, noise (k, V_{l-1}): ‖d‖² and w of
    :data:`CONFUSION`, w averaged over the other parent's patches, nan where the parent is the
    patch's own, never comes first or shares q: no sample tells these apart.
    """

    level: int
    share: Floats
    seen: Floats
    separation: Floats
    noise: Floats


@dataclass(frozen=True, eq=False)
class InstanceThreshold:
    """The error that the noise of N^(1), …, N^(L) samples causes on a grammar, and where it fails.

    Patches that were never seen cost the string, and so do pairs of patches whose estimates are
    confused, unless the stage above has seen that very variant of its patch: what was seen is known
    by heart. Parents that share q cost what :func:`layerproof.theory.merging.attainable_accuracy`
    says, which is nothing where no string depends on them. At the first level that the signal
    teaches (1 for the label) patches are not confused: what is guessed there is the signal.
    Estimates are as noisy as a stage of the practical schedule makes them, and variants equally
    likely, as uniform rules make them. `formulas` are those of the statement.
    """

    grammar: Grammar
    formulas: Mapping[str, Formula]
    signal: Signal = LABEL

    @cached_property
    def levels(self) -> Mapping[int, LevelPairs]:
        """The tables of the levels that the signal teaches, 1 to L for the label."""
        shares = patch_shares(self.grammar)
        return {level: _pairs(law, shares[level - 1]) for level, law in self._laws.items()}

    @cached_property
    def _laws(self) -> Mapping[int, PatchLaw]:
        return {level: patch_law(self.grammar, level, signal=self.signal) for level in self._taught}

    @cached_property
    def _taught(self) -> range:
        return self.signal.taught(self.grammar)

    @cached_property
    def attainable(self) -> float:
        """The accuracy with unlimited samples."""
        return attainable_accuracy(self.grammar, self.signal)

    def inflation(self, samples: Sequence[float]) -> dict[int, float]:
        """I^(l) by level, of the practical schedule at N^(1), …, N^(L) samples.

        From the second level that is taught on.
        """
        if len(self._taught) == 1:
            return {}
        # Beyond the range of doubles the noise is nothing.
        whole = [math.ceil(min(count, sys.float_info.max)) for count in samples]
        schedule = practical(self.grammar, samples_per_level=whole, signal=self.signal)
        seed = derive_seed(0, "instance threshold", self.grammar.digest)
        found = {self.grammar.levels: 1.0}
        for level in range(self.grammar.levels - 1, self._taught[0], -1):
            key = (level, *whole[level:])  # what is below decides
            if key not in self._inflation:
                law, below = self._laws[level], self._laws[level + 1]
                self._inflation[key] = level_inflation(
                    law, schedule.stage(level), below, whole[level], found[level + 1], seed=seed
                )
            found[level] = self._inflation[key]
        return found

    @cached_property
    def _inflation(self) -> dict[tuple[int, ...], float]:
        """I of a level at the sample sizes of those below it."""
        return {}

    def mistaken(self, level: int, samples: Sequence[float], inflation: float = 1.0) -> float:
        """The share of level-`level` patches, over all positions, that their stage gets wrong."""
        pairs = self.levels[level]
        count = samples[level - 1]
        unseen = on_arrays(self.formulas["unseen"], probability=pairs.seen, N=count)
        confused = np.zeros_like(unseen)
        if level > self._taught[0]:  # the label is a function of the level-1 patch, without noise
            confused = self._confused(pairs, count, inflation) * self._forgotten(level - 1, samples)
        return float(pairs.share @ np.minimum(1.0, unseen + confused))

    def error(
        self, samples: Sequence[float], inflation: Mapping[int, float] | None = None
    ) -> float:
        """The predicted share of strings whose signal is guessed wrongly at N^(1), …, N^(L).

        `inflation` is that of :meth:`inflation`, where it is at hand.
        """
        noise = self.inflation(samples) if inflation is None else inflation
        kept = self.attainable
        for level in self._taught:
            wrong = min(1.0, self.mistaken(level, samples, noise.get(level, 1.0)))
            kept *= float(
                on_arrays(
                    self.formulas["survival"], failure=wrong, s=self.grammar.branching, l=level
                )
            )
        return 1.0 - kept

    def _forgotten(self, level: int, samples: Sequence[float]) -> float:
        """The share of the variants of level-`level` patches that their stage never saw."""
        pairs = self.levels[level]
        unseen = on_arrays(
            self.formulas["forgotten"],
            probability=pairs.seen, N=samples[level - 1],
            m=self.grammar.mean_rules_per_symbol, s=self.grammar.branching,
        )  # fmt: skip
        return float(pairs.share @ unseen)

    def _confused(self, pairs: LevelPairs, count: float, inflation: float) -> Floats:
        """P[some other parent's estimate is confused with the patch's], (n_p,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            pi = on_arrays(
                self.formulas["confusion"],
                square_separation=pairs.separation, pair_noise=pairs.noise, N=count,
                inflation=inflation,
            )  # fmt: skip
        pi = np.where(np.isnan(pairs.separation), 0.0, pi)  # no pair
        return np.asarray(1.0 - np.prod(1.0 - pi, axis=1))

    def multiple(self, error: float, level: int | None = None, *, ample: float = AMPLE) -> float:
        """The X with N^(l) = X n m^l at which the predicted share of wrong labels is `error`.

        With a `level` X is that of it alone, and all others are given N = ample · n m^l. inf
        where no X below about LARGEST is enough, 0 where even about SMALLEST is. Between two X no
        further than NEAR apart log I is interpolated in log X; as I is a mean over draws, X
        scatters by some per cent. Raises InputError where there is no such level, or `ample` is
        not a positive number.
        """
        if not 0 < ample < math.inf:
            raise InputError("ample", ample, "a positive number")
        if level is not None:
            whole_number("level", level, minimum=self._taught[0], maximum=self.grammar.levels)
        if self.levels and 1.0 - self.attainable > error:  # whatever the number of samples
            return math.inf
        base = stage_sizes(self.grammar)

        def given(multiple: float) -> list[float]:
            return [
                (multiple if level in (None, other) else ample) * size
                for other, size in enumerate(base, start=1)
            ]

        @cache
        def noise(multiple: float) -> dict[int, float]:
            return self.inflation(given(multiple))

        def enough(multiple: float) -> bool:
            return self.error(given(multiple), noise(multiple)) <= error

        low = _last_before(enough)
        if not SMALLEST < low < LARGEST:
            return 0.0 if low <= SMALLEST else math.inf
        low, high = _bisected(enough, low, 2 * low, NEAR)
        first, last = noise(low), noise(high)

        def between(multiple: float) -> dict[int, float]:
            share = math.log(multiple / low) / math.log(high / low)
            return {stage: first[stage] ** (1 - share) * last[stage] ** share for stage in first}

        def near_enough(multiple: float) -> bool:
            return self.error(given(multiple), between(multiple)) <= error

        low, high = _bisected(near_enough, low, high, 1.0 + 1e-9)
        return math.sqrt(low * high)


def outside_claimed_sizes(grammar: Grammar) -> str:
    """Why the predicted X of a grammar is not claimed to lie within a factor 1.5; empty if it is.

    On smaller grammars, and for s > 2, the learner mostly succeeds from fewer strings than
    predicted (`derived.instance-threshold` says by how much).
    """
    fewest = min(len(rules) for level in grammar.rules for rules in level)
    patches = min(sum(map(len, level)) for level in grammar.rules)
    found = (
        f"s is {grammar.branching}" if grammar.branching != BRANCHING else "",
        f"a symbol has {fewest} rules" if fewest < FEWEST_RULES else "",
        f"a level has {patches} patches" if patches < FEWEST_PATCHES else "",
    )
    if not any(found):
        return ""
    return (
        f"{', '.join(filter(None, found))}; claimed for s = {BRANCHING}, at least {FEWEST_RULES}"
        f" rules a symbol and {FEWEST_PATCHES} patches a level"
    )


CRITERION = 10
"""A learner has learned where its test error is so many times below chance (C24)."""


def chance(grammar: Grammar) -> float:
    """The error of the best constant guess of the label."""
    return 1.0 - float(grammar.label_prior.max())


def success_error(grammar: Grammar) -> float:
    """The test error below which a learner has learned: a tenth of chance (C24's criterion)."""
    return chance(grammar) / CRITERION


def stage_sizes(grammar: Grammar) -> list[float]:
    """n m^l for l = 1, …, L: the sample sizes of a multiple of 1 (m the mean where it varies).

    Infinite where a double does not hold it.
    """
    scale, rules = grammar.classes, grammar.mean_rules_per_symbol
    return [
        float(scale * rules**level)
        if math.log(scale) + level * math.log(rules) <= LARGEST_LOG
        else math.inf
        for level in range(1, grammar.levels + 1)
    ]


def patch_shares(grammar: Grammar) -> list[Floats]:
    """The law of the level-l patch at a position drawn at random, for l = 1, …, L: (n_p,) each."""
    tokens, shares = grammar.label_prior, []
    for level in range(1, grammar.levels + 1):
        patch, law = grammar.patches(level)
        share = tokens @ law
        shares.append(share)
        tokens = np.zeros(grammar.vocabularies[level])
        np.add.at(tokens, patch, np.repeat(share[:, None], patch.shape[1], axis=1))
        tokens = tokens / patch.shape[1]
    return shares


def closest_pair_samples(law: PatchLaw, formula: Formula = CLOSEST_PAIR) -> float:
    """N_ρ of a level: where the mean noise between synonyms equals the closest pair's separation.

    inf where the closest pair shares q; 0 where there is no noise.
    """
    separation = closest_non_synonyms(law).rho
    if separation == 0.0:
        return math.inf
    spread = 1.0 - mean_square_norm(law)
    if spread <= law.rounding or math.isinf(separation):
        return 0.0
    values = {"patches": mean_noise(law) / spread, "square_norm": 1.0 - spread, "rho": separation}
    return float(on_arrays(formula, **values))


def _pairs(law: PatchLaw, share: Floats) -> LevelPairs:
    if (law.parent < 0).any():
        raise InputError("grammar", "ambiguous", "one parent for each patch (Definition 4)")
    if broken := law.signal.broken(law.grammar, law.level):
        raise InputError("signal", law.signal.name, f"one that is {' and '.join(broken)}")
    parents = law.parent_mask.shape[1]
    q, inverse = np.full((parents, law.joint.shape[1]), np.nan), np.zeros(parents)
    for parent in range(parents):
        rows = np.flatnonzero((law.parent == parent) & law.can_come_first)
        if len(rows):
            q[parent] = law.posterior[rows[0]]
            inverse[parent] = float((1.0 / law.probability[rows]).mean())
    separation, own, other = _between_parents(q)
    alike = np.stack([law.parent, law.probability])
    _, first, kind = np.unique(alike, axis=1, return_index=True, return_inverse=True)
    parent_of = law.parent[first]
    with np.errstate(divide="ignore"):
        rate = np.where(law.can_come_first[first], 1.0 / law.probability[first], np.inf)
    separation[separation <= law.rounding**2] = np.nan  # its own parent's, too
    noise = own[parent_of] * rate[:, None] + other[parent_of] * inverse[None, :]
    shares = np.zeros(len(first))
    np.add.at(shares, kind.reshape(-1), share)
    return LevelPairs(law.level, shares, law.probability[first], separation[parent_of], noise)


def _between_parents(q: Floats) -> tuple[Floats, Floats, Floats]:
    """‖d‖², and dᵀ(diag(q) − q qᵀ)d with the q of either, of every two parents: (V, V) each."""
    found: list[tuple[Floats, ...]] = []
    height = max(1, BLOCK_ENTRIES // q.size)
    for start in range(0, len(q), height):
        rows = q[start : start + height]
        d = q[None, :, :] - rows[:, None, :]
        square = d**2
        found.append((
            square.sum(axis=2),
            _quadratic(d, square, rows[:, None, :]), _quadratic(d, square, q[None, :, :]),
        ))  # fmt: skip
    separation, own, other = (np.concatenate(part) for part in zip(*found, strict=True))
    return separation, own, other


def _quadratic(d: Floats, square: Floats, q: Floats) -> Floats:
    """dᵀ(diag(q) − q qᵀ)d along the last axis, not below 0."""
    return np.asarray(np.maximum(0.0, (square * q).sum(axis=2) - ((d * q).sum(axis=2)) ** 2))


def _last_before(enough: Callable[[float], bool]) -> float:
    """From 4 outwards in steps of 2, the first X that is not enough while 2 X is.

    SMALLEST or LARGEST where there is none on the way there.
    """
    X = 4.0
    if not enough(X) and not enough(LARGEST):
        return LARGEST
    while not enough(X):
        X *= 2
        if X >= LARGEST:
            return LARGEST
    while enough(X):
        X /= 2
        if X <= SMALLEST:
            return SMALLEST
    return X


def _bisected(
    enough: Callable[[float], bool], low: float, high: float, ratio: float
) -> tuple[float, float]:
    """The ends, of which only `high` is enough, brought within `ratio` of each other."""
    while high / low > ratio:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return low, high
