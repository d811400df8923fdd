"""Real strings against noise: noise-contrastive estimation, discriminators, replaced tokens.

One patch tells next to nothing. Where patches are equally likely, noise makes every grammatical
patch with one probability, so q is one and the same for all of them, and rho is 0
(`derived.noise-patch`): what can be learned is which tuples are grammatical, not which are
synonyms.
Two patches do tell, by how much likelier they are together than apart: see :class:`NoisePairs`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.signals.base import Signal, TreeShape
from layerproof.theory.signals.nested import MOST
from layerproof.theory.signals.origin import OTHER_STRINGS, OriginSignal
from layerproof.theory.signals.own_latent import OwnLatent
from layerproof.theory.token_laws import Place, pair_law, token_law

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble
    from layerproof.theory.exact_law import ExactLaw

FAMILY = "noise"
ALLOWED = f"{FAMILY}:iid, {FAMILY}:blocks, {FAMILY}:pairs or {FAMILY}:level-K, K from 1 to {MOST}"
MOST_TUPLES = 2**20
"""Tuples V^s that are listed, to draw noise from."""


@dataclass(frozen=True)
class Noise(OriginSignal):
    """Whether the string is real, or noise below which everything is grammatical from a level on.

    The level-k tokens of noise are independent and uniform, and grow by the grammar's rules; k is
    `level`, L where the grammar has fewer. Patches below level k are as likely in noise: where
    first tokens are uniform, q = 1/2. A level-k patch is a uniform tuple, one of V^s: q of "real"
    is 1/(1 + f). So noise can teach at its own level alone, and there what is grammatical.
    """

    level: int

    def __post_init__(self) -> None:
        if not isinstance(self.level, int) or not 1 <= self.level <= MOST:
            raise InputError("signal", self.name, ALLOWED)

    @property
    def name(self) -> str:
        """Such as noise:level-2; noise:iid where it is on the leaves of any grammar."""
        return f"{FAMILY}:iid" if self.level == MOST else f"{FAMILY}:level-{self.level}"

    @property
    def help(self) -> str:
        """What it is."""
        where = "leaves" if self.level == MOST else f"tokens of level {self.level}"
        return f"real strings against noise, whose {where} are independent and uniform"

    def shared_from(self, grammar: Grammar) -> int:
        """The level of the noise."""
        return min(self.level, grammar.levels)

    def made(self, grammar: Grammar) -> tuple[Grammar, ...]:
        """The grammar of the noise, with one symbol above its level, and the grammar itself."""
        level = self.shared_from(grammar)
        return noise_grammar(grammar, level, self.name), grammar

    def broken(self, grammar: Grammar, level: int) -> Mapping[str, str]:
        """Strings are others; from its level up, noise is as even as the rules are."""
        found, at = {"same strings": OTHER_STRINGS}, self.shared_from(grammar)
        if level > at:
            return found
        even = grammar.rules_equally_likely and grammar.is_nonambiguous
        if not (even and (level == at or grammar.rules_per_symbol is not None)):
            found["synonym-blind"] = "noise makes synonyms in other shares than the rules do"
            if level < at:
                found["clean"] = "noise has other shares of what stands below a patch"
        return found

    def _exact_tokens(self, grammar: Grammar, number: int, level: int) -> list[Fraction] | None:
        """P[what stands below the first level-(l-1) symbol reads as nu], in noise by counting."""
        at = self.shared_from(grammar)
        if number or level - 1 >= at:
            return super()._exact_tokens(grammar, number, level)
        shares = [Fraction(1, grammar.vocabularies[at])] * grammar.vocabularies[at]
        for above in reversed(range(level - 1, at)):
            shares = [
                sum((_product(shares, patch) for patch in patches.tolist()), Fraction(0))
                for patches in grammar.rules[above]
            ]
        return shares

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """Exact for the uniform-first-token ensemble with as many labels as symbols."""
        from layerproof.theory import predictions_noise as exact
        from layerproof.theory.ensembles import DEFAULT, Averages

        square = ensemble.top == ensemble.vocabulary
        if ensemble.name != DEFAULT or not ensemble.is_uniform or not square:
            return None
        sizes = {key: value for key, value in ensemble.by_key().items() if key in "Vms"}
        at = min(self.level, ensemble.levels)

        def of_level(level: int) -> dict[str, float]:
            real = exact.REAL_SHARE(**sizes, depth=at - level + 1) if level <= at else 0.5
            norm = real**2 + (1 - real) ** 2
            return {
                "mean_square_separation": 0.0,
                "mean_square_norm": norm,
                "crossover_samples": math.inf,
            }

        return Averages(of_level, "exact", ensemble.name, (exact.REAL_SHARE,))


def _product(shares: Sequence[Fraction], patch: Sequence[int]) -> Fraction:
    return math.prod((shares[token] for token in patch), start=Fraction(1))


@dataclass(frozen=True)
class NoiseBlocks(OriginSignal):
    """Whether the string is real, or its s blocks, below the label, come from s different strings.

    As next-sentence prediction and jigsaws from several images have it. Within a block nothing
    changes, so a patch below level 1 has q = 1/2, on every grammar and at every position: a learner
    of single patches sees no difference at all.
    """

    name = f"{FAMILY}:blocks"
    help = "real strings against such whose blocks below the label come from different strings"

    def shared_from(self, grammar: Grammar) -> int:
        """Blocks are those of the grammar."""
        return 1

    def made(self, grammar: Grammar) -> tuple[Grammar, ...]:
        """The label makes all tuples, each token as often as the label does at its place."""
        laws = [
            grammar.label_prior @ token_law(grammar, 1, child) for child in range(grammar.branching)
        ]
        tuples = every_tuple(grammar.vocabularies[1], grammar.branching, self.name)
        share = np.prod([law[column] for law, column in zip(laws, tuples.T, strict=True)], axis=0)
        shuffled = Grammar(
            (1, *grammar.vocabularies[1:]),
            ((tuples,), *grammar.rules[1:]),
            ((share,), *shares_of(grammar)[1:]),
        )
        return shuffled, grammar

    def broken(self, grammar: Grammar, level: int) -> Mapping[str, str]:
        """Strings are others; just below the label the shares of tokens tell synonyms apart."""
        found = {"same strings": OTHER_STRINGS}
        if level == 1:
            found["synonym-blind"] = "tokens of synonyms are likely together by different amounts"
        return found

    def exact_posterior(
        self, law: ExactLaw, level: int, upward: Sequence[Fraction]
    ) -> list[Fraction] | None:
        """1/2 each, below level 1."""
        return [Fraction(1, 2)] * 2 if level > 1 else None


@dataclass(frozen=True)
class NoisePairs(Signal):
    """The token beside the patch, real or of another string, and which of the two it is.

    Two patches where :class:`Noise` has one: what q says of real and other tokens differs by their
    pointwise mutual information, the optimum of a critic that tells real pairs from others. Half of
    the strings have the other token and teach nothing, so q separates by a quarter of what
    `own-latent` does, at four times its price (`derived.noise-pairs`).
    """

    name = f"{FAMILY}:pairs"
    help = "real pairs against noise: the token beside, and whether it is of the same string"
    uniforms = 2

    def place(self, shape: TreeShape, level: int, position: int) -> Place:
        """Where the token stands: that of own-latent."""
        return OwnLatent().place(shape, level, position)

    def size(self, grammar: Grammar, level: int) -> int:
        """Every token as a real one, then every token as one of another string."""
        return 2 * grammar.vocabularies[level]

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        """P[parent = nu, (real, token)], and where the token is independent of the parent."""
        real = pair_law(grammar, (level - 1, position), self.place(grammar, level, position))
        other = real.sum(axis=1, keepdims=True) * self._tokens(grammar, level, position)
        return np.asarray(np.concatenate((real, other), axis=1) / 2)

    def _tokens(self, grammar: Grammar, level: int, position: int) -> Floats:
        return np.asarray(
            grammar.label_prior @ token_law(grammar, *self.place(grammar, level, position))
        )

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """The token, or V_l and the number of one that is drawn by itself."""
        found, place = self.place(grammar, level, position)
        size, other = grammar.vocabularies[level], 0 * tree[0][:, 0]
        edges = self._tokens(grammar, level, position).cumsum()
        for edge in edges[:-1].tolist():
            other = other + 1 * (uniform[:, 1] >= edge)
        real = uniform[:, 0] < 0.5
        return tree[found][:, place] * real + (size + other) * ~real

    def unreachable(self, grammar: TreeShape, level: int) -> str:
        """As for every token outside."""
        return OwnLatent().unreachable(grammar, level)

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """Exact for the uniform-first-token ensemble (`derived.noise-pairs`)."""
        from dataclasses import replace

        from layerproof.theory import predictions_noise as exact

        path = OwnLatent().averages(ensemble)
        if path is None:
            return None
        sizes = {key: value for key, value in ensemble.by_key().items() if key in "Vms"}

        def of_level(level: int) -> dict[str, float]:
            separation = exact.PAIRS_SEPARATION(**sizes)
            crossover = exact.PAIRS_CROSSOVER(**sizes) if separation else math.inf
            return {
                "mean_square_separation": separation,
                "mean_square_norm": exact.PAIRS_NORM(**sizes),
                "crossover_samples": crossover,
            }

        return replace(path, of_level=of_level, formulas=exact.PAIRS_FORMULAS)


def noise_grammar(grammar: Grammar, level: int, name: str) -> Grammar:
    """The grammar of noise: level-`level` tokens independent and uniform, the rules below its own.

    Raises InputError, naming the signal, where tuples of tokens are too many to be listed.
    """
    vocabulary = grammar.vocabularies
    tuples = every_tuple(vocabulary[level], grammar.branching, name)
    single = np.zeros((1, grammar.branching), dtype=np.int64)
    rules = ((single,),) * (level - 1) + ((tuples,),) + grammar.rules[level:]
    even = (np.full(len(tuples), 1.0 / len(tuples)),)
    shares = ((np.ones(1),),) * (level - 1) + (even,) + shares_of(grammar)[level:]
    return Grammar((1,) * level + vocabulary[level:], rules, shares)


def shares_of(grammar: Grammar) -> tuple[tuple[Floats, ...], ...]:
    """The probabilities of all rules, those of equally likely ones too, as [level][symbol]."""
    if grammar.probabilities is not None:
        return grammar.probabilities
    return tuple(
        tuple(np.full(len(patches), 1.0 / len(patches)) for patches in level)
        for level in grammar.rules
    )


def every_tuple(size: int, length: int, name: str) -> Integers:
    """All tuples of `length` tokens, (size^length, length), in their order."""
    if size**length > MOST_TUPLES:
        allowed = f"a signal whose tuples can be listed: here they are {size}^{length}"
        raise InputError("signal", name, f"{allowed}, more than {MOST_TUPLES}")
    grid = np.indices((size,) * length, dtype=np.int64)
    return grid.reshape(length, -1).T


def noise_named(name: str, field: str = "signal") -> Signal:
    """The signal of the family of that name; `noise` alone is noise:iid.

    Raises InputError, naming `field`, where there is none.
    """
    kind = name.removeprefix(FAMILY).removeprefix(":")
    named: dict[str, Signal] = {
        "": Noise(MOST), "iid": Noise(MOST), "blocks": NoiseBlocks(), "pairs": NoisePairs()
    }  # fmt: skip
    if kind in named:
        return named[kind]
    digits = kind.removeprefix("level-")
    if kind == digits or not re.fullmatch("[0-9]{1,4}", digits) or not 1 <= int(digits) < MOST:
        raise InputError(field, name, ALLOWED)
    return Noise(int(digits))


SIGNALS = (Noise(MOST), NoiseBlocks(), Noise(1), NoisePairs())
