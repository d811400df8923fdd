"""Labelled strings: what baselines are fitted to and objectives are about."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar


@dataclass(frozen=True)
class Strings:
    """Labelled strings: `leaves` (P, s^L), integer tokens, and `labels` (P,), int64."""

    leaves: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.leaves)

    def rows(self, start: int, stop: int) -> Strings:
        """The strings from `start` up to, not including, `stop`."""
        return Strings(self.leaves[start:stop], self.labels[start:stop])


def check_strings(grammar: Grammar, strings: Strings) -> None:
    """Raise InputError unless there is a string, and all have the grammar's length and tokens."""
    leaves, labels = strings.leaves, strings.labels
    length = grammar.input_length
    if leaves.ndim != 2 or leaves.shape[1] != length or len(leaves) == 0:
        raise InputError("shape of leaves", tuple(leaves.shape), f"(strings, {length})")
    if labels.shape != leaves.shape[:1]:
        raise InputError("shape of labels", tuple(labels.shape), f"({len(leaves)},)")
    _check_tokens("leaf token", leaves, grammar.vocabularies[-1])
    _check_tokens("label", labels, grammar.classes)


def _check_tokens(field: str, tokens: Tensor, bound: int) -> None:
    if tokens.is_floating_point() or tokens.is_complex() or tokens.dtype == torch.bool:
        raise InputError(f"dtype of every {field}", tokens.dtype, "an integer dtype")
    least, most = int(tokens.min()), int(tokens.max())
    if least < 0 or most >= bound:
        raise InputError(field, least if least < 0 else most, f"0 to {bound - 1}")


def whitened(leaves: Tensor, vocabulary: int, dtype: torch.dtype) -> Tensor:
    """One-hot tokens whose channels have mean 0 and variance 1: (b, d) to (b, d, V).

    (1[token = v] − 1/V)/√(1/V (1 − 1/V)), where all V tokens are equally frequent (C24 puts 1 and
    −1/√(V − 1)). At V = 1 there is nothing to tell apart, and the entry is 0.
    """
    one_hot = torch.nn.functional.one_hot(leaves.to(torch.int64), vocabulary).to(dtype)
    share = 1.0 / vocabulary
    return (one_hot - share) / math.sqrt(max(share * (1.0 - share), torch.finfo(dtype).tiny))
