"""How the processes of a pool start: forked from one that has imported what they need, or spawned.

A forked process shares with the others what takes each spawned one seconds to import. It is not
forked from this process: a torch that has computed hangs when it is forked.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import BaseContext

SAFE_PATH = "PYTHONSAFEPATH"
"""The variable with which Python leaves the working directory out of where it finds modules."""

PRELOADED = "layerproof.verify.run.preloaded"
"""The module that is imported once for all forked processes."""

DESCRIPTORS = 64
"""Where a process may open fewer files, its workers are spawned, which takes fewer."""


LONGEST = 70
"""Bytes of the name of a temporary folder in which a socket can stand: its own has 108 with it."""


def start_context(method: str | None = None) -> BaseContext:
    """How processes start: by the `method` of that name, else by the quickest that is safe here.

    Libraries of macOS do not survive a fork, and Windows has none.
    """
    if method is not None:
        return multiprocessing.get_context(method)
    if sys.platform != "linux" or _few_descriptors() or _no_place_for_a_socket():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOADED])
    return context


def start_imports() -> None:
    """Begin to import what the workers need, while this process does something else.

    What cannot be started now is started with the workers, which says why it cannot.
    """
    if start_context().get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running

        with suppress(OSError, EOFError, ImportError, NotImplementedError), safe_start():
            ensure_running()


def _few_descriptors() -> bool:
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limit != resource.RLIM_INFINITY and limit < DESCRIPTORS


def _no_place_for_a_socket() -> bool:
    """Forked processes are asked for through one, in the folder of temporary files."""
    try:
        return len(os.fsencode(tempfile.gettempdir())) > LONGEST
    except FileNotFoundError:
        return True


@contextmanager
def safe_start() -> Iterator[None]:
    """Processes that start inside the block run no file of the working directory in place of a
    module of Python's, and leave Ctrl-C and the end of a terminal to this one, which gets them
    afterwards.
    """
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        with _signals_blocked():
            yield
    finally:
        if before is None:
            os.environ.pop(SAFE_PATH, None)
        else:
            os.environ[SAFE_PATH] = before


@contextmanager
def _signals_blocked() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
