"""The rules of one level, laid out for passes over many strings at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class LevelTable:
    """The rules of positive probability by which level-l symbols produce level-(l+1) patches.

    parent (R,), sorted, every symbol at least once; patch (R, s); probability (R,). Arrays over
    the symbols or rules of a level have three axes: the symbol or rule, the node (n of them, from
    the left), the string (b of them).
    """

    parent: Integers
    patch: Integers
    probability: Floats
    symbols: int
    tokens: int

    @classmethod
    def of(cls, grammar: Grammar, level: int) -> LevelTable:
        """The rules of the level-`level` symbols; level from 0 to L − 1."""
        rules = grammar.level_rules(level)
        possible = rules.probability > 0
        parent, patch = rules.parent[possible], rules.patch[possible]
        symbols, tokens = grammar.vocabularies[level : level + 2]
        return cls(parent, patch, rules.probability[possible], symbols, tokens)

    @property
    def rules(self) -> int:
        """The number R of rules."""
        return len(self.parent)

    @property
    def width(self) -> int:
        """The number s of tokens in a patch."""
        return int(self.patch.shape[1])

    @cached_property
    def smallest(self) -> float:
        """s numbers of at least this, times the least probability of a rule, are no zero."""
        return float((1e-290 / self.probability.min()) ** (1 / self.width))

    @cached_property
    def starts(self) -> Integers:
        """The first rule of every symbol, (V_l,)."""
        return np.searchsorted(self.parent, np.arange(self.symbols))

    @cached_property
    def choices(self) -> Integers:
        """The rules of every symbol, (V_l, the most that one has); −1 where it has fewer."""
        counts = np.diff(self.starts, append=self.rules)
        place = np.arange(counts.max())
        return np.where(place < counts[:, None], self.starts[:, None] + place, -1)

    def below(self, children: Floats) -> list[Floats]:
        """What the tokens at each place of a patch have: s arrays (V_(l+1), n, b)."""
        parted = children.reshape(self.tokens, -1, self.width, children.shape[-1])
        return [parted[:, :, place] for place in range(self.width)]

    def joined(self, children: Floats) -> Floats:
        """The sum of `children` (s n, b) over the tokens of each patch, (n, b)."""
        return np.asarray(children.reshape(-1, self.width, children.shape[-1]).sum(1))

    def over_patch(self, children: Floats, combined: np.ufunc) -> Floats:
        """`children` (V_(l+1), s n, b) added or multiplied over the tokens of a rule, (R, n, b)."""
        pairs = zip(self.below(children), self.patch.T, strict=True)
        total, *others = (part[column] for part, column in pairs)
        for part in others:
            combined(total, part, out=total)
        return np.asarray(total)

    def largest(self, scores: Floats) -> Floats:
        """The largest score among the rules of each symbol, (V_l, n, b)."""
        return np.asarray(np.maximum.reduceat(scores, self.starts, axis=0))

    def shared(self, values: Floats) -> Floats:
        """What each symbol has, `values` (V_l, n, b), given to each of its rules, (R, n, b)."""
        return values[self.parent]

    def over_rules(self, values: Floats) -> Floats:
        """The mean of `values` (R, n, b) over the rules of each symbol, (V_l, n, b)."""
        return self._summed(self._of_parent, values)

    def over_tokens(self, values: Floats) -> Floats:
        """The sum of p · `values` (R, n, b) over the rules with each token at each place.

        p is a rule's probability; the answer is (V_(l+1), s n, b).
        """
        parts = [self._summed(matrix, values) for matrix in self._of_child]
        return np.stack(parts, axis=2).reshape(self.tokens, -1, values.shape[-1])

    @cached_property
    def _of_parent(self) -> csr_array:
        return self._weights(self.parent, self.symbols)

    @cached_property
    def _of_child(self) -> list[csr_array]:
        return [self._weights(column, self.tokens) for column in self.patch.T]

    def _weights(self, index: Integers, rows: int) -> csr_array:
        from scipy.sparse import csr_array  # here: scipy takes a third of a second to import

        entries = (self.probability, (index, np.arange(self.rules)))
        return csr_array(entries, shape=(rows, self.rules))

    def _summed(self, matrix: csr_array, values: Floats) -> Floats:
        flat = np.asarray(matrix @ values.reshape(self.rules, -1))
        return flat.reshape(-1, *values.shape[1:])
