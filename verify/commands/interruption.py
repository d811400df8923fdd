"""Ctrl-C, `kill` and the end of a terminal: the exit code 2 and one sentence, whenever they come.

While a command works an interruption is raised in it, so that what it holds is put away; before and
after that there is nothing to put away, and the process ends at once.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

EXIT_CODE = 2
NOTHING_LEFT = "nothing half-written was left"

_INTERRUPTIONS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_AGAIN_SECONDS = 0.01
"""An interruption that was lost comes again after this time."""

_raised = threading.Event()
"""Set while a command works."""

_received = threading.Event()
"""Set from the first interruption on."""


def install() -> None:
    """Handle interruptions of this process from now on, unless it was started to ignore them."""
    # Whoever ends a job (`kill`, `timeout`, a cluster's scheduler, a terminal that is closed) gets
    # the clean end of Ctrl-C.
    for number in _INTERRUPTIONS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)
    sys.unraisablehook = _not_lost
    atexit.register(_end)


@contextmanager
def raised() -> Iterator[None]:
    """Inside, an interruption raises KeyboardInterrupt."""
    _raised.set()
    try:
        yield
    finally:
        _raised.clear()


def interrupted() -> bool:
    """Whether this process was interrupted, whatever became of the exception on its way."""
    return _received.is_set()


def _handle(number: int, frame: object) -> None:
    _received.set()
    if _raised.is_set():
        raise KeyboardInterrupt
    _leave()


def _leave() -> NoReturn:
    with suppress(OSError):  # the terminal may be gone
        os.write(2, f"layerproof: interrupted; {NOTHING_LEFT}\n".encode())
    os._exit(EXIT_CODE)


def _end() -> None:
    """Keep the exit code: Python kills itself where KeyboardInterrupt passed through an `exec`."""
    if _received.is_set():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(EXIT_CODE)


def _not_lost(lost: Any) -> None:
    """Where Python could not pass an interruption on, such as from a finaliser, it comes again."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        again = threading.Timer(_AGAIN_SECONDS, _send_again)
        again.daemon = True
        again.start()
    else:
        sys.__unraisablehook__(lost)


def _send_again() -> None:
    if _raised.is_set():
        os.kill(os.getpid(), signal.SIGINT)
