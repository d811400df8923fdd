"""Training by stages, from the leaves to the label (R26 Sec. 2.3).

The stage of level l draws fresh samples and solves one ridge problem for W^(l): the label given the
first level-l patch, as the layers below, now frozen, represent it. Levels above are ignored.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import torch

from layerproof.layerwise.devices import full_precision, resolve_device
from layerproof.layerwise.features import RandomFourierFeatures
from layerproof.layerwise.limits import check_stage_fits
from layerproof.layerwise.network import Layer, LayerwiseLearner
from layerproof.layerwise.own_latents import Latents, own_latent_stages
from layerproof.layerwise.parts import WHOLE, Part
from layerproof.layerwise.progress import Progress, ProgressEvent
from layerproof.layerwise.rows import WeightedRows
from layerproof.layerwise.sampling.batch import Batch, merge, merged
from layerproof.layerwise.sampling.routes import (
    Patches,
    Route,
    RouteChoice,
    choose_route,
    stage_batches,
)
from layerproof.layerwise.solvers import Fit, fit_features, fit_kernel
from layerproof.theory.errors import InputError
from layerproof.theory.formatting import figures
from layerproof.theory.grammar import Grammar, checked_grammar
from layerproof.theory.latent_schedule import TargetName, check_own_latents
from layerproof.theory.readable import Readable, Sheet, SheetTable
from layerproof.theory.schedule import Schedule, Stage
from layerproof.theory.sheets import sizes_of
from layerproof.theory.signals import LABEL, Signal, signal_named
from layerproof.theory.signals.few_labels import FewLabels, few_labels

MERGED_ROWS, MERGED_ENTRIES = 2**18, 2**24
"""Random features: this many distinct rows, or leaves of rows, are held before they are summed into
the Gram matrix."""


@dataclass(frozen=True)
class StageRecord:
    """What one stage did.

    `route` is how its samples were drawn, `seconds` the wall time, `loss` the regularised training
    loss at the trained W; `rows`, `method` and `error` are those of
    :class:`layerproof.layerwise.solvers.Fit`.
    """

    level: int
    samples: int
    route: str
    seconds: float
    loss: float
    rows: int
    method: str
    error: float


@dataclass(frozen=True)
class Training(Readable):
    """A trained learner, what it was trained on and how.

    `stages` holds a record for each stage of the schedule, in its order (levels upward); `seed` and
    the `signal` are those given, and so is which `patches` the stages learnt from. `target` is what
    was made of the learner's own latents, where it learnt from them; None where the signal was an
    ideal one.
    """

    learner: LayerwiseLearner
    grammar: Grammar
    schedule: Schedule
    stages: tuple[StageRecord, ...]
    seed: int
    signal: Signal = LABEL
    patches: Patches = "first"
    target: TargetName | None = None

    @property
    def labels(self) -> int | None:
        """How many labelled strings stage 1 was given, where the other stages had none."""
        if not isinstance(self.signal, FewLabels):
            return None
        first = self.schedule.stages[0]
        return first.samples if first.level == 1 else None

    def sheet(self) -> Sheet:
        """What `print` and notebooks show: what was trained on what, stage by stage."""
        facts = {
            "grammar": sizes_of(self.grammar),
            "signal": self.signal.name,
            "patches": self.patches,
            "schedule": self.schedule.name,
            "seed": figures(self.seed),
        }
        rows = [
            (
                *map(figures, (stage.level, stage.samples)),
                stage.route,
                figures(stage.seconds, 3),
                figures(stage.loss, 3),
            )
            for stage in self.stages
        ]
        table = SheetTable(("level", "samples", "route", "seconds", "loss"), rows)
        note = "layerproof.invariance(training, seed=…) measures how invariant each level is."
        return Sheet("Trained layerwise learner", facts, (table,), (note,))


@torch.no_grad()
@full_precision()
def train(
    grammar: Grammar,
    schedule: Schedule,
    *,
    seed: int,
    route: RouteChoice = "auto",
    device: str | torch.device | None = None,
    dtype: torch.dtype = torch.float64,
    signal: Signal = LABEL,
    progress: Progress | None = None,
    part: Part = WHOLE,
    patches: Patches = "first",
) -> Training:
    """Train a learner on the grammar, level by level from L to the schedule's first level.

    Every stage's data and frequencies come from streams named after `seed`, the level and the
    route, so nothing else that is drawn, measured or trained can change them. There is no batch
    size: samples are drawn in blocks of a fixed size and enter as counts of distinct strings. The
    last bits of a matrix product do depend on torch's number of threads, and strings drawn on CUDA
    are not those drawn on the CPU (counts are). Several processes may each take a `part` of the
    samples (:mod:`layerproof.layerwise.distributed`); all of them end with the same learner. With
    all `patches`, a stage learns from every patch of its strings, not from the first; this takes
    whole strings, and N still counts strings.

    Raises InputError for a schedule that does not fit the grammar, or has a level that the signal
    does not teach, an unknown route or device, a route that does not have the signal's law, data or
    matrices that do not fit into memory, and gradient descent that diverges.
    """
    where = device if isinstance(device, torch.device) else resolve_device(device)
    check_schedule(checked_grammar(grammar), schedule, signal)
    learner = LayerwiseLearner(
        grammar.vocabularies[-1], grammar.branching, grammar.levels, device=where, dtype=dtype
    )
    routes = [
        choose_route(route, grammar, stage.level, stage.samples, signal, patches)
        for stage in schedule.stages
    ]
    for stage in schedule.stages:
        check_stage_fits(grammar, stage, signal, where)
    records = []
    for stage, chosen in zip(reversed(schedule.stages), reversed(routes), strict=True):
        run = _StageRun(grammar, stage, seed, chosen, signal, progress, part, patches)
        records.append(run.train(learner))
    stages = tuple(reversed(records))
    return Training(learner, grammar, schedule, stages, seed, signal, patches)


@torch.no_grad()
@full_precision()
def train_on_own_latents(
    grammar: Grammar,
    schedule: Schedule,
    *,
    seed: int,
    latents: Latents | None = None,
    device: str | torch.device | None = None,
    dtype: torch.dtype = torch.float64,
    progress: Progress | None = None,
) -> Training:
    """Train a learner on what it learns itself, and stage 1 on labelled strings.

    `schedule` as :func:`layerproof.theory.latent_schedule.own_latent_schedule` gives it: the
    bandwidths above the leaves are measured, and stand in the schedule of the result. How the
    stages are drawn and fitted: :mod:`layerproof.layerwise.own_latents`.

    Raises InputError for a grammar that has no own latents to learn (one level, patches of one
    token, unequal vocabularies), a schedule that does not fit it, and strings that do not fit into
    memory.
    """
    where = device if isinstance(device, torch.device) else resolve_device(device)
    how, signal = latents or Latents(), few_labels(signal_named("own-latent"), grammar)
    check_schedule(checked_grammar(grammar), schedule, signal)
    check_own_latents(grammar)
    learner = LayerwiseLearner(
        grammar.vocabularies[-1], grammar.branching, grammar.levels, device=where, dtype=dtype
    )
    done = list(own_latent_stages(learner, grammar, schedule, how, seed=seed, progress=progress))
    route: Route = "strings" if how.all_patches else "subtrees"
    records = []
    for found in reversed(done):
        stage, fit = found.stage, found.fit
        drawn: Route = "strings" if stage.level == 1 else route
        records.append(StageRecord(
            stage.level, stage.samples, drawn, found.seconds, fit.loss, fit.rows, fit.method,
            fit.error,
        ))  # fmt: skip
    used = Schedule(schedule.name, tuple(found.stage for found in reversed(done)))
    patches: Patches = "all" if how.all_patches else "first"
    return Training(learner, grammar, used, tuple(records), seed, signal, patches, how.target)


def checked_training(value: object) -> Training:
    """The training itself; InputError for anything else, such as the path of a model file."""
    if not isinstance(value, Training):
        raise InputError("training", value, "what `train` gives, or load_model(FILE)")
    return value


@dataclass(frozen=True)
class _StageRun:
    """One stage: everything it needs but the learner that it extends."""

    grammar: Grammar
    stage: Stage
    seed: int
    route: Route
    signal: Signal
    progress: Progress | None
    part: Part
    patches: Patches

    @property
    def rows(self) -> int:
        """Pairs of patch and signal: one a sample, or one for every patch of each string."""
        every = self.grammar.branching ** (self.stage.level - 1)
        return self.stage.samples * (every if self.patches == "all" else 1)

    def train(self, learner: LayerwiseLearner) -> StageRecord:
        """Train the layer of this stage on the frozen ones below, and attach it."""
        start = time.perf_counter()
        level, samples = self.stage.level, self.stage.samples
        self._report(0.0)
        batches = stage_batches(
            self.route, self.grammar, level, samples,
            seed=self.seed, signal=self.signal, device=learner.device, part=self.part,
            patches=self.patches,
        )  # fmt: skip
        layer, fit = self._fit(learner, self._reported(batches))
        learner.attach(level, layer)
        seconds = time.perf_counter() - start
        self._report(1.0)
        return StageRecord(
            level, samples, self.route, seconds, fit.loss, fit.rows, fit.method, fit.error
        )

    def _fit(self, learner: LayerwiseLearner, batches: Iterable[Batch]) -> tuple[Layer, Fit]:
        vocabulary, stage = learner.vocabulary, self.stage
        if stage.features is None:
            batch = merge_all(batches, vocabulary)
            return fit_kernel(self._rows(learner, collected(batch, vocabulary, self.part)), stage)
        leaf = stage.level == self.grammar.levels
        width = vocabulary if leaf else self.signal.size(self.grammar, stage.level + 1)
        features = RandomFourierFeatures.draw(
            stage.features, width * self.grammar.branching, stage.bandwidth,
            seed=self.seed, path=("stage", stage.level),
            device=learner.device, dtype=learner.dtype,
        )  # fmt: skip
        leaves = self.grammar.leaves_below(stage.level)
        limit = max(min(MERGED_ROWS, MERGED_ENTRIES // leaves), 2 * stage.features)
        parts, part = merged(batches, vocabulary, limit=limit), self.part
        if part.count > 1:
            parts, part = shared(parts, vocabulary, part, 2 * stage.features)
        return fit_features(features, (self._rows(learner, batch) for batch in parts), stage, part)

    def _rows(self, learner: LayerwiseLearner, batch: Batch) -> WeightedRows:
        tokens, index = learner.tokens(batch.leaves, self.stage.level)
        shares = batch.counts.to(torch.float64) / self.rows
        return WeightedRows(tokens, index, shares.to(learner.dtype))

    def _reported(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The batches; each that has been taken in moves the stage on."""
        seen = 0
        for batch in batches:
            yield batch
            seen += batch.samples if self.progress is not None else 0
            share = seen * self.part.count / self.rows
            if share < 1:
                self._report(share)

    def _report(self, fraction: float) -> None:
        if self.progress is not None:
            self.progress(ProgressEvent(self.stage.level, self.grammar.levels, fraction))


