"""Runs a fuzzed case in this process, and says what every case must be, whatever it holds."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import torch
from typer.testing import CliRunner, Result

import layerproof.verify.report
import layerproof.verify.run.runner
from layerproof.verify.cli import app
from tests.verify.fuzz_inputs import Case

LOADED = (torch, layerproof.verify.report, layerproof.verify.run.runner)
"""Before the first case, so that its time is not that of the imports."""

ALLOWED = (0, 1, 4, 5, 6)
"""Exit codes that an input can have; 3 is a defect, 2 an interruption."""
LIMIT = 30
"""Seconds that nothing may take."""


def run_case(case: Case, folder: Path) -> Result:
    """Run a case in `folder`, which is empty, and check what holds of all; raises AssertionError.

    One of the allowed exit codes, no traceback, an end within the limit; where it is refused, one
    sentence; and nothing half-written: every file that it left is complete.
    """
    for name, content in case.files.items():
        (folder / name).write_bytes(content)
    with _inside(folder), _limited():
        result = CliRunner().invoke(app, case.arguments)
    assert result.exit_code in ALLOWED, f"{case}\n{result.output}"
    assert "Traceback" not in result.output, f"{case}\n{result.output}"
    if result.exit_code == 4:
        last = result.stderr.splitlines()[-1]
        assert last.startswith("layerproof: "), f"{case}\n{result.stderr}"
        assert last.isprintable(), f"{case}\n{last!r}"
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in case.files:
            assert is_complete(path), f"{case} left {path}"
    return result


def is_complete(path: Path) -> bool:
    """Whether a file is a whole document of its kind, and no temporary one."""
    content = path.read_bytes()
    match path.suffix:
        case ".json":
            json.loads(content)
        case ".html":
            return content.rstrip().endswith(b"</html>")
        case ".pdf":
            return content.rstrip().endswith(b"%%EOF")
        case ".svg":
            return content.rstrip().endswith(b"</svg>")
        case ".sqlite":
            with closing(sqlite3.connect(path)) as store:
                return bool(store.execute("PRAGMA integrity_check").fetchone() == ("ok",))
        case ".safetensors":
            length = int.from_bytes(content[:8], "little")
            json.loads(content[8 : 8 + length])
        case ".tmp" | ".sqlite-journal":
            return False
    return bool(content)


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _limited() -> Iterator[None]:
    """A hang becomes a failure; only in the main thread, which has the signals."""

    def hangs(number: int, frame: object) -> None:
        raise TimeoutError("the command hangs")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
