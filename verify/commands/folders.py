"""The folder that a command's results go to."""

import os
from datetime import datetime
from pathlib import Path

from theory.errors import InputError


def results_folder(output: str | None, name: str) -> Path:
    """The folder to write, checked before the work starts; a new one under runs/ unless given."""
    folder = _new_folder(Path("runs"), name) if output is None else Path(output)
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        allowed = f"a folder that can be made and written; {existing} cannot"
        raise InputError("-o/--output", str(folder), allowed)
    return folder


def make(folder: Path) -> None:
    """Create the folder where it does not exist. Raises InputError where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        allowed = f"a folder that can be written ({error.strerror})"
        raise InputError("-o/--output", str(folder), allowed) from error


def _new_folder(parent: Path, name: str) -> Path:
    stamp = f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    candidates = (parent / stamp, *(parent / f"{stamp}-{number}" for number in range(2, 1000)))
    return next(folder for folder in candidates if not folder.exists())
