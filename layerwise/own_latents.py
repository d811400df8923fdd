"""R26's learner taught by itself: a stage predicts what the stage below has learned next door.

Stage L predicts the first leaf of the patch beside the first one. Stage l < L predicts the learned
embedding of the first level-l token of the patch beside, as one of TARGETS treats it. Stage 1
predicts the label, from few labelled strings. Of a string, stage l needs only the two patches below
one level-(l−2) token: s^(L−l+1) + s^(L−l) leaves in place of s^L.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from layerproof.layerwise.devices import on_device, require_memory
from layerproof.layerwise.distinct import distinct_rows
from layerproof.layerwise.landmarks import LANDMARKS, PER_PATCH, fit_landmarks
from layerproof.layerwise.network import KernelLayer, LayerwiseLearner
from layerproof.layerwise.progress import Progress, ProgressEvent
from layerproof.layerwise.rows import WeightedRows
from layerproof.layerwise.sampling.blocks import blocks
from layerproof.layerwise.sampling.derivations import StringSampler, draw_cells
from layerproof.layerwise.sampling.rules import RuleTable
from layerproof.layerwise.sampling.strings import (
    sample_strings,
    token_dtype,
)
from layerproof.layerwise.solvers import Fit, fit_kernel
from layerproof.layerwise.targets import TARGETS
from layerproof.theory.grammar import Grammar
from layerproof.theory.latent_schedule import TargetName
from layerproof.theory.schedule import Schedule, Stage
from layerproof.theory.token_laws import first_token_law

BANDWIDTH = 0.25
"""σ in units of the root-mean-square distance between two tokens, as the learner embeds them."""

SECONDS_A_VALUE = 1.5e-8
"""Time that one kernel value takes a slow core, with all that is done with it."""


@dataclass(frozen=True)
class Latents:
    """How a learner teaches itself.

    `target` names the treatment of the learned latents. With `shuffled` latents, those of other
    strings (the null: nothing is left to learn), patches are told the latents of random strings.
    """

    target: TargetName = "whitened"
    all_patches: bool = False
    shuffled: bool = False


@dataclass(frozen=True)
class FittedStage:
    """A stage with the bandwidth that it was given, and how it went."""

    stage: Stage
    fit: Fit
    seconds: float


def own_latent_stages(
    learner: LayerwiseLearner,
    grammar: Grammar,
    schedule: Schedule,
    latents: Latents,
    *,
    seed: int,
    progress: Progress | None = None,
) -> Iterator[FittedStage]:
    """Train and attach the stages of the schedule, from L down; each as it is done.

    Raises InputError where a stage's strings do not fit into memory.
    """
    for stage in reversed(schedule.stages):
        _check_fits(grammar, stage, latents, learner)
    for stage in reversed(schedule.stages):
        start = time.perf_counter()
        _tell(progress, grammar, stage, 0.0)
        rows = _rows(learner, grammar, stage, latents, seed)
        if stage.level < grammar.levels:
            stage = replace(stage, bandwidth=_bandwidth(rows))
        layer, fit = _fit(rows, stage, len(grammar.patches(stage.level).patch))
        learner.attach(stage.level, layer)
        _tell(progress, grammar, stage, 1.0)
        yield FittedStage(stage, fit, time.perf_counter() - start)


def expected_seconds(grammar: Grammar, schedule: Schedule, latents: Latents) -> float:
    """About how long the training takes on one slow core, before it starts."""
    values = 0.0
    for stage in schedule.stages:
        patches = grammar.branching ** (stage.level - 1) if latents.all_patches else 1
        rows = stage.samples * patches
        above = sum(1.5 * grammar.branching**up for up in range(grammar.levels - stage.level - 1))
        values += rows * (1 + above) * LANDMARKS
    return SECONDS_A_VALUE * values


def _fit(rows: WeightedRows, stage: Stage, patches: int) -> tuple[KernelLayer, Fit]:
    most = max(LANDMARKS, PER_PATCH * patches)
    return fit_kernel(rows, stage) if len(rows) <= most else fit_landmarks(rows, stage, most)


def _rows(
    learner: LayerwiseLearner, grammar: Grammar, stage: Stage, latents: Latents, seed: int
) -> WeightedRows:
    """The distinct pre-features of a stage with the mean of their targets, times their share."""
    if stage.level == 1:
        strings = sample_strings(
            grammar, stage.samples, seed=seed, device=learner.device, name="few labels"
        )
        leaves, labels = map(torch.cat, zip(*strings, strict=True))
        values = torch.eye(grammar.classes, dtype=learner.dtype, device=learner.device)
        number = labels.to(torch.int64)
    else:
        leaves, beside = _drawn(grammar, stage, latents, seed, learner.device)
        values, index = learner.tokens(beside, stage.level)
        number = index[:, 0]
        if latents.shuffled:
            generator = torch.Generator(number.device).manual_seed(seed)
            order = torch.randperm(len(number), generator=generator, device=number.device)
            number = number[order]
        if stage.level < grammar.levels:
            shares = torch.bincount(number, minlength=len(values)).to(values.dtype) / len(number)
            values = TARGETS[latents.target](values, shares)
    tokens, places = learner.tokens(leaves, stage.level)
    index, row = distinct_rows(places, len(tokens))
    total = values.new_zeros(len(index), values.shape[1]).index_add_(0, row, values[number])
    return WeightedRows(tokens, index, total / len(row))


def _drawn(
    grammar: Grammar, stage: Stage, latents: Latents, seed: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Leaves below patches (b, w), and below the first token of the patch beside, (b, w/s)."""
    draw = _whole if latents.all_patches else _pairs
    pieces = draw(grammar, stage.level, stage.samples, seed, device)
    one, other = map(torch.cat, zip(*pieces, strict=True))
    dtype = token_dtype(grammar.vocabularies[-1])
    return one.to(dtype), other.to(dtype)


