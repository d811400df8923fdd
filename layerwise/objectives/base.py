"""What an objective is: a target for every string, and a loss with known ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from layerproof.layerwise.labelled_strings import Strings
from layerproof.theory import groups
from layerproof.theory.grammar import Grammar
from layerproof.theory.plugins import Kind


@dataclass(frozen=True)
class Objective(ABC):
    """A training objective with all its settings.

    >>> from layerproof.layerwise.objectives import OBJECTIVES
    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
    >>> labels = OBJECTIVES["labels"]
    >>> labels.exact_floor(grammar), round(labels.null(grammar), 4)  # log 4
    (0.0, 1.3863)
    """

    name: ClassVar[str]
    """How tables call it."""
    help: ClassVar[str]
    """What is trained, in one line."""

    @abstractmethod
    def outputs(self, grammar: Grammar) -> int:
        """How many outputs a network needs."""

    @abstractmethod
    def target(self, grammar: Grammar, strings: Strings) -> Tensor:
        """What the network is to give for each of P strings: (P, ...), row by row."""

    @abstractmethod
    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """The mean over a batch of outputs (b, outputs) and their targets (b, ...): ()."""

    @abstractmethod
    def labels(self, outputs: Tensor) -> Tensor:
        """The labels that outputs (b, outputs) stand for: (b,), int64."""

    def null(self, grammar: Grammar) -> float | None:
        """The least expected loss of an output that is the same for all strings; None: unknown."""
        return None

    def exact_floor(self, grammar: Grammar) -> float | None:
        """The least expected loss of all functions of a string; None where it is not known."""
        return None


OBJECTIVE_KIND: Kind[Objective] = Kind(
    groups.OBJECTIVES, "OBJECTIVES", Objective, key=lambda found: found.name
)
"""Objectives, by their name."""
