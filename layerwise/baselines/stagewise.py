"""The theorem's layerwise learner on strings that are given, in place of strings that it draws."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from layerproof.layerwise.baselines.base import Fitted, Strings, check_strings, report
from layerproof.layerwise.network import LayerwiseLearner
from layerproof.layerwise.progress import Progress
from layerproof.layerwise.rows import WeightedRows
from layerproof.layerwise.sampling.batch import Batch, merge, one_hot_counts
from layerproof.layerwise.solvers import fit_kernel
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Stage, practical


@dataclass(frozen=True)
class Stagewise:
    """Exact kernel, closed form, first patch only (R26 Sec. 2.3), at a practical schedule.

    The strings are dealt to the stages, as the theorem asks for fresh ones at each: stage l gets a
    share proportional to m^l, and the sample size counted is that of all stages together. The
    strings of a stage are distinct where the theorem's are independent draws.
    """

    @property
    def name(self) -> str:
        """What tables call it."""
        return "layerwise"

    @torch.no_grad()
    def fit(
        self,
        grammar: Grammar,
        strings: Strings,
        *,
        seed: int,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float64,
        progress: Progress | None = None,
    ) -> Fitted:
        """Stages L to 1, each on its own strings. Nothing is random, `seed` is not used."""
        check_strings(grammar, strings)
        where = device if device is not None else strings.leaves.device
        samples = shares(grammar, len(strings))
        schedule = practical(grammar, samples_per_level=samples)
        learner = LayerwiseLearner(
            grammar.vocabularies[-1], grammar.branching, grammar.levels, device=where, dtype=dtype
        )
        start = 0
        for stage in reversed(schedule.stages):
            part = strings.rows(start, start + stage.samples)
            rows = stage_rows(learner, grammar, part, stage)
            learner.attach(stage.level, fit_kernel(rows, stage)[0])
            start += stage.samples
            report(progress, stage.level, grammar.levels, 1.0)

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
