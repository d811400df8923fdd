"""Every path that a user can give, of every command: refused in one sentence, before any work."""

import itertools
import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
import torch
from typer.testing import CliRunner, Result

from layerproof.theory import pipes
from layerproof.verify.cli import app
from layerproof.verify.commands.options import Names
from tests.verify.commands.path_parameters import PathParameter, path_parameters, unmarked

SIZES = ["-V", "2", "-m", "2", "-s", "2", "-L", "1"]
SHORT = ["--steps", "1", "--width", "2"]
SUITE = """
name = "mine"
question = "Does it hold?"
[[check]]
id = "assumption-6a"
parameters = {V = 2, m = 2, s = 2, L = 1}
"""
NETWORK = """
import torch
def cnn(grammar):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2))
def encode(leaves):
    return torch.nn.functional.one_hot(leaves, 2).float()
"""
PATH = "the path"

LINES = {
    "draw---from": ["draw", "--from", PATH],
    "draw---output": ["draw", *SIZES, "-o", PATH],
    "predict---grammar": ["predict", "--grammar", PATH],
    "assumptions---grammar": ["assumptions", "--grammar", PATH],
    "assumptions---output": ["assumptions", "-V", "2", "-s", "2", "-L", "1", "--sweep", "m=1:2",
                             "--draws", "2", "-o", PATH],
    "train---grammar": ["train", "--grammar", PATH],
    "train---output": ["train", *SIZES, "-o", PATH],
    "invariance-model": ["invariance", PATH],
    "invariance---grammar": ["invariance", "model.safetensors", "--grammar", PATH],
    "invariance---module": ["invariance", "--module", PATH, "--grammar", "grammar.json"],
    "invariance---checkpoint": ["invariance", "--module", "guarded_network:cnn",
                                "--grammar", "grammar.json", "--checkpoint", PATH],
    "invariance---encoding": ["invariance", "--module", "guarded_network:cnn",
                              "--grammar", "grammar.json", "--encoding", PATH],
    "invariance---output": ["invariance", "--module", "guarded_network:cnn",
                            "--grammar", "grammar.json", "--samples", "2", "--force", "-o", PATH],
    "generate---grammar": ["generate", *SHORT, "--grammar", PATH],
    "generate---train-on": ["generate", *SHORT, *SIZES, "--train-on", PATH],
    "generate---output": ["generate", *SHORT, *SIZES, "-o", PATH],
    "infer-strings": ["infer", "--grammar", "grammar.json", PATH],
    "infer---grammar": ["infer", "--grammar", PATH, "strings.txt"],
    "infer---output": ["infer", "--grammar", "grammar.json", "strings.txt", "-o", PATH],
    "verify-suite": ["verify", PATH, "--workers", "1", "-o", "new"],
    "verify---output": ["verify", "mine.toml", "--workers", "1", "-o", PATH],
    "verify---grammar": ["verify", "mine.toml", "--workers", "1", "-o", "new", "--grammar", PATH],
    "report-folder": ["report", PATH],
    "compare-before": ["compare", PATH, "run"],
    "compare-after": ["compare", "run", PATH],
    "refute---replay": ["refute", "R26.lemma-18", "--replay", PATH],
    "refute---output": ["refute", "R26.lemma-18", "--examples", "2", "-o", PATH],
    "statements---output": ["statements", "--graph", "dot", "-o", PATH],
}  # fmt: skip
"""For each parameter a line that succeeds with a good path; a new one is tried alone until then."""

GOOD = {
    "draw---from": "rules.pt",
    "predict---grammar": "grammar.json",
    "assumptions---grammar": "grammar.json",
    "train---grammar": "grammar.json",
    "generate---grammar": "grammar.json",
    "generate---train-on": "clean.txt",
    "invariance-model": "model.safetensors",
    "invariance---grammar": "grammar.json",
    "invariance---module": "guarded_network:cnn",
    "invariance---checkpoint": "network.pt",
    "infer-strings": "strings.txt",
    "infer---grammar": "grammar.json",
    "invariance---encoding": "guarded_network.py:encode",
    "verify-suite": "mine.toml",
    "verify---grammar": "grammar.json",
    "report-folder": "run",
    "compare-before": "run",
    "compare-after": "run",
    "refute---replay": "found/worst.json",
}
"""The good path of what is read; what is written goes to a new one."""

