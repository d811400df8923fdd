"""`trials.sqlite`: one row for every finished trial, written by one process, safe at any moment.

A rollback journal with full synchronisation: whatever moment a process or a machine stops at, the
file holds every transaction that was committed and nothing of the others. It needs no shared
memory, so that it also works on the network file systems of clusters, and leaves one file to copy.
"""

from __future__ import annotations

import json
import math
import sqlite3
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from layerproof.theory.errors import InputError
from layerproof.verify.checks.base import Outcome
from layerproof.verify.run.store.encoding import decode

NAME = "trials.sqlite"
VERSION = 2
"""The version of the tables; a store of a newer one is refused, never changed. In version 1 the
checksum was of the outcome alone; such a store is brought up to date where it is undamaged."""

_APPLICATION = int.from_bytes(b"LPrf")
"""What the file's header says it is, so that no other database is taken for a store."""

_PATIENCE = 1.0
"""Seconds to wait for a lock: a process that was just killed may not have let go yet."""

_TABLE = """CREATE TABLE trials (
    key TEXT PRIMARY KEY, check_id TEXT NOT NULL, form TEXT NOT NULL, trial INTEGER NOT NULL,
    seconds REAL NOT NULL, outcome TEXT NOT NULL, checksum INTEGER NOT NULL
) WITHOUT ROWID"""


_LARGEST_VALUE = 2**28
"""Bytes of one value: SQLite neither stores nor reads larger ones."""


class StoredTrial(NamedTuple):
    """One finished trial: its key, what a reader of the file would look for, and its outcome.

    The fields are the table's columns before the last, in order; the checksum is over all of them.
    """

    key: str
    check_id: str
    form: str
    trial: int
    seconds: float
    outcome: str


class Kept(NamedTuple):
    """What a stored trial brought back, and how long it took."""

    outcome: Outcome
    seconds: float


@dataclass
class TrialStore:
    """The finished trials of runs into one folder; made by :func:`open_store`.

    `resume` says whether stored trials are read; without it they are measured and written anew.
    `computed` and `stored` count the trials of this run that were measured, and that were read.
    """

    path: Path
    connection: sqlite3.Connection
    resume: bool
    computed: int = 0
    stored: int = 0

    def find(self, key: str) -> Kept | None:
        """The stored trial of that key, where this run may use it."""
        if not self.resume:
            return None
        with _explained(self.path):
            found = self.connection.execute("SELECT * FROM trials WHERE key = ?", (key,)).fetchone()
        if found is None:
            return None
        trial = _verified(self.path, found)
        try:
            return Kept(decode(trial.outcome), trial.seconds)
        except InputError as error:
            raise _damaged(self.path, f"the outcome of trial {trial.key[:12]}: {error}") from error

    def add(self, trials: Iterable[StoredTrial]) -> None:
        """Store `trials`, all of them or, where that fails, none.

        Raises InputError where the disk is full or cannot be written; what was stored stays.
        """
        rows = [(*trial, checksum(trial)) for trial in trials]
        if not rows:
            return
        marks = ", ".join("?" * len(rows[0]))
        with _explained(self.path), _transaction(self.connection):
            self.connection.executemany(f"INSERT OR REPLACE INTO trials VALUES ({marks})", rows)

    def not_trusted(self, why: str) -> InputError:
        """What is raised where the store turns out to hold what no trial brought back."""
        return _damaged(self.path, why)

    def __len__(self) -> int:
        with _explained(self.path):
            return int(self.connection.execute("SELECT count(*) FROM trials").fetchone()[0])


@contextmanager
def open_store(folder: Path, *, resume: bool) -> Iterator[TrialStore]:
    """The store of a folder, which is made where there is none; no other process may have it open.

    Raises InputError where it cannot be written, is damaged, is another's, is of a newer version,
    or is being written by another run. None of these changes the file, nor leaves one beside it.
    """
    path = folder / NAME
    _check_head(path)
    with _explained(path):
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        with _explained(path):
            _prepare(path, connection)
        yield TrialStore(path, connection, resume)
    finally:
        connection.close()


def checksum(trial: StoredTrial) -> int:
    """Over every column of the row but the last, with its type."""
    return zlib.crc32(json.dumps(list(trial)).encode())


