"""Runs trials through an executor: stores each as it finishes, and survives workers that die."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Any

from layerproof.theory.errors import InputError
from layerproof.verify.checks.base import Check, Outcome, Parameters, Trial
from layerproof.verify.checks.controls import NO_CONTROL
from layerproof.verify.run.executors import (
    OtherCode,
    explained,
    process_name,
    single_threaded,
    watch,
    width,
    worker_died,
)
from layerproof.verify.run.store import TrialStore, code_of, trial_keys
from layerproof.verify.run.store.database import StoredTrial
from layerproof.verify.run.store.encoding import decode, encode

Progress = Callable[[int, int], None]
"""Called with the number of trials done and the number of all trials."""

BLOCKS_PER_JOB = 16
"""A job's trials travel to the workers in at most this many blocks."""

SECONDS_PER_BLOCK = 0.25
"""A worker hands back what it has after this time and is then sent the rest; stored as often."""

WATCH_SECONDS = 1.0
"""Where nothing came back for this time, an executor looks after its workers."""

DEATHS_TOGETHER = 2
"""A block whose worker died this often runs again alone, trial by trial, after all others."""

DEATHS_ALONE = 2
"""A trial whose worker died this often while nothing else ran has crashed."""


@dataclass(frozen=True)
class Job:
    """All trials of one check on one instance."""

    check: Check[Any]
    parameters: Parameters
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Block:
    """Some trials of job number `job`, as they travel to a worker, and how often it died.

    `code` is the fingerprint of the code that must run them.
    """

    job: int
    code: str
    check: Check[Any]
    parameters: Parameters
    trials: tuple[Trial, ...]
    seconds: float
    deaths: int = 0
    alone: bool = False


@dataclass(frozen=True)
class Record:
    """What one trial brought back: its outcome as text, or why there is none.

    `crash` is the traceback of a trial that crashed, `refusal` why a control cannot be had, or the
    check cannot be done on the grammar of a file; `read` is the outcome itself where it was not
    measured but read from a store.
    """

    trial: int
    seconds: float
    outcome: str = ""
    crash: str = ""
    refusal: str = ""
    read: Outcome | None = None


@dataclass(frozen=True)
class Brought:
    """What a worker brings back of a block: records of its first trials, and whose they are.

    `code` is the fingerprint of the code that measured them, in the process called `process`.
    """

    code: str
    process: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Done:
    """What a job brought back: outcomes in the order of its trials, and its first failure.

    `stored` is how many of the outcomes were not measured but read.
    """

    outcomes: tuple[Outcome, ...]
    seconds: float
    crash: str = ""
    refusal: str = ""
    stored: int = 0


def collect(
    pool: Executor,
    jobs: Sequence[Job],
    *,
    store: TrialStore | None = None,
    progress: Progress | None = None,
) -> list[Done]:
    """Run every trial of `jobs` that `store` does not hold, storing each as it finishes.

    Crashes are not stored, so that a run which is resumed tries them again. Raises the InputError
    of a trial on sizes of a suite, and that of the store; whatever finished before stays stored.
    """
    sweep = _Sweep(jobs, store, progress)
    sweep.read()
    sweep.run(pool)
    return [_joined(records.values()) for records in map(_in_order, sweep.records)]


def run_block(block: Block) -> Brought:
    """Run trials of a block in order, at least one, until its time is up.

    None in a process with other code than the block names. One thread, so that every process
    gives the same bits.
    """
    code = code_of(block.check)
    records = _run_trials(block) if code == block.code else ()
    return Brought(code, process_name(), records)


def _run_trials(block: Block) -> tuple[Record, ...]:
    started = time.perf_counter()
    if block.check.needs_torch:
        import torch  # noqa: F401 -- so that its threads are limited with the others
    records = []
    with single_threaded():
        for trial in block.trials:
            records.append(_run_trial(block, trial))
            if time.perf_counter() - started >= block.seconds:
                break
    return tuple(records)


def _run_trial(block: Block, trial: Trial) -> Record:
    started = time.perf_counter()
    outcome = crash = refused = ""
    try:
        outcome = encode(block.check.measure(block.parameters, trial))
    except InputError as refusal:
        given = getattr(block.parameters, "grammar", None)
        if trial.control == NO_CONTROL and given is None:
            raise
        # The control cannot be had on this instance, or the check not done on a grammar that was
        # given in place of the suite's own: it is left out of its row, and the others run.
        refused = str(refusal)
    except Exception:  # noqa: BLE001 -- a crash of a check is a verdict, `error`
        crash = traceback.format_exc()
    return Record(trial.index, time.perf_counter() - started, outcome, crash, refused)