PARAMETERS = path_parameters()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one good file of every kind."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "mine.toml").write_text(SUITE)
    (folder / "guarded_network.py").write_text(NETWORK)
    (folder / "strings.txt").write_text("0 ?\n")
    (folder / "clean.txt").write_text("0 0\n0 1\n")
    made = [
        ["draw", *SIZES, "-o", f"{folder}/grammar.json"],
        ["train", *SIZES, "-o", f"{folder}/model.safetensors"],
        ["verify", f"{folder}/mine.toml", "--workers", "1", "-o", f"{folder}/run"],
        ["refute", "R26.lemma-18", "--examples", "2", "-o", f"{folder}/found"],
    ]
    for line in made:
        result = run(*line)
        assert result.exit_code in (0, 1), result.output
    layer = torch.nn.Linear(4, 2)
    torch.save({"1.weight": layer.weight, "1.bias": layer.bias}, folder / "network.pt")
    torch.save([torch.tensor([[[0, 0], [0, 1]], [[1, 0], [1, 1]]])], folder / "rules.pt")
    return folder


@pytest.fixture
def place(good: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The working directory: copies of the good files; a hang is an error after half a minute."""

    def hangs(number: int, frame: object) -> None:
        raise TimeoutError("the command hangs")

    for path in good.rglob("*"):
        copy = tmp_path / path.relative_to(good)
        copy.mkdir() if path.is_dir() else copy.write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipes, "OPENING_SECONDS", 0.1)
    monkeypatch.setattr(pipes, "IDLE_SECONDS", 20.0)
    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(30)
    yield tmp_path
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def line(parameter: PathParameter, path: str) -> list[str]:
    words = LINES.get(str(parameter))
    if words is None:
        return parameter.given(path, [])
    return [path if word == PATH else word for word in words]


def contents(folder: Path) -> dict[str, object]:
    """Everything below a folder: files with their bytes, links with their targets."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        if path.name == "__pycache__" or path.parent.name == "__pycache__":
            continue  # a network of one's own is imported
        name = os.fsencode(path.relative_to(folder)).decode("latin-1")
        if path.is_symlink():
            found[name] = os.readlink(path)
        else:
            found[name] = path.read_bytes() if path.is_file() else oct(path.stat().st_mode)
    return found


@dataclass(frozen=True)
class Nasty:
    """A path that cannot be used: what it is called, what it is for, and how it is made."""

    name: str
    uses: frozenset[Names]
    make: Callable[[Path, str], str]

    def __str__(self) -> str:
        return self.name


FILES = frozenset({Names.READ_FILE, Names.WRITTEN_FILE})
READ = frozenset({Names.READ_FILE})
WRITTEN = frozenset({Names.WRITTEN_FILE})
RUNS = frozenset({Names.READ_FOLDER})
FOLDERS = frozenset({Names.READ_FOLDER, Names.WRITTEN_FOLDER})
NEW = frozenset({Names.WRITTEN_FOLDER})
ALL = frozenset(Names)


def _link(place: Path, name: str, target: str) -> str:
    (place / name).symlink_to(target)
    return str(place / name)


def _fifo(place: Path, name: str) -> str:
    os.mkfifo(place / name)
    return str(place / name)


def _folder(place: Path, name: str) -> str:
    (place / name).mkdir()
    return str(place / name)


def _file(place: Path, name: str, content: bytes = b"") -> str:
    (place / name).write_bytes(content)
    return str(place / name)


def _socket(place: Path, name: str) -> str:
    here = socket.socket(socket.AF_UNIX)
    here.bind(name)  # relative: the name of a socket has at most about 100 bytes
    here.close()
    return str(place / name)


def _gone(place: Path, end: str) -> str:
    (place / "gone").mkdir()
    os.chdir(place / "gone")
    (place / "gone").rmdir()
    return f"x{end}"


def _run_with(place: Path, make: Callable[[Path, str], str]) -> str:
    """A folder whose results.json is something else."""
    folder = Path(_folder(place, "odd"))
    made = Path(make(place, "thing"))
    made.rename(folder / "results.json")
    return str(folder)


NASTY = [
    Nasty("empty", ALL, lambda place, end: ""),
    Nasty("missing", READ | RUNS, lambda place, end: str(place / f"missing{end}")),
    Nasty("missing-folder", FILES, lambda place, end: str(place / "no" / f"x{end}")),
    Nasty("long", ALL, lambda place, end: str(place / ("x" * 300 + end))),
    Nasty("longer", ALL, lambda place, end: str(place) + "/x" * 3000 + end),
    Nasty("nul", ALL, lambda place, end: str(place / f"a\0b{end}")),
    Nasty("no-text", ALL, lambda place, end: os.fsdecode(os.fsencode(place) + b"/\xff\xfe") + end),
    Nasty("controls", READ | RUNS, lambda place, end: str(place / f"a\n\r\x1b[31m\x9bb{end}")),
    Nasty("folder", FILES, lambda place, end: _folder(place, f"folder{end}")),
    Nasty("slash", FILES, lambda place, end: _file(place, f"file{end}") + "/"),
    Nasty("new-slash", WRITTEN, lambda place, end: str(place / f"new{end}") + "/"),
    Nasty("file", FOLDERS, lambda place, end: _file(place, "file")),
    Nasty("in-file", FILES | FOLDERS, lambda place, end: _file(place, "file") + f"/x{end}"),
    Nasty("loop", FILES | FOLDERS, lambda place, end: _link(place, f"loop{end}", f"loop{end}")),
    Nasty("in-loop", FILES | FOLDERS, lambda place, end: _link(place, "loop", "loop") + f"/x{end}"),
    Nasty("dangling", READ | RUNS, lambda place, end: _link(place, f"link{end}", "/no/where")),
    Nasty("dangling-out", WRITTEN, lambda place, end: _link(place, "link", "/no/where")),
    Nasty("fifo", FILES | FOLDERS, lambda place, end: _fifo(place, f"fifo{end}")),
    Nasty("socket", FILES | FOLDERS, lambda place, end: _socket(place, f"socket{end}")),
    Nasty("/dev/zero", READ | FOLDERS, lambda place, end: _link(place, f"zero{end}", "/dev/zero")),
    Nasty("/dev/full", FILES | FOLDERS, lambda place, end: _link(place, f"f{end}", "/dev/full")),
    Nasty("/dev/null", READ | FOLDERS, lambda place, end: _link(place, f"null{end}", "/dev/null")),
    Nasty("in-/proc", FILES | FOLDERS, lambda place, end: f"/proc/x{end}"),
    Nasty("no-cwd", FILES | FOLDERS, _gone),
    Nasty("junk", READ, lambda place, end: _file(place, f"junk{end}", b"\xff\x00\xfe" * 99)),
    Nasty("nothing", READ, lambda place, end: _file(place, f"nothing{end}")),
    Nasty("no-results", RUNS, lambda place, end: _folder(place, "nothing")),
    Nasty("results-fifo", RUNS, lambda place, end: _run_with(place, _fifo)),
    Nasty("results-folder", RUNS, lambda place, end: _run_with(place, _folder)),
    Nasty("results-nothing", RUNS, lambda place, end: _run_with(place, _file)),
    Nasty("results-zero", RUNS, lambda place, end: _run_with(
        place, lambda place, name: _link(place, name, "/dev/zero"))),
]  # fmt: skip
CASES = [
    pytest.param(parameter, nasty, id=f"{parameter}-{nasty}")
    for parameter, nasty in itertools.product(PARAMETERS, NASTY)
    if parameter.use in nasty.uses
]


@pytest.mark.parametrize(("parameter", "nasty"), CASES)
def test_a_path_that_cannot_be_used_is_refused(
    parameter: PathParameter, nasty: Nasty, place: Path
) -> None:
    end = ".toml" if ".toml" in parameter.metavar else ""  # a suite is known by its name
    path = nasty.make(place, end)
    if parameter.use is Names.MODULE:
        path = f"{path}:cnn"
    before = contents(place)
    started = time.monotonic()
    result = run(*line(parameter, path))
    assert time.monotonic() - started < 20
    assert result.exit_code == 4, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("layerproof: ")
    assert result.stderr.endswith("\n")
    assert result.stderr[:-1].isprintable(), result.stderr  # one line, and no terminal obeys it
    assert contents(place) == before


def test_no_parameter_that_names_a_path_is_left_out() -> None:
    assert unmarked() == []
    assert set(LINES) <= {str(parameter) for parameter in PARAMETERS}


@pytest.mark.parametrize("parameter", PARAMETERS, ids=str)
def test_the_lines_above_succeed_with_a_good_path(parameter: PathParameter, place: Path) -> None:
    """Else they would be refused for another reason. A new path parameter needs its line here."""
    written = parameter.use in (Names.WRITTEN_FILE, Names.WRITTEN_FOLDER)
    result = run(*line(parameter, GOOD.get(str(parameter), "good")))
    assert result.exit_code in (0, 1), result.output
    assert (place / "good").exists() == written


@pytest.mark.parametrize(
    "parameter", [p for p in PARAMETERS if p.use is Names.WRITTEN_FILE], ids=str
)
class TestOutputFiles:
    def test_a_device_that_forgets_is_one(self, parameter: PathParameter, place: Path) -> None:
        before = contents(place)
        assert run(*line(parameter, "/dev/null")).exit_code == 0
        assert contents(place) == before
        assert Path("/dev/null").is_char_device()

    def test_a_pipe_gets_it_while_a_program_reads(
        self, parameter: PathParameter, place: Path
    ) -> None:
        os.mkfifo(place / "pipe")
        got: list[bytes] = []
        reader = Thread(target=lambda: got.append((place / "pipe").read_bytes()), daemon=True)
        reader.start()
        deadline = time.monotonic() + 20
        while run(*line(parameter, "pipe")).exit_code == 4 and time.monotonic() < deadline:
            time.sleep(0.05)  # the reader has not opened it yet
        reader.join(timeout=20)
        assert run(*line(parameter, "file")).exit_code == 0
        assert len(got[0]) == len((place / "file").read_bytes()) > 0

    def test_a_name_of_control_characters_is_written_and_shown_escaped(
        self, parameter: PathParameter, place: Path
    ) -> None:
        name = "a\n\x1b[31mb\u202e"
        result = run(*line(parameter, name))
        assert result.exit_code == 0
        assert (place / name).stat().st_size > 0
        assert "\x1b" not in result.output
        assert "\u202e" not in result.output

    def test_it_is_refused_before_anything_is_computed(
        self, parameter: PathParameter, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def never(*arguments: object, **options: object) -> None:
            raise AssertionError("work was done for an output that cannot be written")

        for work in WORK:
            monkeypatch.setattr(work, never)
        assert run(*line(parameter, "no/such/folder")).exit_code == 4


WORK = (
    "layerproof.theory.ensembles.Ensemble.draw",
    "layerproof.layerwise.training.train",
    "layerproof.layerwise.generators.train_denoiser",
    "layerproof.verify.commands.statements._text",
)
"""What the commands with an output file do."""


@pytest.mark.parametrize(
    "parameter", [p for p in PARAMETERS if p.use is Names.WRITTEN_FOLDER], ids=str
)
class TestOutputFolders:
    def test_what_is_in_it_stays(self, parameter: PathParameter, place: Path) -> None:
        (place / "kept" / "deep").mkdir(parents=True)
        for name in ("mine.txt", "smallest.json.old", ".hidden", "deep/file", "worst.txt"):
            (place / "kept" / name).write_text("mine")
        before = contents(place / "kept")
        assert run(*line(parameter, "kept")).exit_code in (0, 1)
        after = contents(place / "kept")
        assert {name: after.get(name) for name in before} == before
        assert len(after) > len(before)

    def test_it_is_refused_before_anything_is_computed(
        self, parameter: PathParameter, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def never(*arguments: object, **options: object) -> None:
            raise AssertionError("work was done for an output that cannot be written")

        for work in (
            "layerproof.verify.run.runner.run_on",
            "layerproof.verify.searches.refute",
            "layerproof.verify.measure.phases.diagram",
            "layerproof.verify.commands.invariance._measure",
        ):
            monkeypatch.setattr(work, never)
        monkeypatch.setattr("layerproof.theory.temporary.os.open", _denied)
        result = run(*line(parameter, "new/deep"))
        assert (result.exit_code, result.stdout) == (4, "")
        assert "Permission denied" in result.stderr
        assert not (place / "new").exists()  # what was made for it is gone


def _denied(*arguments: object, **options: object) -> int:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("parameter", [p for p in PARAMETERS if p.use in READ], ids=str)
def test_what_may_not_be_read_is_refused(
    parameter: PathParameter, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without search permission, as the system tells it; the superuser may search all."""
    monkeypatch.setattr("layerproof.theory.pipes.os.open", _denied)
    result = run(*line(parameter, GOOD[str(parameter)]))
    assert (result.exit_code, result.stdout) == (4, "")
    assert "Permission denied" in result.stderr


@pytest.mark.parametrize("parameter", [p for p in PARAMETERS if p.use in READ], ids=str)
def test_a_pipe_is_read_while_a_program_writes(
    parameter: PathParameter, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or refused, where it would be read again; never is it waited for without end."""
    monkeypatch.setattr(pipes, "OPENING_SECONDS", 20.0)
    end = ".toml" if ".toml" in parameter.metavar else ""
    pipe, content = place / f"pipe{end}", (place / GOOD[str(parameter)]).read_bytes()
    os.mkfifo(pipe)

    def write() -> None:
        with suppress(BrokenPipeError), pipe.open("wb", buffering=0) as file:
            time.sleep(0.3)  # a slow program: it is there, and has written nothing yet
            file.write(content)

    writer = Thread(target=write, daemon=True)
    writer.start()
    expected = 4 if str(parameter) in READ_AGAIN else 0
    result = run(*line(parameter, str(pipe)))
    writer.join(timeout=20)
    assert result.exit_code == expected, result.output
    if expected == 4:
        assert "several times" in result.stderr


READ_AGAIN = ("verify---grammar", "invariance---checkpoint")


OUTPUTS = [p for p in PARAMETERS if p.use in (Names.WRITTEN_FILE, Names.WRITTEN_FOLDER)]


def _full(place: Path | None) -> Callable[[int], None]:
    """A disk that is full when a file is finished: everywhere, or only below `place`."""

    def fsync(descriptor: int) -> None:
        if place is None or Path(f"/proc/self/fd/{descriptor}").resolve().is_relative_to(place):
            raise OSError(28, "No space left on device")

    return fsync


def _documents(folder: Path) -> dict[str, bytes]:
    """The files of a finished output, but for the store, which has its own way, and the times."""
    paths = [folder] if folder.is_file() else folder.rglob("*")
    return {p.name: p.read_bytes() for p in paths if p.is_file() and p.suffix != ".sqlite"}


@pytest.mark.parametrize("parameter", OUTPUTS, ids=str)
def test_what_cannot_be_written_in_the_end_is_kept_and_said_where(
    parameter: PathParameter, place: Path, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert run(*line(parameter, "wanted")).exit_code in (0, 1)
    wanted = _documents(place / "wanted")
    wanted.pop("report.html", None)  # written from results.json at any time
    other = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(other))
    monkeypatch.setattr("layerproof.theory.files.os.fsync", _full(place))
    result = run(*line(parameter, "lost"))
    assert result.exit_code == 4
    last = result.stderr.splitlines()[-1]
    assert "No space left on device" in last
    kept = _documents(other)
    names = {"lost" if name == "wanted" else name: name for name in wanted}
    assert set(kept) == set(names)
    for name, path in ((path.name, path) for path in other.rglob("*") if path.is_file()):
        assert str(path) in last
        size = len(wanted[names[name]])
        assert abs(path.stat().st_size - size) <= 0.05 * size  # paths and times differ
    assert not (place / "lost").exists() or not _documents(place / "lost")


@pytest.mark.parametrize("parameter", OUTPUTS, ids=str)
def test_what_can_be_kept_nowhere_is_printed(
    parameter: PathParameter, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*line(parameter, "wanted")).exit_code in (0, 1)
    documents = _documents(place / "wanted")
    main = next(name for name in (*MAIN, "wanted") if name in documents)
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    before = set(place.iterdir())
    monkeypatch.setattr("layerproof.theory.files.os.fsync", _full(None))
    result = run(*line(parameter, "lost"))
    assert result.exit_code == 4
    assert "printed" in result.stderr.splitlines()[-1]
    assert set(place.iterdir()) - before <= {place / "lost"}
    if main.endswith(".json"):
        start = result.stdout.index("{\n")
        printed, wanted = json.loads(result.stdout[start:]), json.loads(documents[main])
        assert printed.keys() == wanted.keys()
    else:
        assert documents[main].rstrip(b"\n")[-40:] in result.stdout_bytes  # its tensors


MAIN = ("results.json", "refutation.json", "phases.json", "invariance.json")
"""The document of a folder: what is printed where nothing can be written."""
