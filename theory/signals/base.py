"""What a stage may be trained to predict: a random variable of the tree, with an exact law.

Given the parent of a patch, what stands below the patch and what does not are independent. So any
function of what does not descend from the parent, and of independent randomness, may take the
label's place in R26's argument: it is *clean*, independent of what stands below the patch given the
patch (Informal Principle 2, ii), and *synonym-blind*, its law given the patch depends on the parent
alone. A signal that is not says so in :meth:`Signal.broken`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.token_laws import path_roundings

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble
    from layerproof.theory.exact_law import ExactLaw


class TreeShape(Protocol):
    """What of a grammar decides where its tokens stand: an ensemble has it too."""

    @property
    def levels(self) -> int:
        """The number of levels L."""
        ...

    @property
    def branching(self) -> int:
        """The number s of tokens in a patch."""
        ...


PREMISES: Mapping[str, str] = MappingProxyType(
    {
        "clean": "given the patch, it is independent of what stands below the patch",
        "synonym-blind": "its law given a patch is one for all synonyms",
        "same strings": "it is told with the strings of the grammar, not with others",
    }
)
"""What R26's proof uses of a signal, by the names that :meth:`Signal.broken` may have."""


@dataclass(frozen=True)
class Signal(ABC):
    """A quantity with finitely many values that a stage predicts from a patch.

    A subclass is a frozen dataclass with `name`, by which results, commands and model files know
    it, and `help`, one line for the command line. It implements :meth:`size`, :meth:`value` and
    :meth:`with_parent` (or :meth:`joint`, where it is not synonym-blind), and lists itself in its
    module's ``SIGNALS``. Levels run from 1 to L, positions of a level's patches from 0 to
    s^(level-1) - 1.

    >>> from layerproof.theory.token_laws import pair_law
    >>> @dataclass(frozen=True)
    ... class LastLeaf(Signal):
    ...     name = "last-leaf"
    ...     help = "the last token of the string"
    ...
    ...     def size(self, grammar, level):
    ...         return grammar.vocabularies[-1]
    ...
    ...     def with_parent(self, grammar, level, position=0):
    ...         last = grammar.levels, grammar.input_length - 1
    ...         return pair_law(grammar, (level - 1, position), last)
    ...
    ...     def value(self, grammar, tree, level, position=0, uniform=None):
    ...         return tree[-1][:, -1]
    ...
    ...     def unreachable(self, grammar, level):
    ...         return "the last token is below the label" if level == 1 else ""
    >>> grammar = Grammar((2, 2, 2), [[[[0, 1]], [[1, 0]]], [[[0, 1]], [[1, 1], [0, 0]]]])
    >>> LastLeaf().joint(grammar, 2)
    array([[0.  , 0.25],
           [0.25, 0.25],
           [0.  , 0.25]])
    >>> LastLeaf().unreachable_levels(grammar)
    {1: 'the last token is below the label'}
    """

    @property
    def only_label(self) -> bool:
        """Whether :meth:`value` reads no token but the label: strings are then drawn faster."""
        return False

    @property
    def uniforms(self) -> int:
        """How many independent uniform numbers :meth:`value` takes for a string."""
        return 0

    @property
    @abstractmethod
    def name(self) -> str:
        """How results, commands and model files call it."""

    @property
    @abstractmethod
    def help(self) -> str:
        """What it is, in one line."""

    @abstractmethod
    def size(self, grammar: Grammar, level: int) -> int:
        """The number of its values at `level`, the dimension of the embeddings trained there."""

    @abstractmethod
    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """Its value for the level-`level` patch at `position`, on each of b strings, (b,).

        tree[l] holds the level-l tokens, (b, s^l), as an array of NumPy or of torch: indexing,
        arithmetic and comparisons are common to both. `uniform` (b, uniforms) holds independent
        uniform numbers where the signal takes some.
        """

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        """P[parent of the level-`level` patch at `position` = nu, signal = k], (V_(level-1), size).

        Raises InputError for a signal that is not synonym-blind: it has no such law to go by.
        """
        raise InputError("signal", self.name, f"one for which {PREMISES['synonym-blind']}")

    def joint(self, grammar: Grammar, level: int, position: int | None = 0) -> Floats:
        """P[level-`level` patch at `position` = mu, signal = k], (|P_l|, size), patches sorted.

        None is a position drawn uniformly from the s^(level-1).
        """
        if position is not None:
            return emitted(grammar, level, self.with_parent(grammar, level, position))
        every = range(grammar.branching ** (level - 1))
        return np.asarray(sum(self.joint(grammar, level, place) for place in every) / len(every))

    def origins(self, grammar: Grammar) -> tuple[Grammar, ...]:
        """The grammars whose strings it is told with, one for each value, all equally likely.

        Empty where it is told with the strings of the grammar itself, and :meth:`value` tells it.
        Where it is not, whole strings are drawn from these; of what stands below a patch, only what
        is grammatical is kept (:mod:`layerproof.theory.signals.origin`).
        """
        return ()

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """Its averages over draws of an ensemble; None where they are not known."""
        return None

    def ways(self, shape: TreeShape, level: int) -> int | None:
        """How many ways lead from the patches of a level, s^(level-1) of them, each to its signal.

        Two ways go through other children, and have laws of their own. Along one way q is one law,
        where the symbols at which ways part are as likely at all positions. None: not known.
        """
        return None

    def unreachable(self, grammar: TreeShape, level: int) -> str:
        """Why the signal teaches nothing at a level, such as that it is not defined there.

        Empty where it may be learned.
        """
        return ""

    def broken(self, grammar: Grammar, level: int) -> Mapping[str, str]:
        """Which of :data:`PREMISES` do not hold at a level, and why; empty where all hold."""
        return {}

    def rules_behind(self, grammar: Grammar, level: int) -> int:
        """How many rules' shares are multiplied, at most, in an entry of :meth:`joint`."""
        return grammar.levels + level

    def roundings(self, grammar: Grammar, level: int) -> int:
        """A bound on the roundings behind an entry of :meth:`with_parent`, but for the labels' law.

        Unless it is overridden: of three products of transitions down to the leaves, and of a sum
        over all positions.
        """
        positions: int = grammar.branching ** (level - 1)
        return 3 * path_roundings(grammar, grammar.levels + 1) + positions

    def exact_posterior(
        self, law: ExactLaw, level: int, upward: Sequence[Fraction]
    ) -> list[Fraction] | None:
        """q in rational arithmetic of what a parent nu of the first patch shows with upward[nu].

        None where it is not worked out: very close posteriors are then not told apart.
        """
        return None

    def unreachable_levels(self, grammar: TreeShape) -> dict[int, str]:
        """The levels that a learner is not taught, with the reason, from the label down.

        A level above one that is not taught is none either.
        """
        found: dict[int, str] = {}
        for level in range(grammar.levels, 0, -1):
            above = f"level {min(found)}, below it, is not taught" if found else ""
            reason = self.unreachable(grammar, level) or above
            if reason:
                found[level] = reason
        return dict(sorted(found.items()))

    def taught(self, grammar: TreeShape) -> range:
        """The levels that a learner is taught, down to L.

        Raises InputError where there are none.
        """
        missing = self.unreachable_levels(grammar)
        if len(missing) == grammar.levels:
            reason = missing[grammar.levels]
            allowed = f"one that teaches some level (level {grammar.levels}: {reason})"
            raise InputError("signal", self.name, allowed)
        return range(len(missing) + 1, grammar.levels + 1)


def told_unreachable(levels: Mapping[int, str]) -> list[dict[str, Any]]:
    """Levels that a signal does not teach, as the commands' documents have them."""
    return [{"level": level, "reason": reason} for level, reason in levels.items()]


def emitted(grammar: Grammar, level: int, with_parent: Floats) -> Floats:
    """P[patch = mu, signal = k] of a synonym-blind signal, from that of the patch's parent."""
    from scipy.sparse import csr_array  # here: a prediction for an ensemble does without scipy

    joint: Floats = csr_array(grammar.patches(level).law.T) @ with_parent
    return joint
