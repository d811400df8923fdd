"""What a baseline is: labelled strings in, a rule that labels strings out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from layerproof.layerwise.labelled_strings import Strings, check_strings
from layerproof.layerwise.progress import Progress, ProgressEvent
from layerproof.layerwise.walk import Walk
from layerproof.theory import groups
from layerproof.theory.grammar import Grammar
from layerproof.theory.plugins import Kind

Predict = Callable[[Tensor], Tensor]
"""Leaves (b, s^L) to predicted labels (b,), int64."""


@dataclass(frozen=True)
class Fitted:
    """A fitted baseline.

    `predict` labels strings. `steps` is how many steps of an optimiser were made (0 for a closed
    form) and `loss` the training loss where it stopped (None where none is computed); `converged`
    says whether that is because the loss was low enough, and not because the steps ran out.
    """

    predict: Predict
    steps: int = 0
    loss: float | None = None
    converged: bool = True


@dataclass(frozen=True)
class Task:
    """What a baseline is to learn, and with what: strings that fit the grammar, seed, precision."""

    grammar: Grammar
    strings: Strings
    seed: int
    device: torch.device
    dtype: torch.dtype
    progress: Progress | None = None

    def report(self, level: int, levels: int, fraction: float) -> None:
        """Tell who follows, where somebody does; a baseline without stages is of one level."""
        if self.progress is not None:
            self.progress(ProgressEvent(level, levels, fraction))


@dataclass(frozen=True)
class Baseline(ABC):
    """A learner with all its settings; it keeps nothing between two fits.

    `depth` says on which side of a comparison it stands, `dtype` in which precision it computes,
    `walk` from where to where its threshold is looked for. `claimed` is what is said of that
    threshold N*: "growth", that those of shallow learners outgrow it (R26 Sec. 1), and "n m^L",
    that it is a multiple of that (C24 eq. 7).

    >>> from layerproof.layerwise.baselines import BASELINES
    >>> from layerproof.layerwise.baselines.data import split
    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform", vocabulary=6, rules=2, branching=2, levels=2, seed=3)
    >>> strings = split(grammar, 45, 3, seed=0)
    >>> fitted = BASELINES["kernel ridge, NTK"].fit(grammar, strings.train, seed=0)
    >>> error_on(fitted, strings.train)
    0.0
    """

    depth: Literal["deep", "shallow"] = field(default="deep", kw_only=True)
    dtype: torch.dtype = field(default=torch.float64, kw_only=True)
    walk: Walk = field(default_factory=Walk, kw_only=True)
    claimed: tuple[Literal["growth", "n m^L"], ...] = field(default=(), kw_only=True)

    @property
    @abstractmethod
    def name(self) -> str:
        """What suites, tables and figures call it."""

    @property
    @abstractmethod
    def help(self) -> str:
        """What it is, in one line."""

    def fit(
        self,
        grammar: Grammar,
        strings: Strings,
        *,
        seed: int,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
        progress: Progress | None = None,
    ) -> Fitted:
        """Fit to labelled strings; everything random comes from `seed`, by name.

        It computes on `device`, by default where the strings are, in the precision `dtype`, by
        default its own. Raises InputError for strings that do not fit the grammar.
        """
        check_strings(grammar, strings)
        where = device if device is not None else strings.leaves.device
        return self.learn(Task(grammar, strings, seed, where, dtype or self.dtype, progress))

    @abstractmethod
    def learn(self, task: Task) -> Fitted:
        """Fit to the strings of a task; of its grammar only the sizes may be used, no rule."""


def error_on(fitted: Fitted, strings: Strings) -> float:
    """The share of strings that are labelled wrongly."""
    wrong = fitted.predict(strings.leaves) != strings.labels
    return float(wrong.to(torch.float64).mean())


def _fault(baseline: Baseline) -> str:
    if baseline.depth in ("deep", "shallow"):
        return ""
    return f"a depth, deep or shallow, in the baseline {baseline.name!r}, not {baseline.depth!r}"


BASELINE_KIND: Kind[Baseline] = Kind(
    groups.BASELINES, "BASELINES", Baseline, key=lambda baseline: baseline.name, fault=_fault
)
"""Baselines, by their name."""
