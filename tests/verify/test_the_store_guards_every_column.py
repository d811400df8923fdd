"""A store in which anything was changed is refused, and the refusal leaves every byte as it was."""

import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.verify.counted_check import Counted, CountedParameters, counted_plan
from tests.verify.fuzz_cases import contents
from tests.verify.fuzz_models_and_stores import STATEMENTS, repair
from theory.errors import InputError
from verify.checks.base import Outcome, Row
from verify.claims import Claim
from verify.cli import app
from verify.executors import SerialExecutor
from verify.runner import run_on
from verify.store import open_store
from verify.store.database import StoredTrial, checksum
from verify.store.encoding import decode

SUITE = """
name = "mine"
question = "Does it hold?"
[[check]]
id = "principle-2-iii"
trials = 2
parameters = { V = 4, m = 2, s = 2, L = 2, multiple = 4.0 }
"""


def verify() -> Result:
    Path("mine.toml").write_text(SUITE)
    options = ["verify", "mine.toml", "--workers", "1", "-o", "kept", "--resume"]
    return CliRunner().invoke(app, options)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a finished run of two trials."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert verify().exit_code in (0, 6)
    return contents(folder / "kept")


@pytest.fixture
def kept(finished: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept").mkdir()
    for name, data in finished.items():
        (tmp_path / "kept" / name).write_bytes(data)
    return tmp_path / "kept"


def change(folder: Path, *statements: str, values: Sequence[object] = ()) -> None:
    with closing(sqlite3.connect(folder / "trials.sqlite")) as connection, connection:
        for statement in statements:
            connection.execute(statement, values if "?" in statement else ())


def refused_and_left_alone(folder: Path, *says: str) -> None:
    path = folder / "trials.sqlite"
    os.utime(path, ns=(10**18, 10**18))
    before = contents(folder)
    done = verify()
    assert (done.exit_code, done.stdout) == (4, ""), done.output
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in ("-o/--output", "trials.sqlite", *says):
        assert part in done.stderr
    assert contents(folder) == before
    assert path.stat().st_mtime_ns == 10**18


COLUMNS = {
    "key": "'0'", "check_id": "'assumption-6a'", "form": "'repaired'", "trial": "trial + 2",
    "seconds": "seconds + 1", "outcome": "replace(outcome, '0', '1')", "checksum": "checksum + 1",
}  # fmt: skip


def test_each_column_is_looked_at() -> None:
    assert tuple(COLUMNS) == (*StoredTrial._fields, "checksum")


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_that_was_changed_is_noticed(column: str, kept: Path) -> None:
    only = "key = (SELECT max(key) FROM trials)"
    change(kept, f"UPDATE trials SET {column} = {COLUMNS[column]} WHERE {only}")
    refused_and_left_alone(kept, "checksum of trial", "does not fit")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((column, b"bytes") for column in StoredTrial._fields),
        *((column, value) for column in ("trial", "seconds") for value in ("text", float("inf"))),
        ("trial", 2.5),
    ],
)
def test_a_value_of_another_type_is_noticed_whatever_the_checksum(
    column: str, value: object, kept: Path
) -> None:
    with closing(sqlite3.connect(kept / "trials.sqlite")) as connection, connection:
        only = "key = (SELECT max(key) FROM trials)"
        connection.execute(f"UPDATE trials SET {column} = ? WHERE {only}", (value,))
        repair(connection)
    refused_and_left_alone(kept, "have other types")


@pytest.mark.parametrize("field", StoredTrial._fields)
def test_the_checksum_is_over_every_field(field: str) -> None:
    """Over those to come, too: it takes the row as it is."""
    one = StoredTrial("key", "check", "printed", 1, 1.0, "{}")
    value = getattr(one, field)
    other = one._replace(**{field: value + ("x" if isinstance(value, str) else 1)})
    assert checksum(one) != checksum(other)


@pytest.mark.parametrize(
    "statement", [s for s in STATEMENTS if "VACUUM" not in s and s != "DELETE FROM trials"]
)
def test_tables_and_settings_that_were_changed_are_refused(statement: str, kept: Path) -> None:
    with closing(sqlite3.connect(kept / "trials.sqlite")) as connection:
        connection.executescript(statement)
    refused_and_left_alone(kept)


def test_a_database_of_another_program_keeps_its_journal(kept: Path) -> None:
    """One that is open elsewhere, with a write-ahead log that SQLite would take in and remove."""
    path = kept / "trials.sqlite"
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE theirs (a)")
        refused_and_left_alone(kept)
        assert {"trials.sqlite-wal", "trials.sqlite-shm"} < set(contents(kept))


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_what_is_no_file_is_refused(kind: str, kept: Path) -> None:
    path = kept / "trials.sqlite"
    path.unlink()
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    done = verify()
    assert (done.exit_code, done.stdout) == (4, "")
    assert "allowed: a file, or none" in done.stderr