def _check_head(path: Path) -> None:
    """Refuse what is no store by its first bytes: SQLite would write before it could tell."""
    with _explained(path):
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            return
        if not stat.S_ISREG(mode):
            raise InputError("-o/--output", str(path), "a file, or none")
        with path.open("rb") as file:
            head = file.read(_HEAD)
    if len(head) < _HEAD or not head.startswith(_MAGIC):
        if head:
            raise _damaged(path, "it is no database")
        return
    # https://www.sqlite.org/fileformat2.html, section 1.3
    application, version = (int.from_bytes(head[at : at + 4]) for at in (68, 60))
    if application not in (0, _APPLICATION):
        raise InputError("-o/--output", str(path), "a store that layerproof has made")
    if application and version > VERSION:
        allowed = f"a store of version {VERSION} or older; this one is of version {version}"
        raise InputError("-o/--output", str(path), f"{allowed}, use a newer layerproof")
    if head[18:20] != b"\1\1":
        raise _damaged(path, "its journal was changed to another mode")


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    # The lock is kept until the connection is closed, also by the end of its process.
    settings = ("locking_mode = EXCLUSIVE", "journal_mode = DELETE", "synchronous = FULL")
    for setting in (*settings, "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
    with _transaction(connection):
        _make_or_check(path, connection)
    with suppress(_Undone), _transaction(connection):
        # A write, so that a store that cannot be written is refused before the work starts; taken
        # back, so that one that is refused later on is as it was.
        connection.execute(f"PRAGMA user_version = {VERSION}")
        raise _Undone


class _Undone(Exception):
    """Ends a transaction without its changes."""


def _make_or_check(path: Path, connection: sqlite3.Connection) -> None:
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version")
    )
    tables = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
    if not tables and not application:
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        return
    if application != _APPLICATION:
        raise InputError("-o/--output", str(path), "a store that layerproof has made")
    faults = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if faults != "ok":
        raise _damaged(path, faults)
    if tables != [("trials", _TABLE)] or not 0 < version <= VERSION:
        raise _damaged(path, "its tables or its version were changed")
    for row in connection.execute("SELECT * FROM trials"):
        _verified(path, row, version)
    if version < VERSION:
        _bring_up_to_date(connection)


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    rows = connection.execute("SELECT * FROM trials").fetchall()
    sums = ((checksum(StoredTrial(*row[:-1])), row[0]) for row in rows)
    connection.executemany("UPDATE trials SET checksum = ? WHERE key = ?", sums)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _verified(path: Path, row: tuple[Any, ...], version: int = VERSION) -> StoredTrial:
    """The row, where each column has its type and the checksum fits."""
    trial, found = StoredTrial(*row[:-1]), row[-1]
    if not (tuple(map(type, trial)) == _TYPES and math.isfinite(trial.seconds)):
        raise _damaged(path, f"the columns of trial {str(trial.key)[:12]} have other types")
    if found != (checksum(trial) if version > 1 else zlib.crc32(trial.outcome.encode())):
        raise _damaged(path, f"the checksum of trial {trial.key[:12]} does not fit")
    return trial


_TYPES = tuple(get_type_hints(StoredTrial).values())
_MAGIC, _HEAD = b"SQLite format 3\0", 100


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:  # also an interruption: all or nothing
        with suppress(sqlite3.Error):  # after some failures SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into one sentence."""
    try:
        yield
    except OSError as error:
        allowed = f"a store that can be read and written ({error.strerror})"
        raise InputError("-o/--output", str(path), allowed) from error
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        # Without a name: text that is no text, which Python finds.
        if not name or name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise _damaged(path, str(error)) from error
        allowed = next(
            (words for start, words in _REASONS if name.startswith(start)),
            "a store that can be read and written",
        )
        raise InputError("-o/--output", str(path), f"{allowed} ({error})") from error


KEPT = "the trials stored before are kept, and `--resume` continues from them"
"""What a run that cannot go on says of what it has measured."""

_REASONS = (
    ("SQLITE_BUSY", "a store that no other run is writing"),
    ("SQLITE_LOCKED", "a store that no other run is writing"),
    ("SQLITE_READONLY", "a store in a folder that can be written"),
    ("SQLITE_CANTOPEN", "a store in a folder that can be written"),
    ("SQLITE_FULL", f"a disk with room; {KEPT}"),
    ("SQLITE_IOERR", f"a disk that can be written; {KEPT}"),
)


def _damaged(path: Path, why: str) -> InputError:
    reason = " ".join(why.split())
    allowed = f"an undamaged store; move it away to measure its trials anew ({reason})"
    return InputError("-o/--output", str(path), allowed)
