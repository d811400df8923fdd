"""The label of the string, by cross-entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from layerproof.layerwise.labelled_strings import Strings
from layerproof.layerwise.objectives.base import Objective
from layerproof.theory.grammar import Grammar


@dataclass(frozen=True)
class Labels(Objective):
    """The cross-entropy of the label, in nats (C24)."""

    name: ClassVar[str] = "labels"
    help: ClassVar[str] = "the label of the string, by cross-entropy"

    def outputs(self, grammar: Grammar) -> int:
        """A logit for each of the n classes."""
        return grammar.classes

    def target(self, grammar: Grammar, strings: Strings) -> Tensor:
        """The labels."""
        return strings.labels.to(torch.int64)

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """−log softmax at the label."""
        return nn.functional.cross_entropy(outputs, target)

    def labels(self, outputs: Tensor) -> Tensor:
        """The class of the largest logit."""
        return outputs.argmax(dim=1)

    def null(self, grammar: Grammar) -> float:
        """The entropy of the label."""
        prior = grammar.label_prior[grammar.label_prior > 0.0]
        return float(-(prior * np.log(prior)).sum())

    def exact_floor(self, grammar: Grammar) -> float | None:
        """0 where a string has one derivation (Definition 4)."""
        return 0.0 if grammar.is_nonambiguous else None


OBJECTIVES = (Labels(),)
