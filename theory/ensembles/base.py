"""What an ensemble is: a family of grammars with its sizes, its draw and its averages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from layerproof.theory.costs import Extent
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Integers
from layerproof.theory.randomness import generator
from layerproof.theory.sizes import Sizes
from layerproof.theory.zipf import check_exponent, reweighted

if TYPE_CHECKING:
    from layerproof.theory.formula import Formula

LARGEST_GRAMMAR = 2 * 10**7
"""The largest grammar that is drawn, in tokens over all its rules: 8 bytes each, and some 100 bytes
while it is written or read as JSON."""

AVERAGED = ("mean_square_separation", "mean_square_norm", "crossover_samples")
"""What an ensemble may know the averages of, level by level."""


@dataclass(frozen=True)
class Averages:
    """Averages over an ensemble at given sizes.

    `of_level` gives those of a level, by their names in :data:`AVERAGED`; `accuracy` is "exact", or
    says how far off they are. `ensemble` is the name of the ensemble that they are of. `formulas`
    are printed beside those of :data:`layerproof.theory.predictions.FORMULAS`.
    """

    of_level: Callable[[int], Mapping[str, float]]
    accuracy: str
    ensemble: str
    formulas: tuple[Formula, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ensemble(Sizes, ABC):
    """A family of grammars at given sizes: its fields are the sizes, and a subclass may add some.

    A subclass says how the patches of one level are drawn, and when they can be; or replaces
    `rules_drawn` where its levels are not independent. Listed in a module's tuple ENSEMBLES, in
    this package or under an entry point of the group ``layerproof.ensembles``, it is an option of
    every command, a parameter of every suite and a point of phase diagrams.

    >>> from layerproof.theory.ensembles import ENSEMBLES
    >>> small = ENSEMBLES["uniform"](vocabulary=4, rules=2, branching=2, levels=2)
    >>> small.draw(seed=0).vocabularies
    (4, 4, 4)
    """

    name: ClassVar[str]
    """What it is called on the command line, in suites and in results."""
    source: ClassVar[str]
    """Where it is defined, such as "R26, App. B"."""

    @abstractmethod
    def check_level(self, parents: int) -> None:
        """Raise InputError, naming the size, unless a level with so many parents can be drawn."""

    @abstractmethod
    def draw_level(self, rng: np.random.Generator, parents: int) -> Integers:
        """The patches of one level, dealt to the parents: (parents, m, s)."""

    def averages(self) -> Averages | None:
        """The averages over draws; None where they are not known at these sizes."""
        return None

    def check(self) -> None:
        """Raise InputError, naming the size, unless there are such grammars."""
        for found in self.size_fields():
            found.check(getattr(self, found.name))
        for parents in set(self.parents(min(self.levels, 2))):
            self.check_level(parents)
        check_exponent("zipf", self.zipf, self.rules)
        check_exponent("label_zipf", self.label_zipf, self.top)

    def check_drawn(self) -> None:
        """Raise InputError unless there are such grammars, and they are small enough to draw."""
        self.check()
        if self.tokens > LARGEST_GRAMMAR:
            allowed = f"at most {LARGEST_GRAMMAR} in all, as a grammar lists every rule"
            raise InputError("vocabulary*levels*rules*branching", self.tokens, allowed)

    def draw(self, seed: int) -> Grammar:
        """One grammar. Raises InputError for sizes that there are not, or that are too large."""
        whole_number("seed", seed, minimum=0)
        self.check_drawn()
        grammar = self.rules_drawn(seed)
        if self.is_uniform:
            return grammar
        return reweighted(grammar, zipf=self.zipf, label_zipf=self.label_zipf)

    def rules_drawn(self, seed: int) -> Grammar:
        """The grammar with equal weights; they do not change the rules."""
        parents = self.parents(self.levels)
        drawn = [
            tuple(self.draw_level(generator(seed, "draw", self.name, level), count))
            for level, count in enumerate(parents)
        ]
        return Grammar((*parents, self.vocabulary), tuple(drawn))

    def parents(self, levels: int) -> list[int]:
        """The symbols of the levels 0 to `levels` − 1."""
        return [self.top, *[self.vocabulary] * (levels - 1)]

    @property
    def tokens(self) -> int:
        """The tokens of all rules of a grammar."""
        symbols = self.top + self.vocabulary * (self.levels - 1)
        return symbols * self.rules * self.branching

    @property
    def extent(self) -> Extent:
        """How large its grammars are; raises InputError for more levels than are analysed."""
        return Extent.of_ensemble(
            self.vocabulary, self.rules, self.branching, self.levels, self.classes
        )

    def settings(self) -> dict[str, Any]:
        """The ensemble and every size, under the names that results give them."""
        return {"ensemble": self.name} | self.by_key()
