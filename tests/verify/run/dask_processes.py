"""A Dask scheduler and its workers as processes on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def wait_until(condition: Callable[[], bool], what: str, limit: float = 60.0) -> None:
    give_up = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < give_up, f"waited in vain until {what}"
        time.sleep(0.05)


@contextmanager
def dask_process(*arguments: str, path: Path = ROOT) -> Iterator[subprocess.Popen[bytes]]:
    """A `dask` command in a group of its own, which is ended as a whole.

    `path` is the folder from which it takes the packages.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments],
        env={**os.environ, **SINGLE, "PYTHONPATH": str(path)},
        cwd=path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # a test may have ended it
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def dask_cluster(space: Path, *threads: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler and a worker for each of `threads`, as processes on loopback."""
    with dask_scheduler() as (where, scheduler), ExitStack() as workers:
        for count in threads:
            workers.enter_context(dask_worker(where, space, count))
        wait_until(lambda: _workers(where) == len(threads), "the workers have joined")
        yield where, scheduler


@contextmanager
def dask_scheduler() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler without workers, and its address; it answers."""
    pytest.importorskip("distributed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = f"tcp://127.0.0.1:{port}"
    head = ("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    with dask_process(*head) as scheduler:
        wait_until(lambda: _workers(where) == 0, "the scheduler answers")
        yield where, scheduler


def dask_worker(
    where: str, space: Path, threads: str = "1", *more: str, path: Path = ROOT
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """One worker of the scheduler at `where`, with the packages in the folder `path`."""
    options = ("--no-dashboard", "--local-directory", str(space), "--nthreads", threads)
    return dask_process("worker", where, *options, *more, path=path)


def _workers(where: str) -> int:
    from distributed import Client

    try:
        with Client(where, timeout=5) as client:
            return len(client.nthreads())
    except OSError:
        return -1
