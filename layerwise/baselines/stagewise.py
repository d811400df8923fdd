"""The theorem's layerwise learner on strings that are given, in place of strings that it draws."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from layerproof.layerwise.baselines.base import Baseline, Fitted, Task
from layerproof.layerwise.labelled_strings import Strings
from layerproof.layerwise.network import LayerwiseLearner
from layerproof.layerwise.rows import WeightedRows
from layerproof.layerwise.sampling.batch import Batch, merge, one_hot_counts
from layerproof.layerwise.solvers import fit_kernel
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Stage, practical


@dataclass(frozen=True)
class Stagewise(Baseline):
    """Exact kernel, closed form, first patch only (R26 Sec. 2.3), at a practical schedule.

    The strings are dealt to the stages, as the theorem asks for fresh ones at each: stage l gets a
    share proportional to m^l, and the sample size counted is that of all stages together. The
    strings of a stage are distinct where the theorem's are independent draws.
    """

    @property
    def name(self) -> str:
        """What tables call it."""
        return "layerwise"

    @property
    def help(self) -> str:
        """What it is, in one line."""
        return "the theorem's learner: exact kernel, first patch, each stage on its own strings"

    @torch.no_grad()
    def learn(self, task: Task) -> Fitted:
        """Stages L to 1, each on its own strings. Nothing is random."""
        grammar, strings = task.grammar, task.strings
        samples = shares(grammar, len(strings))
        schedule = practical(grammar, samples_per_level=samples)
        learner = LayerwiseLearner(
            grammar.vocabularies[-1],
            grammar.branching,
            grammar.levels,
            device=task.device,
            dtype=task.dtype,
        )
        start = 0
        for stage in reversed(schedule.stages):
            part = strings.rows(start, start + stage.samples)
            rows = stage_rows(learner, grammar, part, stage)
            learner.attach(stage.level, fit_kernel(rows, stage)[0])
            start += stage.samples
            task.report(stage.level, grammar.levels, 1.0)

        @torch.no_grad()
        def predict(leaves: Tensor) -> Tensor:
            scores: Tensor = learner(leaves)
            return scores.argmax(dim=1).to(leaves.device)

        return Fitted(predict)


def shares(grammar: Grammar, samples: int) -> list[int]:
    """Sample sizes of the levels 1, …, L, proportional to m^l, that add up to `samples`.

    Raises InputError where there is not one for every level.
    """
    if samples < grammar.levels:
        raise InputError("strings", samples, f"at least {grammar.levels}, one for every level")
    rules = max(1.0, grammar.mean_rules_per_symbol)
    weights = [rules**level for level in range(1, grammar.levels + 1)]
    upper = [max(1, int(samples * weight / sum(weights))) for weight in weights[:-1]]
    return [*upper, samples - sum(upper)]


def stage_rows(
    learner: LayerwiseLearner, grammar: Grammar, strings: Strings, stage: Stage
) -> WeightedRows:
    """The first level-l patches of the strings as the stage's solver sees them."""
    width = grammar.leaves_below(stage.level)
    counts = one_hot_counts(strings.labels.to(learner.device), grammar.classes)
    leaves = strings.leaves[:, :width].to(learner.device)
    batch = merge([Batch(leaves, counts)], grammar.vocabularies[-1])
    tokens, index = learner.tokens(batch.leaves, stage.level)
    return WeightedRows(tokens, index, (batch.counts / len(strings)).to(learner.dtype))
