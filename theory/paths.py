"""Paths as users give them: refused in one sentence where they name nothing that can be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layerproof.theory.errors import InputError

READ, WRITTEN = "a file that can be read", "a path that can be written"
"""What is allowed of a file that is read, and of one that is written."""


def checked_path(given: str | Path, field: str) -> Path:
    """Return the path that a user gave.

    Raises :class:`InputError`, naming `field`, where it is empty, or no text of the system's
    encoding: a name that JSON cannot hold would be lost in every result.
    """
    text = os.fspath(given)
    if not text:
        raise InputError(field, text, "the name of a file or a folder")
    if "\0" in text:
        raise InputError(field, text, "a path without the character NUL")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError(field, text, "a path in UTF-8")
    return Path(given)


@contextmanager
def told(given: str | Path, field: str, allowed: str) -> Iterator[None]:
    """Inside, what the system refuses is one sentence that names `field`, the path and why."""
    try:
        yield
    except InputError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links
        raise InputError(field, str(given), f"{allowed} ({reason(error)})") from error


def reason(error: Exception) -> str:
    """Return what the system says of a file that it refuses."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
