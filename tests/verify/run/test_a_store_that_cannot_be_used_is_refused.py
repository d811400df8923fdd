"""A full disk, a folder without permission, a newer, foreign, damaged or busy store: exit code 4,
one sentence, and nothing that was stored is lost.
"""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from layerproof.theory.errors import InputError
from layerproof.verify.cli import app
from layerproof.verify.run.store import open_store
from layerproof.verify.run.store.database import StoredTrial

ROOT = Path(__file__).resolve().parents[3]
SUITE = """
name = "mine"
question = "Does it hold?"
[[check]]
id = "mean-square-separation"
trials = {trials}
parameters = {{ V = 4, m = 2, s = 2, L = 2 }}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a finished run of five trials."""
    monkeypatch.chdir(tmp_path)
    assert verify().exit_code in (0, 6)
    return tmp_path / "kept"


def verify(*arguments: str, trials: int = 5) -> Result:
    Path("mine.toml").write_text(SUITE.format(trials=trials))
    options = ["verify", "mine.toml", "--workers", "1", "-o", "kept", *arguments]
    return CliRunner().invoke(app, options)


def refused(done: Result, *parts: str) -> None:
    assert (done.exit_code, done.stdout) == (4, ""), done.output
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in ("-o/--output", "trials.sqlite", *parts):
        assert part in done.stderr


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "trials.sqlite")) as connection, connection:
        connection.execute(statement)


def newer(folder: Path) -> None:
    change(folder, "PRAGMA user_version = 99")


def foreign(folder: Path) -> None:
    change(folder, "PRAGMA application_id = 7")


def garbage(folder: Path) -> None:
    (folder / "trials.sqlite").write_bytes(b"not a database at all" * 500)


def truncated(folder: Path) -> None:
    path = folder / "trials.sqlite"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(folder: Path) -> None:
    path = folder / "trials.sqlite"
    data = bytearray(path.read_bytes())
    data[4096 : 4096 + 64] = bytes(range(64))
    path.write_bytes(data)


def one_digit(folder: Path) -> None:
    """No fault of SQLite's: a value that was changed behind its back."""
    change(folder, "UPDATE trials SET outcome = replace(outcome, '0', '1')")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (newer, "version 99"),
        (foreign, "layerproof has made"),
        (garbage, "undamaged"),
        (truncated, "undamaged"),
        (overwritten, "undamaged"),
    ],
)
def test_a_store_that_does_not_fit_is_refused_and_left_alone(
    folder: Path, damage: Callable[[Path], None], says: str
) -> None:
    damage(folder)
    before = (folder / "trials.sqlite").read_bytes()
    refused(verify("--resume"), says)
    assert (folder / "trials.sqlite").read_bytes() == before
    assert (folder / "results.json").exists()


def test_a_value_that_was_changed_is_noticed(folder: Path) -> None:
    one_digit(folder)
    refused(verify("--resume"), "checksum")


def test_a_store_that_another_run_is_writing_is_refused(folder: Path) -> None:
    """Held by another process, for POSIX locks do not bind the process that holds them."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom layerproof.verify.run.store import open_store\n"
        "with open_store(Path(sys.argv[1]), resume=True):\n"
        "    print('open', flush=True)\n    sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "open\n"
    refused(verify("--resume"), "no other run is writing")
    other.communicate()
    assert verify("--resume").exit_code in (0, 6)


def test_an_old_lock_of_a_killed_run_is_none(folder: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\n"
        "from layerproof.verify.run.store import open_store\n"
        "with open_store(Path(sys.argv[1]), resume=True):\n    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(folder)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert verify("--resume").exit_code in (0, 6)
    assert counts(folder) == {"computed": 0, "stored": 5}


def counts(folder: Path) -> object:
    return json.loads((folder / "results.json").read_text())["provenance"]["trials"]


def test_a_disk_that_is_full_keeps_what_was_stored(folder: Path) -> None:
    """The operating system refuses the store more than 40 KiB: 400 trials need twice as much."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40 * 1024, before[1]))
    try:
        full = verify("--resume", trials=400)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    refused(full, "kept", "--resume")
    assert verify("--resume", trials=400).exit_code in (0, 6)
    found = counts(folder)
    assert isinstance(found, dict)
    assert found["stored"] >= 5
    assert found["stored"] + found["computed"] == 400


def test_sqlite_is_told_that_the_disk_is_full(tmp_path: Path) -> None:
    """The same by SQLite's own word for it, in the middle of a transaction of many pages."""
    with open_store(tmp_path, resume=True) as store:
        store.add([_trial(0)])
        store.connection.execute("PRAGMA max_page_count = 8")
        with pytest.raises(InputError, match=r"a disk with room.*--resume"):
            store.add([_trial(i) for i in range(1, 1000)])
        assert len(store) == 1
        store.connection.execute("PRAGMA max_page_count = 100000")
        store.add([_trial(i) for i in range(1, 1000)])
        assert len(store) == 1000


def _trial(index: int) -> StoredTrial:
    return StoredTrial(f"{index:064d}", "check", "printed", index, 0.0, '{"values":{}}')


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; see the next test")
def test_a_folder_without_permission_is_refused(folder: Path) -> None:
    folder.chmod(0o500)
    try:
        refused_anyhow = verify("--resume")
    finally:
        folder.chmod(0o700)
    assert (refused_anyhow.exit_code, refused_anyhow.stdout) == (4, "")
    assert "-o/--output" in refused_anyhow.stderr


def test_a_store_that_is_read_only_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite opens the file read-only, as it does in a read-only folder, for root too."""
    plain = sqlite3.connect

    def read_only(path: Path, **options: object) -> sqlite3.Connection:
        return plain(f"file:{path}?mode=ro", uri=True, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", read_only)
    refused(verify("--resume"), "can be written")
