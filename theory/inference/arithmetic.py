"""Messages on the derivation tree: scaled doubles where these lose nothing, logarithms elsewhere.

A message of a node is the probability of the evidence below it, for each symbol that may stand
there. Scaled, its largest entry is 1 and the logarithm of the scale is kept: an upward pass takes
one logarithm a node. Where an entry would fall below the range of doubles, and become 0, it could
no longer be told from an impossible symbol: such strings are computed in logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from layerproof.theory.grammar_checks import Floats
from layerproof.theory.inference.tables import LevelTable


class Underflow(Exception):
    """A positive number would have become 0."""


class Message(Protocol):
    """The messages of one level, in either arithmetic."""

    @classmethod
    def of(cls, log_weights: Floats) -> Self:
        """The message whose logarithm is `log_weights` (V, n, b)."""
        ...

    def times(self, other: Self) -> Self:
        """The product of two messages of one level."""
        ...

    def up(self, table: LevelTable) -> tuple[Self, Floats, Floats]:
        """The message one level up, and the products (R, n, b) and sums (V, n, b) behind it.

        sums is the mean of products over the rules of each symbol: p · products / sums is the
        probability of a rule given its symbol and the evidence below, p that of the rule.
        """
        ...

    def top(self) -> tuple[Floats, Floats]:
        """Of the root: weights (V, b) and the logarithm of their scale, (b,)."""
        ...


@dataclass(frozen=True, eq=False)
class Scaled:
    """weights (V, n, b), the largest of each node 1 (or all of them 0); log_scale (n, b).

    Methods raise Underflow where a double would lose an entry.
    """

    weights: Floats
    log_scale: Floats

    @classmethod
    def of(cls, log_weights: Floats) -> Self:
        """See :meth:`Message.of`."""
        largest = log_weights.max(0)
        weights = np.exp(log_weights - _finite(largest))
        _require(weights > 0, log_weights > -np.inf)
        return cls(weights, largest)

    def times(self, other: Self) -> Self:
        """See :meth:`Message.times`."""
        product = self.weights * other.weights
        _require(product > 0, (self.weights > 0) & (other.weights > 0))
        return self._normalised(product, self.log_scale + other.log_scale)

    def up(self, table: LevelTable) -> tuple[Self, Floats, Floats]:
        """See :meth:`Message.up`."""
        _require(self.weights >= table.smallest, self.weights > 0)
        products = table.over_patch(self.weights, np.multiply)
        sums = table.over_rules(products)
        return self._normalised(sums, table.joined(self.log_scale)), products, sums

    def top(self) -> tuple[Floats, Floats]:
        """See :meth:`Message.top`."""
        return self.weights[:, 0], self.log_scale[0]

    @classmethod
    def _normalised(cls, values: Floats, log_scale: Floats) -> Self:
        largest = values.max(0)
        with np.errstate(divide="ignore"):
            return cls(values / np.where(largest > 0, largest, 1.0), np.log(largest) + log_scale)


@dataclass(frozen=True, eq=False)
class Logarithms:
    """log_weights (V, n, b): no entry is out of range."""

    log_weights: Floats

    @classmethod
    def of(cls, log_weights: Floats) -> Self:
        """See :meth:`Message.of`."""
        return cls(log_weights)

    def times(self, other: Self) -> Self:
        """See :meth:`Message.times`."""
        return type(self)(self.log_weights + other.log_weights)

    def up(self, table: LevelTable) -> tuple[Self, Floats, Floats]:
        """See :meth:`Message.up`."""
        scores = table.over_patch(self.log_weights, np.add)
        largest = table.largest(scores)
        products = np.exp(scores - table.shared(_finite(largest)))
        sums = table.over_rules(products)
        with np.errstate(divide="ignore"):
            return type(self)(np.log(sums) + _finite(largest)), products, sums

    def top(self) -> tuple[Floats, Floats]:
        """See :meth:`Message.top`."""
        largest = self.log_weights[:, 0].max(0)
        return np.exp(self.log_weights[:, 0] - _finite(largest)), largest


class Largest(Logarithms):
    """Logarithms in which a symbol is as likely as its best rule, not as all together."""

    def up(self, table: LevelTable) -> tuple[Self, Floats, Floats]:
        """See :meth:`Message.up`; here scores and their largest, both logarithms."""
        scores = (
            table.over_patch(self.log_weights, np.add) + np.log(table.probability)[:, None, None]
        )
        largest = table.largest(scores)
        return type(self)(largest), scores, largest


def _finite(largest: Floats) -> Floats:
    """What may be subtracted: the largest logarithm, 0 where all are −inf."""
    return np.where(largest > -np.inf, largest, 0.0)


def _require(kept: np.ndarray, needed: np.ndarray) -> None:
    if (needed & ~kept).any():
        raise Underflow
