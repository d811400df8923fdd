"""Kernel ridge regression on whole strings: the shallow learner in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from layerproof.layerwise.baselines.base import Baseline, Fitted, Task
from layerproof.layerwise.baselines.kernels import NTK, Kernel
from layerproof.layerwise.devices import require_memory, rows_per_chunk
from layerproof.layerwise.labelled_strings import whitened
from layerproof.layerwise.solvers import closed_form
from layerproof.layerwise.walk import Walk
from layerproof.theory.errors import InputError

MOST_STRINGS = 4000
"""Solving for P strings takes P³/3 products and three matrices of P² entries."""


@dataclass(frozen=True)
class KernelRidge(Baseline):
    """Least squares of centred one-hot labels on whitened one-hot strings, ridge λ.

    `ridge` is in units of the kernel's mean diagonal. Close to 0 it interpolates, as the labels
    are free of noise.
    """

    kernel: Kernel = field(default_factory=NTK)
    ridge: float = 1e-6
    depth: Literal["deep", "shallow"] = field(default="shallow", kw_only=True)
    walk: Walk = field(default=Walk(math.inf, cap=MOST_STRINGS), kw_only=True)

    def __post_init__(self) -> None:
        if not 0 < self.ridge < float("inf"):
            raise InputError("ridge", self.ridge, "a positive number")

    @property
    def name(self) -> str:
        """The kernel's, and that it is ridge regression."""
        return f"kernel ridge, {self.kernel.name}"

    @property
    def help(self) -> str:
        """What it is, in one line."""
        return f"least squares with the {self.kernel.name} kernel of whole strings"

    def learn(self, task: Task) -> Fitted:
        """Solve (K + λ) c = y by Cholesky: cost P³/3. Nothing is random."""
        grammar, strings, where, dtype = task.grammar, task.strings, task.device, task.dtype
        count, size = len(strings), dtype.itemsize
        require_memory(3 * count**2 * size, where, "strings", count, "fewer strings")
        encode = partial(_encoded, vocabulary=grammar.vocabularies[-1], device=where, dtype=dtype)
        points = encode(strings.leaves)
        gram = self.kernel(points, points)
        target = torch.nn.functional.one_hot(strings.labels.to(where), grammar.classes).to(dtype)
        ridge = self.ridge * float(gram.diagonal().mean())
        solution = closed_form(gram, target - target.mean(dim=0), ridge)
        task.report(1, 1, 1.0)
        offset = target.mean(dim=0)

        def predict(leaves: Tensor) -> Tensor:
            pieces = encode(leaves).split(rows_per_chunk(count, points))
            scores = [self.kernel(piece, points) @ solution + offset for piece in pieces]
            return torch.cat(scores).argmax(dim=1).to(leaves.device)

        return Fitted(predict)


def _encoded(
    leaves: Tensor, *, vocabulary: int, device: torch.device, dtype: torch.dtype
) -> Tensor:
    return whitened(leaves.to(device), vocabulary, dtype).flatten(1)