class _Sweep:
    """The state of one collection: what waits, what runs, and what came back."""

    def __init__(
        self,
        jobs: Sequence[Job],
        store: TrialStore | None,
        progress: Progress | None,
    ) -> None:
        self.records: list[dict[int, Record]] = [{} for _ in jobs]
        self._jobs, self._store = jobs, store
        self._progress = progress or (lambda done, total: None)
        self._keys = [None if store is None else _keys(job) for job in jobs]
        self._waiting: deque[Block] = deque()
        self._suspects: deque[Block] = deque()
        self._running: dict[Future[Brought], Block] = {}
        self._fresh: list[StoredTrial] = []
        self._done, self._total = 0, sum(len(job.trials) for job in jobs)
        self._stored_at = time.monotonic()

    def read(self) -> None:
        """Take over what is stored, and line up the rest."""
        for number, keys in enumerate(self._keys):
            for index, key in (keys or {}).items():
                kept = self._store.find(key) if self._store is not None else None
                if kept is not None:
                    self.records[number][index] = Record(index, kept.seconds, read=kept.outcome)
            self._done += len(self.records[number])
        if self._store is not None:
            self._store.stored += self._done
        # One block of every job in turn: what is done is then a fair sample of what is left, and
        # the remaining time can be told from it.
        blocks = (self._blocks(number) for number in range(len(self._jobs)))
        self._waiting.extend(block for block in chain(*zip_longest(*blocks)) if block is not None)
        self._progress(self._done, self._total)

    def run(self, pool: Executor) -> None:
        """Until nothing is left to run; whatever ends it, what has come back is stored."""
        try:
            while self._waiting or self._suspects or self._running:
                while self._waiting and len(self._running) < width(pool):
                    self._submit(pool, self._waiting.popleft())
                if not self._running:
                    self._submit(pool, self._suspects.popleft())
                self._take(pool, self._next(pool))
        finally:
            self._store_fresh()

    def _submit(self, pool: Executor, block: Block) -> None:
        self._running[pool.submit(run_block, block)] = block

    def _next(self, pool: Executor) -> Iterable[Future[Brought]]:
        """The calls that end next; the executor looks after its workers while none does."""
        while True:
            finished = wait(self._running, WATCH_SECONDS, FIRST_COMPLETED).done
            watch(pool, idle=not finished)
            if finished:
                return finished

    def _take(self, pool: Executor, finished: Iterable[Future[Brought]]) -> None:
        ended: list[tuple[Block, tuple[Record, ...]]] = []
        failure: BaseException | None = None
        for future in finished:
            block = self._running.pop(future)
            error = CancelledError() if future.cancelled() else future.exception()
            if error is None and not (error := _other_code(future.result(), block)):
                ended.append((block, future.result().records))
            elif worker_died(error):
                ended.append((block, self._after_a_death(block)))
            else:
                failure = explained(pool, error)
        self._keep(ended)
        if failure is not None:  # only now, so that nothing that has finished is lost
            raise failure

    def _keep(self, ended: Sequence[tuple[Block, tuple[Record, ...]]]) -> None:
        for block, records in ended:
            self._fresh.extend(self._to_store(block, records))
            self._done += len(records)
            self.records[block.job].update({record.trial: record for record in records})
            if rest := block.trials[len(records) :] if records else ():
                self._waiting.appendleft(replace(block, trials=rest))
        if time.monotonic() - self._stored_at >= SECONDS_PER_BLOCK:
            self._store_fresh()
        self._progress(self._done, self._total)

    def _store_fresh(self) -> None:
        """One transaction for what came back since the last; a commit waits for the disk."""
        fresh, self._fresh = self._fresh, []
        if self._store is not None:
            self._store.add(fresh)
        self._stored_at = time.monotonic()

    def _to_store(self, block: Block, records: Sequence[Record]) -> Iterable[StoredTrial]:
        keys, form = self._keys[block.job], block.trials[0].form
        if self._store is not None:
            self._store.computed += len(records)
        if keys is None:
            return
        for record in records:
            if record.outcome:
                about = (keys[record.trial], block.check.id, form, record.trial)
                yield StoredTrial(*about, record.seconds, record.outcome)

    def _after_a_death(self, block: Block) -> tuple[Record, ...]:
        """Line the block up again; the records of a trial that is given up."""
        again = replace(block, deaths=block.deaths + 1)
        if block.alone and again.deaths >= DEATHS_ALONE:
            return (Record(block.trials[0].index, 0.0, crash=_LOST),)
        if block.alone:
            self._suspects.append(again)
        elif again.deaths >= DEATHS_TOGETHER:
            singles = (replace(block, trials=(t,), deaths=0, alone=True) for t in block.trials)
            self._suspects.extend(singles)
        else:
            self._waiting.append(again)
        return ()

    def _blocks(self, number: int) -> list[Block]:
        job, known = self._jobs[number], self.records[number]
        left = [trial for trial in job.trials if trial.index not in known]
        size = max(1, -(-len(job.trials) // BLOCKS_PER_JOB))
        code = code_of(job.check)
        return [
            Block(number, code, job.check, job.parameters, trials, SECONDS_PER_BLOCK)
            for trials in (tuple(left[i : i + size]) for i in range(0, len(left), size))
        ]


def _other_code(found: object, block: Block) -> OtherCode | None:
    """Why a block's answer is not to be trusted; a worker with other code can answer anything."""
    same = isinstance(found, Brought) and getattr(found, "code", None) == block.code
    if same and getattr(found, "records", ()):
        return None
    return OtherCode(str(getattr(found, "process", "a worker")))


_LOST = (
    "WorkerLost: the process that ran this trial died, each of the"
    f" {DEATHS_TOGETHER + DEATHS_ALONE} times that it was tried; it may need more memory"
)


def _keys(job: Job) -> dict[int, str] | None:
    """The key of every trial by its index; None where the job is not to be stored."""
    keys = trial_keys(job.check, job.parameters, job.trials)
    if keys is None:
        return None
    return {trial.index: key for trial, key in zip(job.trials, keys, strict=True)}


def _in_order(records: dict[int, Record]) -> dict[int, Record]:
    return dict(sorted(records.items()))


def _joined(records: Iterable[Record]) -> Done:
    found = list(records)
    crash = next((record.crash for record in found if record.crash), "")
    refusal = next((record.refusal for record in found if record.refusal), "")
    # Stored and measured outcomes go the same way, so that no result can tell them apart.
    outcomes = tuple(
        decode(record.outcome) if record.read is None else record.read
        for record in found
        if record.outcome or record.read is not None
    )
    stored = sum(record.read is not None for record in found)
    return Done(outcomes, sum(record.seconds for record in found), crash, refusal, stored)
