"""The folder that a command's results go to."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from layerproof.theory.errors import InputError
from layerproof.theory.paths import checked_path, reason

OPTION = "-o/--output"
ALLOWED = "a folder that can be made and written"
_LONGEST = 50
"""Characters of a suite's name in its folder's: a file's name ends at 255 bytes."""


@contextmanager
def results_folder(output: str | None, name: str) -> Iterator[Path]:
    """The folder to write, made and proved to be writable before the work starts.

    A new one under runs/ unless given, numbered where another run of this second has its name. What
    was made for it and is empty in the end is removed where the work inside fails. Raises
    InputError where there can be no such folder.
    """
    with writable_folder(_chosen(output, name), new=output is None) as folder:
        yield folder


@contextmanager
def writable_folder(folder: Path, field: str = OPTION, *, new: bool = False) -> Iterator[Path]:
    """As :func:`results_folder`, of a folder whose name is known."""
    made: list[Path] = []
    try:
        there = make(folder, field, new=new, made=made)
        _prove(there, field)
        yield there
    except BaseException:  # also an interruption: nothing empty stays
        for empty in reversed(made):
            with suppress(OSError):
                empty.rmdir()
        raise


def make(
    folder: Path, field: str = OPTION, *, new: bool = False, made: list[Path] | None = None
) -> Path:
    """Create the folder where it does not exist; a `new` one is numbered where another run has it.

    The folder that is there now; `made` gets every folder that was not there before, outermost
    first. Raises InputError where there can be none.
    """
    wanted = folder
    try:
        for number in itertools.count(2):
            missing = [path for path in (wanted, *wanted.parents) if not path.exists()]
            try:
                wanted.mkdir(parents=True, exist_ok=not new)
            except FileExistsError:
                if not new:
                    raise
                wanted = folder.with_name(f"{folder.name}-{number}")
            else:
                if made is not None:
                    made.extend(reversed(missing))
                break
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, in some versions
        raise InputError(field, str(folder), f"{ALLOWED} ({reason(error)})") from error
    return wanted


def _chosen(output: str | None, name: str) -> Path:
    if output is None:
        return Path("runs") / f"{name[:_LONGEST]}-{datetime.now():%Y%m%d-%H%M%S}"
    if not output:
        raise InputError(OPTION, output, ALLOWED)
    return checked_path(output, OPTION)


def _prove(folder: Path, field: str) -> None:
    """Raise InputError where no file can be made in the folder."""
    from layerproof.theory.temporary import temporary_file

    try:
        with temporary_file(folder):
            pass
    except OSError as error:
        raise InputError(field, str(folder), f"{ALLOWED} ({reason(error)})") from error
