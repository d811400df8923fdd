"""What is known of a string: its tokens, some of them masked or noisy, or anything of any node."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers

MASKED = -1
"""Stands in a string for a token that was not seen."""


class TreeEvidence(ABC):
    """Independent observations of the nodes of `count` derivation trees."""

    @property
    @abstractmethod
    def count(self) -> int:
        """The number of strings."""

    @abstractmethod
    def check(self, grammar: Grammar) -> None:
        """Raise InputError where this is no evidence on strings of `grammar`."""

    @abstractmethod
    def log_weights(self, grammar: Grammar, level: int, rows: slice) -> Floats | None:
        """log P[what was seen of each level-`level` node | its symbol], (V_l, s^l, b).

        None where nothing was seen of that level. Level 0 is the label, L the leaves.
        """


@dataclass(frozen=True, eq=False)
class Observed(TreeEvidence):
    """Strings (b, d) of leaves, MASKED where a token was not seen.

    noise: the probability ε that a token was replaced by one drawn uniformly from the V leaf
    symbols (the same one included), so that x is seen with probability (1 − ε) 1[x = v] + ε/V
    (uniform noise of discrete diffusion).

    >>> from layerproof.theory.grammar import Grammar
    >>> grammar = Grammar((2, 2), ((((0, 0), (1, 1)), ((0, 1), (1, 0))),))
    >>> with np.errstate(divide="ignore"):
    ...     Observed([[0, -1]]).log_weights(grammar, 1, slice(None))[:, 0, 0]
    array([  0., -inf])
    """

    strings: Integers
    noise: float = 0.0

    def __post_init__(self) -> None:
        strings = np.asarray(self.strings)
        if strings.ndim != 2 or strings.dtype.kind not in "iu" or not strings.size:
            allowed = "an array of whole numbers of shape (strings, tokens), at least one of each"
            raise InputError("strings", f"{strings.dtype} of shape {strings.shape}", allowed)
        if not 0 <= self.noise <= 1:  # NaN is neither
            raise InputError("noise", self.noise, "a probability, from 0 to 1")
        object.__setattr__(self, "strings", strings)

    @property
    def count(self) -> int:
        """The number of strings."""
        return len(self.strings)

    def check(self, grammar: Grammar) -> None:
        """See :meth:`TreeEvidence.check`."""
        length, symbols = grammar.input_length, grammar.vocabularies[-1]
        found = self.strings.shape[1]
        if found != length:
            told = str(length) if length < 10**18 else f"{grammar.branching}^{grammar.levels}"
            raise InputError("the length of the strings", found, f"{told}, as in the grammar")
        wrong = (self.strings >= symbols) | (self.strings < MASKED)
        if wrong.any():
            row, place = np.argwhere(wrong)[0].tolist()
            name = f"token {place} of string {row}"
            allowed = f"a leaf symbol, from 0 to {symbols - 1}, or {MASKED} for a masked one"
            raise InputError(name, int(self.strings[row, place]), allowed)

    def log_weights(self, grammar: Grammar, level: int, rows: slice) -> Floats | None:
        """See :meth:`TreeEvidence.log_weights`."""
        if level < grammar.levels:
            return None
        symbols = grammar.vocabularies[-1]
        with np.errstate(divide="ignore"):
            other, same = np.log([self.noise / symbols, 1 - self.noise + self.noise / symbols])
        seen = self.strings[rows].T
        found = np.full((symbols, *seen.shape), other)
        np.put_along_axis(found, np.maximum(seen, 0)[None], same, axis=0)
        found[:, seen == MASKED] = 0.0
        return found


@dataclass(frozen=True, eq=False)
class Gaussian(TreeEvidence):
    """Leaves seen through noise: values (b, d, V) = √γ x + n, x one-hot, n standard normal.

    The likelihood is the density of `values`. snr: γ, the signal-to-noise ratio.
    """

    values: Floats
    snr: float

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        if values.ndim != 3 or not values.size or not np.isfinite(values).all():
            allowed = "finite numbers of shape (strings, tokens, symbols), at least one of each"
            raise InputError("values", f"an array of shape {values.shape}", allowed)
        if not 0 <= self.snr < np.inf:
            raise InputError("snr", self.snr, "a finite number, at least 0")
        object.__setattr__(self, "values", values)

    @property
    def count(self) -> int:
        """The number of strings."""
        return len(self.values)

    def check(self, grammar: Grammar) -> None:
        """See :meth:`TreeEvidence.check`."""
        wanted = (grammar.input_length, grammar.vocabularies[-1])
        if self.values.shape[1:] != wanted:
            raise InputError("the shape of a string's values", self.values.shape[1:], f"{wanted}")

    def log_weights(self, grammar: Grammar, level: int, rows: slice) -> Floats | None:
        """See :meth:`TreeEvidence.log_weights`."""
        if level < grammar.levels:
            return None
        seen = self.values[rows].transpose(2, 1, 0)
        # log of the density of a vector whose one component has the mean √γ.
        rest = (seen**2).sum(0) + self.snr + len(seen) * np.log(2 * np.pi)
        return np.asarray(np.sqrt(self.snr) * seen - rest / 2)


@dataclass(frozen=True, eq=False)
class Weights(TreeEvidence):
    """Any evidence: the logarithm of its probability for each symbol, at any levels.

    levels[l] is (b, s^l, V_l), with −inf for a symbol that cannot be; level 0 is the label, so a
    known label, a known patch above the leaves, or none at all may be given.
    """

    levels: Mapping[int, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = {level: np.asarray(table, np.float64) for level, table in self.levels.items()}
        for level, table in found.items():
            if table.ndim != 3 or np.isnan(table).any() or (table == np.inf).any():
                allowed = "logarithms below infinity, of shape (strings, nodes, symbols)"
                raise InputError(f"the weights of level {level}", table, allowed)
        if len({len(table) for table in found.values()}) != 1:
            allowed = "at least one level, and as many strings at each"
            raise InputError("levels", {lv: t.shape for lv, t in found.items()}, allowed)
        object.__setattr__(self, "levels", found)

    @property
    def count(self) -> int:
        """The number of strings."""
        return len(next(iter(self.levels.values())))

    def check(self, grammar: Grammar) -> None:
        """See :meth:`TreeEvidence.check`."""
        for level, table in self.levels.items():
            if level not in range(grammar.levels + 1):
                raise InputError("a level of the evidence", level, f"0 to {grammar.levels}")
            wanted = (grammar.branching**level, grammar.vocabularies[level])
            if table.shape[1:] != wanted:
                field = f"the shape of a string's weights at level {level}"
                raise InputError(field, table.shape[1:], f"{wanted}")

    def log_weights(self, grammar: Grammar, level: int, rows: slice) -> Floats | None:
        """See :meth:`TreeEvidence.log_weights`."""
        found = self.levels.get(level)
        return None if found is None else np.asarray(found[rows].transpose(2, 1, 0))
