"""The folder that a command's results go to."""

from datetime import datetime
from pathlib import Path

from theory.errors import InputError


def results_folder(output: str | None, name: str) -> Path:
    """The folder to write, checked before the work starts; a new one under runs/ unless given."""
    if output is None:
        return _new_folder(Path("runs"), name)
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise InputError("-o/--output", output, "a folder")
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
