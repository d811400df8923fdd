"""Files of users: read with one clear sentence on failure, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from theory.errors import InputError


def read_text(path: str | Path, field: str = "file") -> str:
    """The text of a UTF-8 file.

    Raises :class:`InputError`, naming `field`, where the file is missing, unreadable or no text.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(field, str(path), f"a file that can be read ({_why(error)})") from error
    except UnicodeDecodeError as error:
        raise InputError(field, str(path), "a text file in UTF-8") from error


def atomic_write_text(path: str | Path, text: str, field: str = "output") -> None:
    """Write `text` in UTF-8 so that `path` holds all of it or what it held before.

    Raises :class:`InputError`, naming `field`, where `path` cannot be written.
    """
    atomic_write_bytes(path, text.encode("utf-8"), field)


def atomic_write_bytes(path: str | Path, data: bytes, field: str = "output") -> None:
    """Write `data` so that `path` holds all of it or what it held before.

    A neighbouring temporary file is written, flushed to the disk and renamed; an interruption at
    any moment leaves no half-written file. Raises :class:`InputError`, naming `field`, where
    `path` cannot be written.
    """
    try:
        target = Path(path).resolve()  # a link stays a link, its target is replaced
        if target.is_dir():
            raise IsADirectoryError(0, "Is a directory")
        if target.exists() and not target.is_file():
            target.write_bytes(data)  # a device or a pipe has no halves to protect
        else:
            _replace(target, data)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        allowed = f"a path that can be written ({_why(error)})"
        raise InputError(field, str(path), allowed) from error


def check_writable(path: str | Path, field: str = "output") -> None:
    """Raise :class:`InputError` where `path` could not be written, before the long work starts."""
    target = Path(path)
    if target.is_dir():
        raise InputError(field, str(path), "a path that can be written (Is a directory)")
    folder = target.parent
    if not folder.is_dir():
        raise InputError(field, str(path), f"a path in a folder that exists; {folder} does not")
    writable = os.access(target if target.exists() else folder, os.W_OK)
    if not writable:
        raise InputError(field, str(path), "a path that can be written (Permission denied)")


def _replace(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:  # also an interruption: nothing half-written stays
        temporary.unlink(missing_ok=True)
        raise


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
