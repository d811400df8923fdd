"""Signals that say where a string came from: the grammar itself, or another one made of it.

Telling real strings from noise, or by how much a string was turned, is to tell which of several
grammars made it: noise is a string of a grammar in which every tuple is allowed, a turned string
one of a grammar whose rules are turned. So the exact law of such a signal is that of patches in
each of them. A stage is shown patches of its own grammar alone: law, frequencies and samples are
*given that what stands below the patch is grammatical*. What is not is no patch that the theorem
speaks of, and is told from the others at a glance.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers, read_only
from layerproof.theory.signals.base import Signal
from layerproof.theory.token_laws import path_roundings, token_law

if TYPE_CHECKING:
    from layerproof.theory.exact_law import ExactLaw

OTHER_STRINGS = "it is told with strings that the grammar does not make"


@dataclass(frozen=True)
class OriginSignal(Signal):
    """Which of several grammars a string came from, each as likely as the others.

    A subclass makes the grammars, from :meth:`shared_from` on with the rules of the grammar itself.
    """

    @abstractmethod
    def made(self, grammar: Grammar) -> tuple[Grammar, ...]:
        """The grammars, one for each value of the signal."""

    @abstractmethod
    def shared_from(self, grammar: Grammar) -> int:
        """The least level whose symbols have the same rules in all of them, 0 to L."""

    def origins(self, grammar: Grammar) -> tuple[Grammar, ...]:
        """The grammars whose strings it is told with; made once a grammar."""
        return grammar.once(("origins", self), lambda: self.made(grammar))

    def size(self, grammar: Grammar, level: int) -> int:
        """The number of grammars."""
        return len(self.origins(grammar))

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """No derivation says where its string came from. Raises InputError."""
        raise InputError("signal", self.name, "one that a derivation of the grammar tells")

    def joint(self, grammar: Grammar, level: int, position: int | None = 0) -> Floats:
        """P[patch = mu, origin = k | the patch is grammatical], (|P_l|, number of origins)."""
        if position is None:
            return super().joint(grammar, level, None)
        columns = [
            self._patches(grammar, number, level, position)
            for number in range(self.size(grammar, level))
        ]
        joint = np.stack(columns, axis=1)
        return read_only(joint / joint.sum())

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        """P[parent = nu, origin = k | the patch is grammatical], (V_(l-1), number of origins).

        Raises InputError where synonyms come from the grammars in different shares, or a patch has
        several parents.
        """
        table = grammar.patches(level).law > 0
        if "synonym-blind" in self.broken(grammar, level) or (table.sum(axis=0) > 1).any():
            return super().with_parent(grammar, level, position)
        return np.asarray(table @ self.joint(grammar, level, position))

    def _patches(self, grammar: Grammar, number: int, level: int, position: int) -> Floats:
        """P[what stands below the patch's place reads as mu], (|P_l|,), strings of one origin."""
        origin = self.origins(grammar)[number]
        tokens = origin.label_prior @ token_law(origin, level - 1, position)
        rules = origin.level_rules(level - 1)
        weight = tokens[rules.parent] * rules.probability
        below = self._read(grammar, number, level)
        patches = grammar.patches(level).patch
        return np.asarray(weight @ _pairs(rules.patch, patches, below))

    def _read(self, grammar: Grammar, number: int, level: int) -> Floats | None:
        """P[what stands below symbol a of an origin reads as symbol b], (a, b) of a level.

        None where the rules below are those of the grammar, and every symbol reads as itself. Where
        the grammar is ambiguous, a string counts once for each of its readings.
        """
        origin = self.origins(grammar)[number]
        if origin is grammar or level >= self.shared_from(grammar):
            return None

        def made() -> Floats:
            written, own = origin.level_rules(level), grammar.level_rules(level)
            below = self._read(grammar, number, level + 1)
            pairs = _pairs(written.patch, own.patch, below)
            shape = len(origin.rules[level]), len(written.parent)
            rows = scipy.sparse.csr_array(
                (written.probability, (written.parent, np.arange(shape[1]))), shape=shape
            )
            possible = (own.probability > 0).astype(float)
            columns = scipy.sparse.csr_array((possible, (np.arange(len(own.parent)), own.parent)))
            found = rows @ pairs @ columns
            return np.asarray(found if isinstance(found, np.ndarray) else found.toarray())

        return grammar.once(("read as", self, number, level), made)

    def roundings(self, grammar: Grammar, level: int) -> int:
        """Those of the way down in each origin, of reading what stands below, and of the sum."""
        origins = self.origins(grammar)
        reading = 0
        for lower in reversed(range(level, self.shared_from(grammar))):
            rules = max(len(origin.level_rules(lower).parent) for origin in origins)
            own = len(grammar.level_rules(lower).parent)
            reading = grammar.branching * (reading + 1) + rules + own + 2
        rules = max(len(origin.level_rules(level - 1).parent) for origin in origins)
        below = grammar.branching * (reading + 1) + rules + 3
        total = len(grammar.patches(level).patch) * len(origins)
        down = max(path_roundings(origin, level) for origin in origins)
        positions: int = grammar.branching ** (level - 1)
        return 2 * (down + below) + total + positions

    def exact_posterior(
        self, law: ExactLaw, level: int, upward: Sequence[Fraction]
    ) -> list[Fraction] | None:
        """q of what a level-(l-1) symbol shows, by the exact shares of symbols in each origin."""
        if "synonym-blind" in self.broken(law.grammar, level):
            return None
        numbers = range(self.size(law.grammar, level))
        tokens = [self._exact_tokens(law.grammar, number, level) for number in numbers]
        if any(shares is None for shares in tokens):
            return None
        joint = [
            sum((a * b for a, b in zip(shares or (), upward, strict=True)), Fraction(0))
            for shares in tokens
        ]
        total = sum(joint, Fraction(0))
        return [entry / total for entry in joint]

    def _exact_tokens(self, grammar: Grammar, number: int, level: int) -> list[Fraction] | None:
        """P[the first level-(l-1) symbol is, or reads as, nu], exact; None where not known."""
        origin = self.origins(grammar)[number]
        if origin is not grammar and level - 1 < self.shared_from(grammar):
            return None
        from layerproof.theory.exact_law import ExactLaw  # here: a prediction does without it

        key = ("exact origin", self, number, level)
        return grammar.once(key, lambda: ExactLaw(origin).first_tokens(level - 1))


def _pairs(rows: Integers, columns: Integers, reads: Floats | None) -> Any:
    """Products over the s tokens of reads[row token, column token], (rows, columns).

    Sparse, with ones where the two are equal, where every symbol reads as itself.
    """
    if reads is not None:
        found = np.ones((len(rows), len(columns)))
        for row, column in zip(rows.T, columns.T, strict=True):
            found *= reads[row][:, column]
        return found
    number = numbered(np.concatenate((rows, columns)))
    first, second = number[: len(rows)], number[len(rows) :]
    shape = len(number), len(number)
    left = scipy.sparse.csr_array((np.ones(len(rows)), (np.arange(len(rows)), first)), shape=shape)
    right = scipy.sparse.csr_array(
        (np.ones(len(columns)), (second, np.arange(len(columns)))), shape=shape
    )
    return left[: len(rows)] @ right[:, : len(columns)]


def numbered(tuples: Integers) -> Integers:
    """A number for every row (k, s), the same for equal rows, below k.

    >>> numbered(np.array([[1, 2], [0, 5], [1, 2]]))
    array([1, 0, 1])
    """
    found = np.zeros(len(tuples), dtype=np.int64)
    for column in tuples.T:
        joined = found * (int(column.max(initial=0)) + 1) + column
        found = np.unique(joined, return_inverse=True)[1].reshape(-1)
    return found