def _pairs(
    grammar: Grammar, level: int, samples: int, seed: int, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Of first patches: what stands below the first level-(level−2) token alone."""
    law = on_device(grammar.label_prior @ first_token_law(grammar, level - 2), device)
    tables = [RuleTable.of(grammar, above, device) for above in range(level - 2, grammar.levels)]
    width = grammar.leaves_below(level)
    for rows, generator in blocks(
        samples, 2 * width, device, seed=seed, path=("stage", level, "latents")
    ):
        children = tables[0].expand(draw_cells(law, rows, generator)[:, None], generator)
        patch = tables[1].expand(children[:, :1], generator)
        beside = tables[1].expand(children[:, 1:2], generator)[:, :1]
        for table in tables[2:]:
            patch, beside = table.expand(patch, generator), table.expand(beside, generator)
        yield patch, beside


def _whole(
    grammar: Grammar, level: int, samples: int, seed: int, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Of every patch of whole strings; beside the last of its parent's is the one before."""
    sampler, width = StringSampler(grammar, device), grammar.leaves_below(level)
    patches = torch.arange(grammar.branching ** (level - 1), device=device)
    last = patches % grammar.branching == grammar.branching - 1
    beside = torch.where(last, patches - 1, patches + 1)
    path = ("stage", level, "all latents")
    for rows, generator in blocks(samples, grammar.input_length, device, seed=seed, path=path):
        leaves = sampler.trees(rows, generator)[-1].reshape(rows, len(patches), width)
        first = leaves[:, beside, : width // grammar.branching]
        yield leaves.flatten(0, 1), first.flatten(0, 1)


def _bandwidth(rows: WeightedRows) -> float:
    """BANDWIDTH times the root-mean-square distance of two tokens, over the samples."""
    share = rows.shares.sum(dim=1).repeat_interleave(rows.index.shape[1]) / rows.index.shape[1]
    weight = share.new_zeros(len(rows.tokens)).index_add_(0, rows.index.flatten(), share)
    centred = rows.tokens - weight @ rows.tokens
    square = 2 * float(weight @ centred.square().sum(dim=1))
    return BANDWIDTH * math.sqrt(square) if square > 0 else 1.0


def _check_fits(
    grammar: Grammar, stage: Stage, latents: Latents, learner: LayerwiseLearner
) -> None:
    patches = grammar.branching ** (stage.level - 1) if latents.all_patches else 1
    width, vectors = grammar.leaves_below(stage.level), 4 * learner.vocabulary
    row = 24 * width + 8 * vectors
    fits = "fewer strings of a stage"
    field = f"samples of level {stage.level}"
    require_memory(stage.samples * patches * row, learner.device, field, stage.samples, fits)


def _tell(progress: Progress | None, grammar: Grammar, stage: Stage, fraction: float) -> None:
    if progress is not None:
        progress(ProgressEvent(stage.level, grammar.levels, fraction))
