"""Pipes, terminals and devices, which have no whole to replace and may let one wait for ever.

`layerproof predict --grammar <(layerproof draw …)` and `layerproof draw … | layerproof predict
--grammar -` are pipes with a program at the other end. Where there is none, or it does nothing,
that is an error after a time.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from collections.abc import Iterator

OPENING_SECONDS = 2.0
"""How long a pipe may be without a program at its other end."""
IDLE_SECONDS = 60.0
"""How long the program at the other end may neither write nor read."""

_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_CHUNK = 2**16


def open_source(path: str) -> int:
    """Return a descriptor that reads the file, pipe or terminal at `path`; "-" is standard input.

    Raises OSError where there is none, or it is a folder or a device: those have no end.
    """
    descriptor = os.dup(0) if path == "-" else os.open(path, os.O_RDONLY | _FLAGS)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not os.isatty(descriptor)):
            raise OSError(errno.EINVAL, "Is a device")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_regular(descriptor: int) -> bool:
    """Return whether an open file is one on a disk: not a pipe, a terminal or a device."""
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def parts_of(descriptor: int) -> Iterator[bytes]:
    """Yield what an open file holds, part by part, to its end.

    Raises TimeoutError where no program writes to a pipe, or writes nothing for a time. From a
    terminal any time is waited: there, a user writes.
    """
    if is_regular(descriptor):
        yield from iter(lambda: os.read(descriptor, _CHUNK), b"")
        return
    deadline = time.monotonic() + OPENING_SECONDS
    started = os.get_blocking(descriptor)
    patience = None if os.isatty(descriptor) else IDLE_SECONDS
    while True:
        if started:
            _wait(descriptor, select.POLLIN, patience, "no program wrote to it")
        try:
            part = os.read(descriptor, _CHUNK)
        except BlockingIOError:  # a program is there and has written nothing yet
            started = True
            continue
        if part:
            started = True
            yield part
        elif started:
            return
        elif time.monotonic() > deadline:
            raise TimeoutError(errno.ETIMEDOUT, "no program writes to this pipe")
        else:
            time.sleep(0.02)


def open_sink(path: str) -> int:
    """Return a descriptor that writes to the pipe, terminal or device at `path`.

    Raises OSError where it cannot be written: a pipe that nobody reads, a full device, a disk.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | _FLAGS)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "no program reads this pipe") from error
        raise
    try:
        mode = os.fstat(descriptor).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
            raise OSError(errno.EINVAL, "Is neither a file nor a pipe")
        os.write(descriptor, b"")  # a full device refuses even that
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def write_to(descriptor: int, data: bytes) -> None:
    """Write all of `data` to a pipe or a device. Raises TimeoutError where nobody reads it."""
    left = memoryview(data)
    while left:
        _wait(descriptor, select.POLLOUT, IDLE_SECONDS, "no program read it")
        try:
            left = left[os.write(descriptor, left[:_CHUNK]) :]
        except BlockingIOError:  # less room than was told
            time.sleep(0.01)


def _wait(descriptor: int, event: int, seconds: float | None, what: str) -> None:
    """Wait until the file can be read or written; TimeoutError says `what` did not happen."""
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(None if seconds is None else 1000 * seconds):
        raise TimeoutError(errno.ETIMEDOUT, f"{what} for {seconds:g} seconds")