def set_outcome(folder: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Change the outcomes in a store, as `json.loads` reads them, and repair the checksums."""
    with closing(sqlite3.connect(folder / "trials.sqlite")) as connection, connection:
        for key, written in connection.execute("SELECT key, outcome FROM trials").fetchall():
            outcome = json.loads(written)
            edit(outcome)
            text = json.dumps(outcome, ensure_ascii=False, separators=(",", ":"))
            connection.execute("UPDATE trials SET outcome = ? WHERE key = ?", (text, key))
        repair(connection)


@pytest.mark.parametrize(
    "value", ["__import__('pathlib').Path('canary').touch()", None, [1.0], {"a": 1.0}, "1.0"]
)
def test_an_outcome_of_another_type_is_neither_run_nor_judged(value: object, kept: Path) -> None:
    def edit(outcome: dict[str, Any]) -> None:
        outcome["values"]["2"] = dict.fromkeys(outcome["values"]["2"], value)

    set_outcome(kept, edit)
    refused_and_left_alone(kept, "other ones when measured again")
    assert not Path("canary").exists()


def as_version_1(folder: Path) -> None:
    """What an earlier layerproof has written: the checksum is of the outcome alone."""
    with closing(sqlite3.connect(folder / "trials.sqlite")) as connection, connection:
        for key, outcome in connection.execute("SELECT key, outcome FROM trials").fetchall():
            old = zlib.crc32(outcome.encode())
            connection.execute("UPDATE trials SET checksum = ? WHERE key = ?", (old, key))
        connection.execute("PRAGMA user_version = 1")


def test_a_store_of_the_version_before_is_read_and_brought_up_to_date(kept: Path) -> None:
    as_version_1(kept)
    assert verify().exit_code in (0, 6)
    trials = json.loads((kept / "results.json").read_text())["provenance"]["trials"]
    assert trials == {"computed": 0, "stored": 2}
    change(kept, "UPDATE trials SET form = 'other'")
    refused_and_left_alone(kept, "checksum")


def test_a_damaged_store_of_the_version_before_is_left_alone(kept: Path) -> None:
    as_version_1(kept)
    change(kept, "UPDATE trials SET outcome = replace(outcome, '0', '1')")
    refused_and_left_alone(kept, "checksum")


class Crashes(Counted):
    """A check whose claim has a bug: the store is not to blame."""

    def claim(
        self, parameters: CountedParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        raise ZeroDivisionError("a bug of the check")


def test_a_check_that_crashes_on_what_it_measured_is_an_error_and_no_fault_of_the_store(
    tmp_path: Path,
) -> None:
    plan = counted_plan(3, CountedParameters(log=str(tmp_path / "log")))
    (entry,) = plan.suite.entries
    object.__setattr__(entry, "check", Crashes())
    for stored in (0, 3):
        with open_store(tmp_path, resume=True) as store:
            (result,) = run_on(SerialExecutor(), plan, store=store)
            assert store.stored == stored
        assert result.judgement.verdict.value == "error"
        assert "a bug of the check" in result.judgement.reason


def wrapped(value: str) -> str:
    return f'{{"values":{{"x":{value}}},"premises":{{}}}}'


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "3", "{}", '{"values":{}}', '{"values":[],"premises":{}}',
        '{"values":{},"premises":{"a":1}}', '{"values":{},"premises":{},"more":1}',
        '{"values":{"x":1,"x":2},"premises":{}}',
        *map(wrapped, (
            "NaN", "Infinity", "1e999", str(2**60), "9" * 5000, "[" * 70 + "]" * 70,
            '{"!int":5}', '{"!int":"0x5g"}', '{"!int":"' + "f" * 2_000_000 + '"}',
            '{"!float":"1.0"}', '{"!float":"__import__"}', '{"!float":["nan"]}',
            '{"!tuple":"ab"}', '{"!tuple":{"a":1}}', '{"!mapping":[[[1],2]]}', '{"!mapping":[1]}',
            '{"!other":1}', '{"!tuple":[],"a":1}',
            '{"!array":["|O",[1],"AAAAAAAAAAA="]}', '{"!array":["<f8",[-1],"AAAAAAAAAAA="]}',
            '{"!array":["<f8",[1099511627776],"AAAAAAAAAAA="]}', '{"!array":["<f8",[2],"AAAA"]}',
            '{"!array":["f8,f8",[1],"AAAAAAAAAAAAAAAAAAAAAA=="]}', '{"!array":"<f8"}',
            '{"!array":["<f8",[1],"?"]}', '{"!array":["<U9999999999",[0],""]}', '{"!scalar":[]}',
        )),
    ],
    ids=lambda text: text[:50],
)  # fmt: skip
def test_text_that_no_outcome_is_written_as_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        decode(text)
    assert len(str(refusal.value)) < 500
