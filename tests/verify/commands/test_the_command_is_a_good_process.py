"""As a process: exit codes, pure standard output, quick start, and a clean end when interrupted."""

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layerproof.theory.formatting import counted
from layerproof.verify.run.store import open_store

COMMAND = [sys.executable, "-m", "layerproof"]
SIZES = ["-V", "4", "-m", "2", "-s", "2", "-L", "2"]
ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("numpy", "torch", "sympy", "scipy", "matplotlib", "jinja2")


def process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=120, **options
    )


def said(stderr: str) -> list[str]:
    """The lines of standard error without those of the progress, which a slow machine brings."""
    return [line for line in stderr.splitlines() if not re.search(r": \d+%(, .* left)?$", line)]


def test_bad_input_exits_4_with_one_sentence() -> None:
    done = process("draw", "-V", "none")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        "layerproof: -V/--vocabulary is 'none'; allowed: a whole number of at least 1\n"
    )


def test_json_mode_prints_one_document_and_nothing_else() -> None:
    done = process("assumptions", *SIZES, "--draws", "20", "--json")
    assert (done.returncode, said(done.stderr)) == (0, [])
    assert json.loads(done.stdout)["draws"] == 20


def loaded_by(*arguments: str) -> set[str]:
    """The heavy modules that a command has imported when it ends."""
    script = (
        "import sys, contextlib\n"
        "from layerproof.verify.cli import app\n"
        "with contextlib.suppress(SystemExit):\n"
        f"    app({list(arguments)!r}, prog_name='layerproof')\n"
        f"print('loaded', *(name for name in {HEAVY!r} if name in sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_help_loads_none_of_the_heavy_packages() -> None:
    assert loaded_by("--help") == set()
    assert loaded_by("train", "--help") == set()


@pytest.mark.parametrize("command", ["draw", "predict", "assumptions"])
def test_commands_of_theory_run_without_torch(command: str) -> None:
    assert "torch" not in loaded_by(command, *SIZES, "--device", "cpu")


def test_a_device_to_check_loads_torch_so_the_test_above_can_fail() -> None:
    assert "torch" in loaded_by("draw", *SIZES, "--device", "cuda:9999")


STARTS = {
    "help": (["--help"], "import typer.rich_utils", 2.5, 9),
    "predict": (["predict", *SIZES], "import numpy, sympy", 3.0, 3),
}
"""A command, what it cannot do without, at most how many times as long it takes, and how often both
are run: on an idle machine 1.6 and 2 times. With torch it would be more than ten and six times.
Of three short runs the shorter one alone may find a quiet moment."""


@pytest.mark.parametrize(("arguments", "needed", "most", "runs"), STARTS.values(), ids=STARTS)
def test_start_up_is_quick(arguments: list[str], needed: str, most: float, runs: int) -> None:
    """Processor time, side by side, the least of all: other work on the machine adds to both."""
    command, python = [*COMMAND, *arguments], [sys.executable, "-c", needed]
    pairs = [(_seconds(command), _seconds(python)) for _ in range(runs)]
    assert min(pair[0] for pair in pairs) < most * min(pair[1] for pair in pairs)


def _seconds(command: list[str]) -> float:
    before = os.times()
    subprocess.run(command, capture_output=True, check=True, cwd=ROOT, timeout=120)
    after = os.times()
    return after.children_user + after.children_system - before[2] - before[3]


def test_an_interrupted_command_exits_2_and_leaves_nothing(tmp_path: Path) -> None:
    many = ["assumptions", "-V", "64", "-m", "8", "-s", "2", "-L", "6", "--draws", "100000"]
    running = subprocess.Popen(
        [*COMMAND, *many, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert running.stderr is not None
    told = iter(running.stderr.readline, "")
    # The first progress line, after the estimate: the work is under way.
    assert any("drawing instances" in line for line in told)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (2, "")
    assert "interrupted" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_suite_ends_at_once_with_its_workers(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C and the end of a terminal reach the whole group, `kill` one process.

    A pool would finish what it does.
    """
    running = subprocess.Popen(
        [*COMMAND, "verify", "--workers", "2", "-o", str(tmp_path / "results")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert running.stderr is not None
    # Not before a trial was stored: the first lines say how long it will take.
    assert any(re.search(r"trial [1-9]\d* of", line) for line in running.stderr)
    if number != signal.SIGTERM:
        os.killpg(running.pid, number)
    else:
        running.send_signal(number)
    out, err = running.communicate(timeout=30)  # until every worker has closed its end of the pipe
    assert (running.returncode, out) == (2, "")
    last = err.splitlines()[-1]
    assert last.startswith("layerproof: interrupted")
    assert last.endswith(f"layerproof verify --workers 2 -o {tmp_path / 'results'} --resume")
    assert "Traceback" not in err
    # What was measured until then is whole and can be gone on with; nothing else is left.
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["trials.sqlite"]
    with open_store(tmp_path / "results", resume=True) as store:
        assert counted(len(store), "trial") in last
        assert "kept in" in last
        assert len(store) > 0


def script(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, cwd=ROOT, timeout=120
    )


def test_a_terminal_that_is_gone_does_not_change_the_end() -> None:
    """The end of a terminal interrupts, and what is said of it can no longer be written."""
    done = script(
        "import os, signal\n"
        "from layerproof.verify.commands import interruption\n"
        "interruption.install()\n"
        "os.close(2)\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
    )
    assert (done.returncode, done.stdout) == (2, "")


def test_what_was_started_to_outlive_its_terminal_does() -> None:
    """`nohup` has the signal ignored."""
    done = script(
        "import os, signal\n"
        "from layerproof.verify.commands import interruption\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "interruption.install()\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "print('on')\n"
    )
    assert (done.returncode, done.stdout) == (0, "on\n")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interruption_during_the_start_exits_2(name: str) -> None:
    """It is settled before typer is imported, and ends the process where it stands."""
    done = script(
        "import os, signal, sys\n"
        "from layerproof.verify.commands import interruption\n"
        "install = interruption.install\n"
        "def interrupted():\n"
        "    install()\n"
        "    assert not {'typer', 'rich', 'numpy'} & set(sys.modules)\n"
        f"    os.kill(os.getpid(), signal.{name})\n"
        "interruption.install = interrupted\n"
        "from layerproof.__main__ import main\n"
        "main()\n"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "layerproof: interrupted; nothing half-written was left\n"


def test_an_interruption_that_python_loses_comes_again(tmp_path: Path) -> None:
    """Exceptions in callbacks of the garbage collector are dropped; Hypothesis has one."""
    done = script(
        "import gc, os, signal, sys\n"
        "def lose(phase, info):\n"
        "    if 'hypothesis.internal.conjecture.engine' in sys.modules:\n"
        "        gc.callbacks.remove(lose)\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "gc.callbacks.append(lose)\n"
        "from layerproof.__main__ import main\n"
        "many = ['--examples', '1000000', '-o', " + repr(str(tmp_path / "kept")) + "]\n"
        "sys.argv = ['layerproof', 'refute', 'R26.lemma-18', *many]\n"
        "main()\n"
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.splitlines()[-1].startswith("layerproof: interrupted")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_inside_an_exec_exits_2(tmp_path: Path) -> None:
    """Dataclasses and lambdified formulas are made by `exec`, after which `-m` ends by SIGINT."""
    (tmp_path / "made.py").write_text(
        "import os, signal\n"
        "from layerproof.verify.commands import interruption\n"
        "interruption.install()\n"
        "try:\n"
        "    with interruption.raised():\n"
        "        exec('os.kill(os.getpid(), signal.SIGINT)')\n"
        "except KeyboardInterrupt:\n"
        "    raise SystemExit(2) from None\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "made"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A line of the shell, in which `layerproof` is the command; the exit code is its own."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'layerproof() {{ {" ".join(COMMAND)} "$@"; }}; {line}'],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        env={**os.environ, **variables},
    )


def test_a_reader_that_leaves_early_changes_nothing() -> None:
    reading = shell("layerproof draw -V 512 -m 64 -s 2 -L 3 | head -c 100")
    assert (reading.returncode, reading.stderr) == (0, "")
    assert len(reading.stdout) == 100


def test_a_run_whose_reader_left_is_kept_with_its_own_exit_code(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    # Nothing reads: `true` has left long before the verdicts are printed.
    run = f"layerproof verify --only assumption-6a --budget quick --workers 1 -o {kept}"
    for variables, code in (("", 0), ("--json", 0)):
        done = shell(f"{run} {variables} | true")
        assert (done.returncode, done.stdout) == (code, "")
        assert {"results.json", "report.html"} <= {path.name for path in kept.iterdir()}
        assert "Traceback" not in done.stderr
        run += " --resume"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device of Linux that is full")
@pytest.mark.parametrize("command", ["predict -V 4 -m 2 -s 2 -L 2", "--help", "statements --json"])
def test_a_full_or_closed_standard_output_is_refused(command: str) -> None:
    for place, found in ((">/dev/full", "'No space left on device'"), (">&-", "'closed'")):
        done = shell(f"layerproof {command} {place}")
        assert done.returncode == 4
        assert done.stderr == (
            f"layerproof: standard output is {found};"
            " allowed: a terminal, a file or a pipe that can be written\n"
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device of Linux that is full")
@pytest.mark.parametrize("place", ["2>/dev/full", "2>&-"])
def test_a_standard_error_that_cannot_be_written_stops_nothing(place: str) -> None:
    done = shell(f"layerproof assumptions {' '.join(SIZES)} --draws 20 --json {place}")
    assert (done.returncode, json.loads(done.stdout)["draws"]) == (0, 20)
    assert shell(f"layerproof draw {place}").returncode == 4


@functools.cache
def plain_statement() -> str:
    return process("statements", "R26.theorem-7", "--json").stdout


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
    ],
)
def test_what_an_encoding_lacks_is_escaped(variables: dict[str, str]) -> None:
    page = shell("layerproof statements R26.theorem-7", **variables)
    assert (page.returncode, page.stderr) == (0, "")
    assert "\\u03ba" in page.stdout  # κ
    document = shell("layerproof statements R26.theorem-7 --json", **variables)
    assert document.stdout.isascii()
    assert not plain_statement().isascii()
    assert json.loads(document.stdout) == json.loads(plain_statement())


def test_no_colour_where_the_output_is_no_terminal_or_none_is_wanted() -> None:
    for variables in ({}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        done = process("assumptions", *SIZES, env={**os.environ, **variables})
        assert "\x1b[3" not in done.stdout


def test_an_output_file_appears_whole(tmp_path: Path) -> None:
    started = time.time()
    done = process("draw", *SIZES, "-o", str(tmp_path / "g.json"))
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["g.json"]
    assert (tmp_path / "g.json").stat().st_mtime >= started - 2
