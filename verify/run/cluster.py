"""Trials on a Dask cluster: the same results, and a sentence where the cluster is not there.

The scheduler sends what a dead worker was running to another one. Every block of trials says which
code must run it, so that a worker with other code, also one that joins late, ends the run.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec, TypeVar

from layerproof.theory.errors import InputError
from layerproof.verify.run.executors import OtherCode, Say, say_on_standard_error
from layerproof.verify.run.store.database import KEPT

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

FIELD = "--cluster"

CONNECT_SECONDS = 10.0
"""How long a cluster's scheduler may take to answer, and to say goodbye."""

NOTICE_SECONDS = 10.0
"""A cluster without a worker, or whose scheduler is silent, is told of after this time."""

AGAIN_SECONDS = 60.0
"""And again after this time."""

LIMIT_SECONDS = 600.0
"""A run ends that waits for a worker, or for an answer of the scheduler, as long as this."""

_ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?:\[[0-9a-fA-F:.%]+\]|[^\s:/\[\]]+):(?P<port>\d+)/?"
)
_SCHEMES = ("tcp", "tls", "ws", "wss", "ucx", "ucxx")
_LIBRARIES = ("distributed", "dask", "tornado", "asyncio")
_REFRESH_SECONDS = 1.0


@contextmanager
def cluster(address: str, say: Say = say_on_standard_error) -> Iterator[Executor]:
    """An executor on the Dask scheduler at `address`, such as tcp://127.0.0.1:8786.

    `say` is told of a cluster that has no worker or does not answer. Raises InputError where there
    is no scheduler, where a worker runs other code, where the scheduler is lost, and where no
    worker comes for :data:`LIMIT_SECONDS`.
    """
    _check(address)
    with _quiet():
        client = _connect(address)
        try:
            yield _Cluster(client, address, say)
        except (CancelledError, OSError, _closed()) as error:
            allowed = f"a scheduler that stays until the end; {KEPT} ({_words(error)})"
            raise InputError(FIELD, address, allowed) from error
        finally:
            with suppress(Exception):  # there is nothing left to lose
                client.close(timeout=CONNECT_SECONDS)


def _check(address: str) -> None:
    """Raise InputError for what is no address of a scheduler."""
    found = _ADDRESS.fullmatch(address)
    if (
        found is None
        or (found["scheme"] or "tcp") not in _SCHEMES
        or not 0 < int(found["port"]) < 2**16
    ):
        allowed = "SCHEME://HOST:PORT, such as tcp://127.0.0.1:8786; the schemes: "
        raise InputError(FIELD, address, allowed + ", ".join(_SCHEMES))


def _connect(address: str) -> Any:
    try:
        import distributed
    except ImportError as error:
        allowed = 'an installation with the cluster extra: pip install -e ".[cluster]"'
        raise InputError(FIELD, address, allowed) from error
    connected: Future[Any] = Future()

    def connect() -> None:
        try:
            client: Any = distributed.Client
            found = client(address, timeout=CONNECT_SECONDS, set_as_default=False)
            connected.set_result(found)
        except Exception as error:  # noqa: BLE001 -- whatever answers there, in whatever language
            connected.set_exception(error)

    # In a thread, as a peer that accepts and says nothing is waited for without a limit.
    threading.Thread(target=connect, daemon=True).start()
    try:
        return connected.result(2 * CONNECT_SECONDS)
    except Exception as error:
        allowed = f"the address of a running Dask scheduler ({_words(error)})"
        raise InputError(FIELD, address, allowed) from error


def _closed() -> type[Exception]:
    from distributed.client import ClosedClientError

    return ClosedClientError


def _words(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200].removesuffix(": ")


class _Cluster(Executor):
    """The executor of a Dask client, as wide as its cluster is at the moment."""

    def __init__(self, client: Any, address: str, say: Say) -> None:
        self._client, self._pool = client, client.get_executor()
        self._address, self._say = address, say
        self._threads, self._asked = 0, float("-inf")
        self._silence = _Silence(address, say)

    @property
    def width(self) -> int:
        """Two calls for every thread of the workers that are there."""
        if time.monotonic() - self._asked >= _REFRESH_SECONDS:
            self._ask()
        return max(2, 2 * self._threads)

    def submit(
        self,
        fn: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        """Run `fn` on one of the workers."""
        return self._pool.submit(fn, *args, **kwargs)  # type: ignore[no-any-return]

    def watch(self, idle: bool) -> None:
        """Say that there is no worker, or no answer; raise InputError where that lasts."""
        if not idle:
            self._silence.ends()
        elif not self._ask():
            self._silence.goes_on("no answer of the scheduler")
        elif not self._threads:
            self._silence.goes_on("no worker")
        else:
            self._silence.ends()

    def explain(self, error: BaseException) -> BaseException:
        """What a user is told of `error`, with which a call ended."""
        if isinstance(error, InputError | CancelledError | OSError):
            return error
        allowed = "workers with the code and the packages of this process"
        unlike = f"unlike {error}" if isinstance(error, OtherCode) else f"not {_words(error)}"
        return InputError(FIELD, self._address, f"{allowed}, {unlike}; {KEPT}")

    def _ask(self) -> bool:
        """Ask the scheduler for the threads of all workers; whether it answered in time."""
        self._asked = time.monotonic()
        try:
            threads = self._client.sync(
                self._client.scheduler.ncores, workers=None, callback_timeout=CONNECT_SECONDS
            )
        except TimeoutError:
            return False
        self._threads = int(sum(threads.values()))
        return True


class _Silence:
    """For how long nobody has worked, and what was said of it."""

    def __init__(self, address: str, say: Say) -> None:
        self._address, self._say = address, say
        self._since: float | None = None
        self._next = NOTICE_SECONDS

    def ends(self) -> None:
        """Somebody works."""
        self._since, self._next = None, NOTICE_SECONDS

    def goes_on(self, what: str) -> None:
        """Nobody does, for the reason `what`; raises InputError beyond the limit."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        lasts = now - self._since
        if lasts >= LIMIT_SECONDS:
            allowed = f"a scheduler with workers; {what} for {LIMIT_SECONDS / 60:.3g} min; {KEPT}"
            raise InputError(FIELD, self._address, allowed)
        if lasts >= self._next:
            self._next = lasts + AGAIN_SECONDS
            left = f"the run ends after {LIMIT_SECONDS / 60:.3g} min of that"
            self._say(f"{what} at {self._address} for {lasts:.0f} s; {left}")


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask and what it is made of write for their developers does not reach a user."""
    with suppress(ImportError):
        import distributed  # noqa: F401 -- so that it sets up its log now, not later
    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    before = [(logger.handlers[:], logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [logging.NullHandler()], False
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=rf"({'|'.join(_LIBRARIES)})(\.|$)")
            yield
    finally:
        for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
