"""Whatever the terminal, the home and the language are said to be: the same words, no traceback."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layerproof.verify.cli import app

ROOT = Path(__file__).resolve().parents[3]
SIZES = ["-V", "2", "-m", "2", "-s", "2", "-L", "1"]
COMMAND = [sys.executable, "-m", "layerproof"]
PAGE = ["statements", "R26.lemma-18"]
WRAPPED = [PAGE, ["predict", *SIZES], ["assumptions", *SIZES, "--draws", "2"], ["--help"]]


@pytest.mark.parametrize("columns", ["0", "-5", "abc", "", "1", "²", "100000", "9" * 400, "80"])
def test_a_width_that_no_terminal_has_is_not_believed(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    usual = [CliRunner().invoke(app, line).output for line in WRAPPED]
    for line, wanted in zip(WRAPPED, usual, strict=True):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv("LINES", columns)
        found = CliRunner().invoke(app, line)
        assert found.exit_code == 0
        assert found.output == wanted


def test_a_width_that_a_terminal_has_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (20, 40):
        monkeypatch.setenv("COLUMNS", str(columns))
        found = CliRunner().invoke(app, ["assumptions", *SIZES])
        sentence = found.output.splitlines()[:3]
        assert found.exit_code == 0
        assert max(map(len, sentence)) <= columns


@pytest.mark.parametrize(
    "variables",
    [
        {"TERM": "dumb", "LC_ALL": "C", "HOME": "/no/such/home"},
        {"TERM": "none-such", "LC_ALL": "xx_YY.none", "NO_COLOR": "1", "HOME": ""},
        {"PYTHONIOENCODING": "ascii", "COLUMNS": "0", "LINES": "0"},
    ],
    ids=str,
)
def test_a_run_ends_alike(variables: dict[str, str], tmp_path: Path) -> None:
    """Without HOME, PATH and all the rest, unless named."""
    done = subprocess.run(
        [*COMMAND, "predict", *SIZES],
        capture_output=True, cwd=ROOT, timeout=120, env={"OMP_NUM_THREADS": "1", **variables},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()
    assert b"\x1b" not in done.stdout
    assert b"Theorem samples" in done.stdout


def test_a_user_without_a_home_gets_every_figure(tmp_path: Path) -> None:
    """As in a container whose user has no entry anywhere: no HOME, and no home to be looked up."""
    script = (
        "import pwd, sys\n"
        "def none(uid):\n"
        "    raise KeyError(uid)\n"
        "pwd.getpwuid = none\n"
        "from layerproof.__main__ import main\n"
        "main()\n"
    )
    sweep = ["assumptions", "-V", "2", "-s", "2", "-L", "1", "--sweep", "m=1:2", "--draws", "2"]
    done = subprocess.run(
        [sys.executable, "-c", script, *sweep, "-o", str(tmp_path / "phases")],
        capture_output=True, cwd=ROOT, timeout=120, env={"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    endings = {path.suffix for path in (tmp_path / "phases").iterdir()}
    assert endings == {".json", ".svg", ".png", ".pdf"}


def test_standard_input_is_a_grammar_file() -> None:
    """From a pipe, from a file, by either name; nothing on it is refused."""
    script = (
        f'layerproof() {{ {" ".join(COMMAND)} "$@"; }}; f=$(mktemp)\n'
        f"layerproof draw {' '.join(SIZES)} > $f\n"
        "cat $f | layerproof predict --grammar - | md5sum\n"
        "layerproof predict --grammar /dev/stdin < $f | md5sum\n"
        "layerproof predict --grammar <(sleep 1; cat $f) | md5sum\n"
        "layerproof predict --grammar $f | md5sum\n"
        "rm $f\n"
        "layerproof predict --grammar - < /dev/null; echo $?\n"
        "true | layerproof predict --grammar -; echo $?\n"
    )
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    sums = done.stdout.splitlines()
    assert len(set(sums[:4])) == 1, done
    assert sums[4:] == ["4", "4"]
    assert done.stderr.count("\n") == done.stderr.count("layerproof: ") == 2


def test_a_killed_run_leaves_nothing_that_the_next_does_not_remove(tmp_path: Path) -> None:
    """The command is ended between the last byte of its file and the file's name."""
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "Path.replace = lambda self, target: os._exit(9)\n"
        "from layerproof.__main__ import main\n"
        "main()\n"
    )
    draw = ["draw", *SIZES, "-o", str(tmp_path / "g.json")]
    killed = subprocess.run([sys.executable, "-c", script, *draw], cwd=ROOT, timeout=120)
    left = [path.name for path in tmp_path.iterdir()]
    assert killed.returncode == 9
    assert len(left) == 1
    assert re.fullmatch(r"\.layerproof-[0-9a-f]{16}\.tmp", left[0])
    assert CliRunner().invoke(app, draw).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["g.json"]


def test_a_command_that_is_not_there_is_shown_escaped() -> None:
    for line in (["\x1b[31m"], ["draw", "--\x1b[31m"], ["draw", "\x9b31m"]):
        found = CliRunner().invoke(app, line)
        assert found.exit_code == 4
        assert found.stderr[:-1].isprintable()
