"""The folder that a command's results go to."""

import itertools
import os
from datetime import datetime
from pathlib import Path

from theory.errors import InputError


def results_folder(output: str | None, name: str) -> Path:
    """The folder to write, checked before the work starts; a new one under runs/ unless given."""
    if output is None:
        folder = Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    elif not output:
        raise InputError("-o/--output", output, "a folder that can be made and written")
    else:
        folder = Path(output)
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        allowed = f"a folder that can be made and written; {existing} cannot"
        raise InputError("-o/--output", str(folder), allowed)
    return folder


def make(folder: Path, *, new: bool = False) -> Path:
    """Create the folder where it does not exist; a `new` one is numbered where another run has it.

    The folder that is there now. Raises InputError where there can be none.
    """
    made = folder
    try:
        for number in itertools.count(2):
            try:
                made.mkdir(parents=True, exist_ok=not new)
            except FileExistsError:
                if not new:
                    raise
                made = folder.with_name(f"{folder.name}-{number}")
            else:
                break
    except OSError as error:
        allowed = f"a folder that can be written ({error.strerror})"
        raise InputError("-o/--output", str(folder), allowed) from error
    return made
