"""No semaphores, few descriptors, little memory, no home, no working directory: the run goes on
where it can, and says in one sentence what is missing where it cannot.
"""

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from layerproof.theory.errors import InputError
from layerproof.verify.cli import app
from layerproof.verify.run import exhaustion
from layerproof.verify.run.executors import ProcessPool, SerialExecutor, available_cores, executor
from layerproof.verify.run.runner import run_on
from layerproof.verify.run.starting import start_context
from tests.verify.run.counted_check import CountedParameters, counted_plan

ROOT = Path(__file__).resolve().parents[3]
SIZES = ["-V", "4", "-m", "2", "-s", "2", "-L", "2"]

NO_SEMAPHORES = [
    FileNotFoundError(errno.ENOENT, "No such file or directory"),
    PermissionError(errno.EACCES, "Permission denied"),
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.ENOSYS, "Function not implemented"),
    ImportError("This platform lacks a functioning sem_open implementation"),
]


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", NO_SEMAPHORES, ids=lambda error: type(error).__name__)
def test_without_shared_memory_one_process_runs_everything_and_says_so(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", raising(error))
    monkeypatch.setattr("layerproof.verify.run.executors.available_cores", lambda: 2)
    told = list[str]()
    with executor(None, told.append) as pool:
        assert isinstance(pool, SerialExecutor)
        (row,) = run_on(pool, counted_plan(3, CountedParameters(log=str(tmp_path / "log"))))
    assert row.judgement.verdict == "holds"
    (line,) = told
    assert line.startswith("one process runs everything: --workers is 2; allowed: 1, as worker")
    assert str(error) in line
    with pytest.raises(InputError, match=r"--workers is 2; allowed: 1, as worker"), executor(2):
        pass


def test_where_no_socket_can_stand_workers_are_spawned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = start_context().get_start_method()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("long" * 30)))
    assert start_context().get_start_method() == "spawn"
    monkeypatch.setattr("tempfile.tempdir", "/tmp")
    assert start_context().get_start_method() == usual


def test_a_pool_that_starts_in_part_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started = list[Any]()
    kind: Any = type(start_context()).Process
    plain = kind.start

    def second_fails(process: Any) -> None:
        if started:
            raise OSError(errno.EMFILE, "Too many open files")
        plain(process)
        started.append(process)

    monkeypatch.setattr(kind, "start", second_fails)
    with pytest.raises(InputError, match="Too many open files"), executor(2):
        pass
    (process,) = started
    process.join(30)
    assert process.exitcode is not None


def test_workers_that_die_before_they_do_anything_are_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("layerproof.verify.run.executors._start_worker", _die)
    pool = ProcessPool(1)

    def keep_on() -> None:
        for _ in range(10):
            pool.submit(os.getpid).exception(timeout=60)

    with pytest.raises(InputError, match=r"--workers is 1.*too little memory"):
        keep_on()
    pool.shutdown()


def _die() -> None:
    os._exit(1)


def layerproof(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    settings = {"env": {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}} | options
    return subprocess.run(
        [sys.executable, "-P", "-m", "layerproof", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        **settings,
    )


def test_sixteen_descriptors_are_enough_for_one_process(tmp_path: Path) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))

    # Of a few seconds: a shorter run asks for no other process anyway.
    command = ("verify", "--only", "mean-square-separation", "--trials", "600")
    done = layerproof(*command, "-o", str(tmp_path / "o"), preexec_fn=few)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "o" / "results.json").exists()
    if available_cores() > 1:
        (line,) = messages(done)
        assert line.startswith("layerproof: one process runs everything: --workers is")


def messages(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """What a command says beside its progress, which a slow machine brings."""
    assert "Traceback" not in done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("layerproof:")]
    return [line for line in said if "may take about" not in line]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold the limit")
@pytest.mark.parametrize(
    ("mebibytes", "command", "says"),
    [
        (60, ["predict", *SIZES], "does not fit into this machine's memory"),
        (500, ["verify"], "memory limit of this process (ulimit -v) is '500 MiB'; allowed: 1024"),
    ],
)
def test_little_memory_is_named(mebibytes: int, command: list[str], says: str) -> None:
    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (mebibytes * 2**20,) * 2)

    done = layerproof(*command, preexec_fn=little)
    assert (done.returncode, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()
    assert says in line


def _from(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (MemoryError(), "memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory"),
        (ImportError("libx.so: failed to map segment from shared object"), "memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "--device cpu"),
        (RuntimeError("can't start new thread"), "ulimit -u"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (_from(ImportError("numpy"), ImportError("failed to map segment")), "memory"),
        (_from(ValueError("odd"), MemoryError()), "memory"),
    ],
)
def test_what_runs_out_is_named(
    error: BaseException, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layerproof.theory.ensembles.Ensemble.draw", raising(error))
    done = CliRunner().invoke(app, ["draw", *SIZES])
    assert (done.exit_code, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()
    assert part in line


def test_a_defect_is_not_taken_for_a_shortage() -> None:
    for error in (ValueError("failed to map segment"), OSError(errno.EIO, "x"), RuntimeError("x")):
        assert exhaustion.in_words(error) is None


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, which a test may delete."""
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_deleted_working_directory_is_told(gone: Path, tmp_path: Path) -> None:
    """The linear algebra of torch ends a process without one, with the code of an interruption."""
    shutil.rmtree(gone)
    with pytest.raises(InputError, match=r"the working directory is 'deleted'"), executor(2):
        pass
    for place in ([], ["-o", str(tmp_path / "kept")]):
        done = CliRunner().invoke(app, ["verify", "--only", "assumption-6a", *place])
        assert (done.exit_code, done.stdout) == (4, ""), done.output
        (line,) = done.stderr.splitlines()
        assert (
            line == "layerproof: the working directory is 'deleted'; allowed: a folder that exists"
        )
    assert list(tmp_path.iterdir()) == []
    assert CliRunner().invoke(app, ["predict", *SIZES]).exit_code == 0


def test_a_working_directory_that_goes_during_the_run_does_not_matter(
    gone: Path, tmp_path: Path
) -> None:
    def delete(done: int, total: int) -> None:
        if done:
            shutil.rmtree(gone, ignore_errors=True)

    with executor(2) as pool:
        (row,) = run_on(pool, counted_plan(6, CountedParameters(log=str(tmp_path / "log"))), delete)
    assert row.judgement.verdict == "holds"
    assert not gone.exists()


def test_an_empty_environment_is_enough(tmp_path: Path) -> None:
    """No HOME, no PATH; `env -i`."""
    command = ("verify", "--only", "assumption-6a", "--budget", "quick", "--workers", "1")
    done = layerproof(*command, "-o", "kept", cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    assert (done.returncode, messages(done)) == (0, []), done.stderr
    assert {"report.html", "results.json"} <= {path.name for path in (tmp_path / "kept").iterdir()}
