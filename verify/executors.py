"""Where trials run: any :class:`concurrent.futures.Executor`.

One in this process, a pool of processes that is renewed when one dies, or a Dask cluster.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
)
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

from theory.errors import InputError
from verify.store.database import KEPT
from verify.store.keys import fingerprint

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

CONNECT_SECONDS = 10
"""How long a cluster's scheduler may take to answer."""

_ONE_AT_A_TIME = threading.RLock()
"""The number of threads of numpy and torch belongs to a process; so does this lock."""


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
    """Spawned processes, which end with this one; a process that dies does not end the pool.

    Every call that was under way or waiting when a process died fails with BrokenExecutor; the next
    call starts new processes. Spawned, not forked: a forked torch hangs.
    """

    def __init__(self, workers: int, start: str = "spawn") -> None:
        self.width = 2 * workers  # so that no process waits for its next call
        self._workers, self._start = workers, start
        self._pool = self._new()

    def submit(
        self,
        fn: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        """Run `fn` in one of the processes."""
        with _ctrl_c_blocked():
            try:
                return self._pool.submit(fn, *args, **kwargs)
            except BrokenExecutor:
                self._pool.shutdown()
                self._pool = self._new()
                return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, after what they do where `wait` says so."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def _new(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context(self._start)
        return ProcessPoolExecutor(self._workers, mp_context=context, initializer=_start_worker)


@contextmanager
def _ctrl_c_blocked() -> Iterator[None]:
    """Processes that start inside the block leave Ctrl-C to this one, which gets it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    """Do not outlive the parent: also SIGKILL must leave no process behind."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def width(pool: Executor) -> int:
    """How many calls a pool should have at a time: enough to keep it busy."""
    return int(getattr(pool, "width", 2 * available_cores()))


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
def executor(workers: int | None) -> Iterator[Executor]:
    """A process pool of `workers` (by default one a core), or this process for one worker.

    Work that has not started is dropped when the block is left by an exception. Raises InputError
    for fewer than one worker.
    """
    count = available_cores() if workers is None else workers
    if count < 1:
        raise InputError("--workers", count, "a positive integer")
    if count == 1:
        yield SerialExecutor()
        return
    pool = ProcessPool(count)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """An executor on the Dask scheduler at `address`, such as tcp://127.0.0.1:8786.

    The scheduler sends what a dead worker was running to another one. Raises InputError where there
    is no scheduler, where a worker runs other code, and where the scheduler is lost.
    """
    try:
        import distributed
    except ImportError as error:
        allowed = 'an installation with the cluster extra: pip install -e ".[cluster]"'
        raise InputError("--cluster", address, allowed) from error
    connect: Any = distributed.Client
    try:
        client = connect(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        allowed = f"the address of a running Dask scheduler ({error})"
        raise InputError("--cluster", address, allowed) from error
    with client:
        _check_workers(client, address)
        try:
            yield _Cluster(client)
        except (CancelledError, OSError, distributed.client.ClosedClientError) as error:
            allowed = f"a scheduler that stays until the end; {KEPT} ({error!r})"
            raise InputError("--cluster", address, allowed) from error


class _Cluster(Executor):
    """The executor of a Dask client, as wide as its cluster is at the moment."""

    def __init__(self, client: Any) -> None:
        self._client, self._pool = client, client.get_executor()

    @property
    def width(self) -> int:
        """Two calls for every thread of the workers that are there."""
        return max(2, 2 * int(sum(self._client.nthreads().values())))

    def submit(
        self,
        fn: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        """Run `fn` on one of the workers."""
        return self._pool.submit(fn, *args, **kwargs)  # type: ignore[no-any-return]


def _check_workers(client: Any, address: str) -> None:
    """Raise InputError where a worker that is there cannot give the results of this process."""
    expected = fingerprint()
    try:
        found = client.run(fingerprint)
    except Exception as error:  # whatever a worker without this package raises
        allowed = f"workers on which layerproof is installed ({error!r})"
        raise InputError("--cluster", address, allowed) from error
    strangers = [worker for worker, code in found.items() if code != expected]
    if strangers:
        allowed = f"workers with the code and the packages of this process, unlike {strangers[0]}"
        raise InputError("--cluster", address, allowed)


@contextmanager
def single_threaded() -> Iterator[None]:
    """One thread for numpy and torch inside the block.

    Sums then add up in one order wherever they run, and processes do not fight for cores. Torch is
    touched only where it is loaded already. The numbers of threads belong to the process, so that
    threads which enter at the same time, as those of a Dask worker may, take turns.
    """
    with _ONE_AT_A_TIME, threadpool_limits(1):
        torch = sys.modules.get("torch")
        threads = 0 if torch is None else torch.get_num_threads()
        if torch is not None:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch is not None:
                torch.set_num_threads(threads)
