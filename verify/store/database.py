"""`trials.sqlite`: one row for every finished trial, written by one process, safe at any moment.

A rollback journal with full synchronisation: whatever moment a process or a machine stops at, the
file holds every transaction that was committed and nothing of the others. It needs no shared
memory, so that it also works on the network file systems of clusters, and leaves one file to copy.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from theory.errors import InputError

NAME = "trials.sqlite"
VERSION = 1
"""The version of the tables; a store of a newer one is refused, never changed."""

_APPLICATION = int.from_bytes(b"LPrf")
"""What the file's header says it is, so that no other database is taken for a store."""

_PATIENCE = 1.0
"""Seconds to wait for a lock: a process that was just killed may not have let go yet."""

_TABLE = """CREATE TABLE trials (
    key TEXT PRIMARY KEY, check_id TEXT NOT NULL, form TEXT NOT NULL, trial INTEGER NOT NULL,
    seconds REAL NOT NULL, outcome TEXT NOT NULL, checksum INTEGER NOT NULL
) WITHOUT ROWID"""


class StoredTrial(NamedTuple):
    """One finished trial: its key, what a reader of the file would look for, and its outcome."""

    key: str
    check_id: str
    form: str
    trial: int
    seconds: float
    outcome: str


class Kept(NamedTuple):
    """What a stored trial brought back, and how long it took."""

    outcome: str
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
        with _told(self.path):
            query = "SELECT outcome, seconds, checksum FROM trials WHERE key = ?"
            row = self.connection.execute(query, (key,)).fetchone()
        if row is None:
            return None
        outcome, seconds, checksum = row
        if zlib.crc32(outcome.encode()) != checksum:
            raise _damaged(self.path, f"the checksum of trial {key[:12]} does not fit")
        return Kept(outcome, seconds)

    def add(self, trials: Iterable[StoredTrial]) -> None:
        """Store `trials`, all of them or, where that fails, none.

        Raises InputError where the disk is full or cannot be written; what was stored stays.
        """
        rows = [(*trial, zlib.crc32(trial.outcome.encode())) for trial in trials]
        if not rows:
            return
        with _told(self.path), _transaction(self.connection):
            self.connection.executemany(
                "INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )

    def __len__(self) -> int:
        with _told(self.path):
            return int(self.connection.execute("SELECT count(*) FROM trials").fetchone()[0])


@contextmanager
def open_store(folder: Path, *, resume: bool) -> Iterator[TrialStore]:
    """The store of a folder, which is made where there is none; no other process may have it open.

    Raises InputError where it cannot be written, is damaged, is another's, is of a newer version,
    or is being written by another run. None of these changes the file.
    """
    path = folder / NAME
    with _told(path):
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        with _told(path):
            _prepare(path, connection)
        yield TrialStore(path, connection, resume)
    finally:
        connection.close()


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    # The lock is kept until the connection is closed, also by the end of its process.
    for setting in ("locking_mode = EXCLUSIVE", "journal_mode = DELETE", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    with _transaction(connection):
        application, version = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version")
        )
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables and not application:
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        elif application != _APPLICATION:
            raise InputError("-o/--output", str(path), "a store that layerproof has made")
        elif version > VERSION:
            allowed = f"a store of version {VERSION} or older; this one is of version {version}"
            raise InputError("-o/--output", str(path), f"{allowed}, use a newer layerproof")
        faults = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if faults != "ok":
            raise _damaged(path, faults)
        # A write, so that a store that cannot be written is refused before the work starts.
        connection.execute(f"PRAGMA user_version = {VERSION}")


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
def _told(path: Path) -> Iterator[None]:
    """Turn what SQLite says into one sentence."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
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
