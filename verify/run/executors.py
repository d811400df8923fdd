"""Where trials run: any :class:`concurrent.futures.Executor`.

One in this process, a pool of processes that is renewed when one dies, or a Dask cluster
(:mod:`layerproof.verify.run.cluster`).
"""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.connection
import os
import platform
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

from layerproof.theory.errors import InputError
from layerproof.verify.run.exhaustion import check_working_directory
from layerproof.verify.run.starting import safe_start, start_context
from layerproof.verify.run.store.database import KEPT

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

STILLBORN = 2
"""So many times all processes of a pool may die before one of them could do anything."""

Say = Callable[[str], None]
"""Called with a sentence for the user."""

_ONE_AT_A_TIME = threading.RLock()
"""The number of threads of numpy and torch belongs to a process; so does this lock."""


class OtherCode(Exception):
    """A process, named by the argument, runs other code than this one: its results do not count."""


class SerialExecutor(Executor):
    """Runs each call where it is submitted: the reference that every other executor must equal."""

    width = 1

    def submit(
        self,
        fn: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        """Run `fn` now; the future carries its result or its exception."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 -- the future hands it to whoever asks
            future.set_exception(error)
        return future


class ProcessPool(Executor):
    """Processes that end with this one; one that dies does not end the pool.

    Every call that was under way or waiting when a process died fails with BrokenExecutor; the next
    call starts new processes. They are forked from a process that has imported what trials need and
    has computed nothing; where the platform has none, spawned. Not from this one: a torch that has
    computed hangs when it is forked. Raises InputError where no process can be started, and where
    all die before they can do anything.
    """

    def __init__(self, workers: int, start: str | None = None) -> None:
        self.width = 2 * workers  # so that no process waits for its next call
        self._workers, self._start = workers, start
        self._stillborn = 0
        self._pool = self._new()
        self._ready: list[Future[int]] = []

    def submit(
        self,
        fn: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        """Run `fn` in one of the processes."""
        try:
            return self._submitted(fn, *args, **kwargs)
        except BrokenExecutor:
            self._renew()
            return self._submitted(fn, *args, **kwargs)

    def start(self) -> None:
        """Start the processes now, before the first call; no call is waited for."""
        if not self._ready:
            with self._explained(), safe_start():
                self._ready = [self._pool.submit(os.getpid) for _ in range(self._workers)]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, after what they do where `wait` says so."""
        with safe_start():  # what keeps count of semaphores is a process too, and may start anew
            self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def explain(self, error: BaseException) -> BaseException:
        """What a user is told of `error`."""
        if not isinstance(error, OtherCode):
            return error
        allowed = f"code that stays as it is until a run ends; {KEPT}"
        return InputError("the code of layerproof or a plug-in", "changed during the run", allowed)

    def _submitted(
        self,
        fn: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        self.start()
        with self._explained(), safe_start():
            return self._pool.submit(fn, *args, **kwargs)

    def _renew(self) -> None:
        born = any(call.done() and not call.exception() for call in self._ready)
        self._stillborn = 0 if born else self._stillborn + 1
        if self._stillborn >= STILLBORN:
            raise self._refusal("they end before they do anything; there may be too little memory")
        self.shutdown()
        self._pool, self._ready = self._new(), []

    def _new(self) -> ProcessPoolExecutor:
        with self._explained(), safe_start():
            return ProcessPoolExecutor(
                self._workers, mp_context=start_context(self._start), initializer=_start_worker
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the operating system refuses into one sentence; no process stays half begun."""
        before = multiprocessing.active_children()
        try:
            yield
        except (OSError, EOFError, ImportError, NotImplementedError) as error:
            for process in multiprocessing.active_children():
                if process not in before:
                    process.kill()  # it would wait for calls, and this process for it
            raise self._refusal(" ".join(str(error).split())) from error

    def _refusal(self, why: str) -> InputError:
        check_working_directory()
        allowed = f"1, as worker processes cannot be used here ({why})"
        return InputError("--workers", self._workers, allowed)


def _start_worker() -> None:
    """Do not outlive the parent: also SIGKILL must leave no process behind.

    What every trial needs is imported here, so that a process that cannot hold it ends in silence:
    the pool says why.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        importlib.import_module("layerproof.verify.run.sweep")
    except (MemoryError, ImportError, OSError):
        os._exit(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def width(pool: Executor) -> int:
    """How many calls a pool should have at a time: enough to keep it busy."""
    return int(getattr(pool, "width", 2 * available_cores()))


def say_on_standard_error(sentence: str) -> None:
    """Print one line; a bar that is shown stays below it."""
    sys.stderr.write(f"layerproof: {sentence}\n")


def watch(pool: Executor, *, idle: bool) -> None:
    """Let a pool look after its workers: `idle` where none has brought anything back lately.

    Raises what the pool raises where it has lost them.
    """
    look = getattr(pool, "watch", None)
    if look is not None:
        look(idle)


def explained(pool: Executor, error: BaseException) -> BaseException:
    """What a user is told of an error that a call ended with, in the words of its pool."""
    explain = getattr(pool, "explain", None)
    return error if explain is None else explain(error)


def process_name() -> str:
    """This process, for a reader who must find it."""
    return f"process {os.getpid()} of {platform.node() or 'this machine'}"


def worker_died(error: BaseException) -> bool:
    """Whether a call failed because its process died, not because of what it did."""
    distributed = sys.modules.get("distributed")
    return isinstance(error, BrokenExecutor) or (
        distributed is not None and isinstance(error, distributed.KilledWorker)
    )


def available_cores() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def executor(workers: int | None, say: Say = say_on_standard_error) -> Iterator[Executor]:
    """A process pool of `workers` (by default one a core), or this process for one worker.

    Without a number, this process runs everything where no others can be started, and `say` is told
    so. Work that has not started is dropped when the block is left by an exception. Raises
    InputError for fewer than one worker, and where so many cannot be started.
    """
    count = available_cores() if workers is None else workers
    if count < 1:
        raise InputError("--workers", count, "a positive integer")
    pool = _started(count) if workers is not None else _started_or_none(count, say)
    if pool is None:
        yield SerialExecutor()
        return
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _started(count: int) -> ProcessPool | None:
    """A pool whose processes start; None where this process is enough."""
    if count == 1:
        return None
    pool = ProcessPool(count)
    pool.start()
    return pool


def _started_or_none(count: int, say: Say) -> ProcessPool | None:
    try:
        return _started(count)
    except InputError as refusal:
        say(f"one process runs everything: {refusal}")
        return None


@lru_cache(maxsize=1)
def _libraries(modules: int) -> ThreadpoolController:
    """What keeps threads; it comes with modules, and to look for it takes as long as a trial."""
    return ThreadpoolController()


@contextmanager
def single_threaded() -> Iterator[None]:
    """One thread for numpy and torch inside the block.

    Sums then add up in one order wherever they run, and processes do not fight for cores. Torch is
    touched only where it is loaded already. The numbers of threads belong to the process, so that
    threads which enter at the same time, as those of a Dask worker may, take turns.
    """
    with _ONE_AT_A_TIME, _libraries(len(sys.modules)).limit(limits=1):
        torch = sys.modules.get("torch")
        threads = 0 if torch is None else torch.get_num_threads()
        if torch is not None:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch is not None:
                torch.set_num_threads(threads)
