"""Runs a fuzzed case in this process, and says what every case must be, whatever it holds.

:func:`faults` is the one place of these demands: an allowed exit code without a traceback, an end
within :data:`LIMIT`, nothing of the input executed, nothing half-written or lost, and one sentence
where the input is refused.
"""

import json
import os
import shlex
import signal
import sqlite3
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import safetensors.torch
import torch
import typer
from typer.main import get_command
from typer.testing import CliRunner, Result

import verify.report
import verify.runner
from tests.verify.fuzz_cases import Case, contents
from theory import pipes
from verify.cli import app
from verify.commands import progress

LOADED = (torch, verify.report, verify.runner)
"""Before the first case, so that its time is not that of the imports."""

LIMIT = 30.0
"""Seconds that nothing may take."""
REFUSED = 4
CANARY = "canary"
"""A file of this name, in the working directory or above it, is made by code in an input only."""
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of characters that steer a terminal."""
SORTS = ("traceback", "hang", "execution", "half-written", "answer")
"""The sorts of faults; "answer" is a wrong exit code, sentence or stream."""
DOCUMENTS = ("report", "compare")
"""Commands that say nothing on standard error beside a refusal."""


class Hangs(BaseException):
    """A case that has taken its time; no `except Exception` takes it for a refusal."""


@dataclass(frozen=True)
class Fault:
    """One demand that a case did not meet."""

    sort: str
    told: str


@dataclass(frozen=True)
class Outcome:
    """How a case ended: `code` is its exit code, None where it hung."""

    code: int | None
    seconds: float
    faults: list[Fault]


def run_case(case: Case, base: Path, limit: float = LIMIT) -> Outcome:
    """Run a case whose files lie in `base`/files, where `base` holds nothing else."""
    folder = base / "files"
    before = contents(folder)
    began = time.monotonic()
    result: Result | None = None
    try:
        with _surroundings(folder), _limited(limit):
            result = CliRunner().invoke(app, list(case.arguments))
    except Hangs:
        pass
    seconds = time.monotonic() - began
    found = [Fault("hang", f"after {seconds:.0f} s")] if seconds >= limit else []
    found += [Fault("execution", name) for name in _executed(base)]
    if result is not None:
        after = contents(folder)
        found += [*_in_words(case, result), *_on_disk(case, result, before, after, folder)]
    return Outcome(None if result is None else result.exit_code, seconds, found)


def _built(app: typer.Typer) -> Any:
    """The command line, built once; CliRunner builds it for every case, which is half the work."""
    return _command(app, tuple(info.callback for info in app.registered_commands))


@cache
def _command(app: typer.Typer, callbacks: tuple[Any, ...]) -> Any:
    return get_command(app)


def _executed(base: Path) -> list[str]:
    strange = [path.name for path in base.iterdir() if path.name != "files"]
    return strange + [str(path) for path in base.rglob(CANARY) if path.parent != base]


def _in_words(case: Case, result: Result) -> Iterator[Fault]:
    """What the exit code and the two streams may be."""
    code, output, last = result.exit_code, result.output, result.output[-3000:]
    if code == 3 or "Traceback" in output or _escaped(result.exception):
        yield Fault("traceback", f"{last}\n{result.exception!r}")
    elif code not in case.codes:
        yield Fault("answer", f"exit code {code}\n{last}")
    if unseen := {c for c in output if c != "\n" and unicodedata.category(c) in UNSEEN}:
        yield Fault("answer", f"{unseen} in\n{last}")
    lines = result.stderr.splitlines()
    if code == REFUSED:
        if not lines or not lines[-1].startswith("layerproof: "):
            yield Fault("answer", f"no sentence\n{last}")
        if result.stdout:
            yield Fault("answer", f"a refusal on standard output\n{last}")
    reads = case.arguments[0] in DOCUMENTS or "--replay" in case.arguments
    if reads and len(lines) != (code == REFUSED):
        yield Fault("answer", f"more than a sentence\n{last}")


def _escaped(error: BaseException | None) -> bool:
    return error is not None and not isinstance(error, SystemExit)


def _on_disk(
    case: Case, result: Result, before: dict[str, bytes], after: dict[str, bytes], folder: Path
) -> Iterator[Fault]:
    """What the files may be: whole ones, and the inputs as they were."""
    refused = result.exit_code == REFUSED
    for name in sorted(before.keys() | after.keys()):
        changed = before.get(name) != after.get(name)
        if changed and refused:
            yield Fault("half-written", f"{name} is changed by a refusal\n{result.stderr[-500:]}")
        elif changed and name in before and not _is_output(case, name, folder):
            yield Fault("half-written", f"{name}, an input, is changed")
        written = changed or (_is_output(case, name, folder) and result.exit_code == 0)
        if written and name in after.keys() - {CANARY} and not is_complete(folder / name):
            yield Fault("half-written", name)


def _is_output(case: Case, name: str, folder: Path) -> bool:
    """Whether the command line says that this input may be replaced."""
    if case.arguments[0] == "report":
        return name.endswith("report.html")
    named = {os.path.normpath(folder / word) for word in _outputs(case.arguments)}
    return bool(named & {str(path) for path in (folder / name, *(folder / name).parents)})


def _outputs(arguments: Sequence[str]) -> Iterator[str]:
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if word in ("-o", "--output"):
            yield following
        elif word.startswith("--output="):
            yield word.partition("=")[2]


def is_complete(path: Path) -> bool:
    """Whether a file is a whole document of the kind that it begins as, and no temporary one.

    Its name says nothing: a user may give any name to anything.
    """
    content = path.read_bytes()
    if not content or path.suffix in (".tmp", ".sqlite-journal"):
        return False
    try:
        return _is_whole(path, content)
    except (ValueError, sqlite3.Error):
        return False


ENDS = {b"<!": b"</html>", b"<h": b"</html>", b"<s": b"</svg>", b"<?": b"</svg>", b"%P": b"%%EOF"}
ENDS |= {b"di": b"}"}  # the proof graph as text


def _is_whole(path: Path, content: bytes) -> bool:
    begin = content[:2].lower() if content[:1] == b"<" else content[:2]
    if begin in ENDS:
        return content.rstrip().endswith(ENDS[begin])
    if content.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(path)) as store:
            return bool(store.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    if content[:1] in (b"{", b"["):
        json.loads(content)
    return content[8:9] != b"{" or content[4:8] != bytes(4) or _is_model(content)


def _is_model(content: bytes) -> bool:
    try:
        safetensors.torch.load(content)
    except safetensors.SafetensorError:
        return False
    return True


def in_words(case: Case) -> str:
    """The command line, what was changed, and the beginnings of the files."""
    files = (f"{name}: {data[:1500]!r}" for name, data in case.files.items())
    return "\n".join([shlex.join(["layerproof", *case.arguments]), case.change, *files])


@contextmanager
def _surroundings(folder: Path) -> Iterator[None]:
    """The working directory is `folder`; a user's modules are forgotten; no pipe is waited for."""
    before, known = os.getcwd(), set(sys.modules)
    os.chdir(folder)
    try:
        with (
            patch.object(sys, "path", list(sys.path)),
            patch("typer.testing._get_command", _built),
            patch.object(pipes, "OPENING_SECONDS", 0.05),
            patch.object(progress, "QUIET_SECONDS", float("inf")),
        ):
            yield
    finally:
        os.chdir(before)
        for name in set(sys.modules) - known:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
                del sys.modules[name]


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """A hang becomes :class:`Hangs`; only in the main thread, which has the signals."""

    def hangs(number: int, frame: Any) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, hangs)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