def merge_all(batches: Iterable[Batch], vocabulary: int) -> Batch:
    """All distinct rows of a stage in one batch."""
    (batch,) = merged(batches, vocabulary)
    return batch


def collected(batch: Batch, vocabulary: int, part: Part) -> Batch:
    """The distinct rows of all parts, the same in every process."""
    if part.count == 1:
        return batch
    leaves, counts = part.collect(batch.leaves), part.collect(batch.counts)
    return merge(map(Batch, leaves, counts), vocabulary)


def shared(
    batches: Iterator[Batch], vocabulary: int, part: Part, few: int
) -> tuple[Iterator[Batch], Part]:
    """The batches that this process is to add up, and the part that they are of all.

    Where every part has but one batch, its strings are those of other parts too: they are
    collected, and each part takes some; or each takes all, as a whole, where there are no more
    than `few`.
    """
    head = list(islice(batches, 2))
    more = torch.tensor([len(head) - 1], device=head[0].counts.device)
    if int(part.total(more)) > 0:
        return chain(head, batches), part
    every = collected(head[0], vocabulary, part)
    if len(every.leaves) <= few:
        return iter([every]), WHOLE
    return iter([every.every(part.count, part.index)]), part


def check_schedule(grammar: Grammar, schedule: Schedule, signal: Signal = LABEL) -> None:
    """Raise InputError where the schedule is not for these levels, or has a value out of range.

    Nor may it have a level that the signal does not teach.
    """
    levels = [stage.level for stage in schedule.stages]
    expected = list(range(grammar.levels + 1 - len(levels), grammar.levels + 1))
    if levels != expected or expected[:1] < [1]:
        allowed = f"levels that follow one another up to {grammar.levels}, 1 or more"
        raise InputError("levels of the schedule", levels, allowed)
    missing = signal.unreachable_levels(grammar)
    if levels[0] in missing:
        allowed = f"levels that {signal.name} teaches (level {levels[0]}: {missing[levels[0]]})"
        raise InputError("levels of the schedule", levels, allowed)
    for stage in schedule.stages:
        field = f"schedule, level {stage.level}"
        if not 0 < stage.bandwidth < float("inf"):
            raise InputError(f"{field}: bandwidth", stage.bandwidth, "a positive number")
        if not 0 < stage.ridge < float("inf"):
            raise InputError(f"{field}: ridge", stage.ridge, "a positive number")
        if stage.features is not None and stage.features < 1:
            raise InputError(f"{field}: features", stage.features, "a positive whole number")
