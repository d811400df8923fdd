"""Where trials run: any :class:`concurrent.futures.Executor`; one in this process, or a pool."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

from theory.errors import InputError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class SerialExecutor(Executor):
    """Runs each call where it is submitted: the reference that every other executor must equal."""

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


def available_cores() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def executor(workers: int | None) -> Iterator[Executor]:
    """A process pool of `workers` (by default one a core), or this process for one worker.

    Pools are spawned, not forked: a forked torch hangs. Work that has not started is dropped when
    the block is left by an exception. Raises InputError for fewer than one worker.
    """
    count = available_cores() if workers is None else workers
    if count < 1:
        raise InputError("--workers", count, "a positive integer")
    if count == 1:
        yield SerialExecutor()
        return
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def single_threaded() -> Iterator[None]:
    """One thread for numpy and torch inside the block.

    Sums then add up in one order wherever they run, and processes do not fight for cores. Torch is
    touched only where it is loaded already.
    """
    torch = sys.modules.get("torch")
    threads = 0 if torch is None else torch.get_num_threads()
    with threadpool_limits(1):
        if torch is not None:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch is not None:
                torch.set_num_threads(threads)
