"""Temporary files that become the file itself in one step, and what killed processes left of them.

Each is locked by the process that writes it, and the system takes the lock away when that process
ends, however it ends. So a file of this name that can be locked belongs to nobody any more.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":  # there, nothing is known to be left behind
    import fcntl

_NAME = re.compile(r"\.layerproof-[0-9a-f]{16}\.tmp")


@contextmanager
def temporary_file(folder: Path) -> Iterator[tuple[int, Path]]:
    """Yield the descriptor and the path of a new file in `folder`, which is gone afterwards.

    It stays where it was renamed inside. Raises OSError where there can be none.
    """
    remove_left_behind(folder)
    descriptor, path = _locked(folder)
    try:
        yield descriptor, path
    finally:  # also after an interruption: nothing half-written stays
        path.unlink(missing_ok=True)
        os.close(descriptor)


def remove_left_behind(folder: Path) -> None:
    """Remove the temporary files of killed processes of this user from `folder`.

    Files of another name, of other users, and of running processes stay.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_if_left(Path(entry.path))


def _locked(folder: Path) -> tuple[int, Path]:
    """A new file and the lock on it; another one where it was taken for a left one meanwhile."""
    while True:
        path = folder / f".layerproof-{secrets.token_hex(8)}.tmp"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            _lock(descriptor)
            if os.fstat(descriptor).st_nlink:
                return descriptor, path
        except BaseException:
            path.unlink(missing_ok=True)
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Lock a new file; where the file system has no locks, nothing is ever removed from it."""
    if sys.platform != "win32":
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)


def _remove_if_left(path: Path) -> None:
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # OSError: it is being written
            path.unlink()
    finally:
        os.close(descriptor)
